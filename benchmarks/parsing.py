"""Compares our PDF parser with plain text extraction by pypdf, in CPU seconds of this process.

    python -m benchmarks.parsing FOLDER [FOLDER ...] [--rounds 1] [--json OUT]

Both run in one process, alternating per file, so that imports and a slow machine affect both alike. The start of a
parser process is measured separately. Files that either side cannot read are listed and left out of the sums.
"""

import argparse
import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from pypdf import PdfReader

from kb.parsing.errors import ParsingError
from kb.parsing.pdf import parse
from kb.parsing.pdf.objects import DAMAGE

MOST_CHARACTERS = 50_000_000


@dataclass(frozen=True)
class Cost:
    file: str
    pages: int
    bare_seconds: float
    our_seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=1, help="the quickest of so many counts")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    logging.getLogger("kb.parsing").setLevel(logging.ERROR)
    costs = list(measured(options.folders, options.rounds))
    bare, ours = sum(cost.bare_seconds for cost in costs), sum(cost.our_seconds for cost in costs)
    if not bare:
        raise SystemExit("There is no PDF to measure in there.")
    print(f"{len(costs)} files, {sum(cost.pages for cost in costs)} pages: bare {bare:.1f} s, ours {ours:.1f} s")
    print(f"ours / bare: {ours / bare:.2f}")
    print(f"a parser process starts in {start_seconds():.2f} s of wall-clock time")
    if options.json:
        options.json.write_text(json.dumps([asdict(cost) for cost in costs], indent=1))


def measured(folders: list[Path], rounds: int) -> Iterator[Cost]:
    for path in sorted(path for folder in folders for path in folder.rglob("*.pdf")):
        try:
            timings = [(timed(bare, path), timed(ours, path)) for _ in range(rounds)]
            pages = len(PdfReader(path).pages)
        except (*DAMAGE, ParsingError, NotImplementedError) as error:
            print(f"left out {path.name}: {type(error).__name__}: {str(error)[:100]}")
            continue
        cost = Cost(path.name, pages, min(one for one, _ in timings), min(other for _, other in timings))
        print(
            f"{cost.bare_seconds:8.2f} {cost.our_seconds:8.2f} {cost.our_seconds / cost.bare_seconds:6.2f}  {path.name}"
        )
        yield cost


def timed(work: Callable[[Path], object], path: Path) -> float:
    begun = time.process_time()
    work(path)
    return time.process_time() - begun


def bare(path: Path) -> None:
    for page in PdfReader(path).pages:
        page.extract_text()


def ours(path: Path) -> None:
    parse(path, MOST_CHARACTERS, lambda done, total: None)


def start_seconds() -> float:
    """Seconds until the parser's child is ready."""
    command = [sys.executable, "-m", "kb.parsing", "--memory-bytes", str(2 * 1024**3), "--max-characters", "1000"]
    begun = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        seconds = time.monotonic() - begun
        child.stdin.close()
    return seconds


if __name__ == "__main__":
    main()
