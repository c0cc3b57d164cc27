"""Collections of several languages under multilingual-e5-small: its vectors as the network gives them, and moved.

    python -m benchmarks.e5_mixed FOLDER [--languages en zh]

FOLDER holds XQuAD in the form of benchmarks.quality. Its articles are dealt out to the languages, in their order, and
questions are asked in each language: nDCG@10 of one vector a paragraph, for each pair of languages of question and
answer.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from embedding.e5.engine import E5Small
from embedding.e5.languages import towards_english
from embedding.engine import Vectors
from embedding.prompts import Role

CHECKOUT = Path(__file__).parents[1]


class Translation:
    """XQuAD in one language."""

    def __init__(self, folder: Path, engine: E5Small) -> None:
        paragraphs, questions = lines(folder / "corpus.jsonl"), lines(folder / "queries.jsonl")
        places = {one["id"]: place for place, one in enumerate(paragraphs)}
        texts = [one["text"] for one in paragraphs]
        self.titles = [one["title"] for one in paragraphs]
        self.right = np.array([places[one["gold"][0]["doc"]] for one in questions])
        self.questions = engine.embed([one["text"] for one in questions], role=Role.QUERY)
        self.trained = engine.embed_as_trained(texts, Role.DOCUMENT)
        self.moved = np.stack([towards_english(*one) for one in zip(self.trained, texts, strict=True)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--languages", nargs="+", default=["en", "zh"], choices=["de", "en", "zh"])
    options = parser.parse_args()
    engine = E5Small(CHECKOUT / "var" / "models")
    sets = {name: Translation(options.folder / f"xquad-{name}", engine) for name in options.languages}
    first = next(iter(sets.values()))
    articles = {title: number for number, title in enumerate(dict.fromkeys(first.titles))}
    dealt = np.array([articles[title] % len(sets) for title in first.titles])  # by paragraph: place of its language
    print(f"{'question > answer':20}{'as trained':>12}{'moved':>12}")
    for name, asked in sets.items():
        for place, answer in enumerate(sets):
            chosen = dealt[asked.right] == place
            values = [
                ndcg(asked.questions[chosen] @ mixed(sets, dealt, kind).T, asked.right[chosen])
                for kind in ("trained", "moved")
            ]
            print(f"{name + ' > ' + answer:20}" + "".join(f"{value:>12.3f}" for value in values))


def mixed(sets: dict[str, Translation], dealt: np.ndarray[Any, Any], kind: str) -> Vectors:
    """The vectors of a collection in which each paragraph is in the language that its article was dealt to."""
    return np.stack([getattr(list(sets.values())[place], kind)[row] for row, place in enumerate(dealt)])


def ndcg(scores: Vectors, right: np.ndarray[Any, Any]) -> float:
    """The mean of nDCG@10 over questions, with one right paragraph each."""
    rank = 1 + (scores > scores[np.arange(len(right)), right][:, np.newaxis]).sum(axis=1)
    return float(np.where(rank <= 10, 1 / np.log2(1 + rank), 0).mean())


def lines(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8") as rows:
        return [json.loads(row) for row in rows]


if __name__ == "__main__":
    main()
