"""Two results of the same sets, such as of two engines, question by question.

    python -m benchmarks.quality.compare BEFORE.json AFTER.json

For every set and mode: the mean figure that judges it in both, and how much AFTER is above BEFORE, with the interval
that holds 95 of 100 bootstrap samples of the questions. A difference whose interval has 0 in it may be chance.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

SAMPLES = 10_000
SEED = 1  # so that the same results give the same interval


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    options = parser.parse_args()
    before, after = outcomes(options.before), outcomes(options.after)
    for key in [key for key in before if key in after]:
        print(line(key, before[key], after[key]))


def outcomes(file: Path) -> dict[tuple[str, str, str], dict[str, Any]]:
    """By set, chunker and mode."""
    return {
        (result["set"], result["chunker"], outcome["mode"]): outcome
        for result in json.loads(file.read_text())
        for outcome in result["indexed"]["outcomes"]
    }


def line(key: tuple[str, str, str], before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    differences = np.array(list(_differences(before["each"], after["each"])))
    low, high = interval(differences)
    name = before["judged_by"]
    means = f"{before['figures'][name]:.3f} {after['figures'][name]:.3f}"
    return f"{' '.join(key):40} {name:18} {means}  {differences.mean():+.3f} [{low:+.3f}, {high:+.3f}]"


def interval(differences: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float]:
    """Of the mean: 95 % of bootstrap samples (Efron 1979) are in it."""
    samples = np.random.default_rng(SEED).choice(differences, (SAMPLES, len(differences))).mean(axis=1)
    low, high = np.percentile(samples, [2.5, 97.5])
    return float(low), float(high)


def _differences(before: Mapping[str, float], after: Mapping[str, float]) -> Iterator[float]:
    for question in before:
        yield after[question] - before[question]


if __name__ == "__main__":
    main()
