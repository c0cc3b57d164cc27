"""The built-in engines beside each other, in one run: speed, latency and memory.

    python -m benchmarks.engines FOLDER [--characters 100000] [--rounds 3]

FOLDER holds sets in the form of benchmarks.quality, xquad-en and xquad-zh among them: their texts are cut into windows
for each engine as the product cuts them, and their questions asked one by one. Engines take turns, and what is told is
the middle one of the rounds, in CPU time, which other processes on the machine disturb less than the clock. Memory is
that of a process when another one has the same engine loaded.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from embedding.e5.engine import E5Small
from embedding.engine import EmbeddingEngine
from embedding.minilm import MiniLM
from embedding.prompts import Role
from retrieval.chunking.presets import PRESETS
from retrieval.chunking.windows import window_tokens, windows

ENGINES: dict[str, Callable[[Path], EmbeddingEngine]] = {"minilm": MiniLM, "e5": E5Small}
SETS = ["xquad-en", "xquad-zh"]
QUESTIONS = 100
MB = 1024  # smaps counts in kB


class Child:
    """A process with one engine, which does what it is told and answers with figures."""

    def __init__(self, engine: str, options: argparse.Namespace, cache: Path) -> None:
        command = [sys.executable, "-m", "benchmarks.engines", str(options.folder), "--child", engine]
        command += ["--cache", str(cache), "--characters", str(options.characters)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def do(self, task: str) -> dict[str, float]:
        assert self._process.stdin
        assert self._process.stdout
        print(task, file=self._process.stdin, flush=True)
        figures: dict[str, float] = json.loads(self._process.stdout.readline())
        return figures

    def end(self) -> None:
        self._process.communicate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--characters", type=int, default=100_000, help="of English; of Chinese a third")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--cache", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        serve(ENGINES[options.child](options.cache), options)
    else:
        with tempfile.TemporaryDirectory() as cache:
            compare(options, Path(cache))


def compare(options: argparse.Namespace, cache: Path) -> None:
    rows: dict[str, dict[str, float]] = {}
    children = {}
    for name in ENGINES:
        first = Child(name, options, cache)
        rows[name] = {f"{key}, first time": value for key, value in first.do("load").items()}
        second = Child(name, options, cache)
        rows[name] |= second.do("load")
        second.do("memory")  # so that it reads the same pages of what is shared
        rows[name] |= first.do("memory")
        second.end()
        children[name] = first
    for task in [*SETS, *(f"questions of {name}" for name in SETS)]:
        found: dict[str, list[dict[str, float]]] = {name: [] for name in ENGINES}
        for _round in range(options.rounds):
            for name, child in children.items():
                found[name].append(child.do(task))
        for name in ENGINES:
            rows[name] |= {key: median(one[key] for one in found[name]) for key in found[name][0]}
    for child in children.values():
        child.end()
    print(f"{'':44}" + "".join(f"{name:>12}" for name in rows))
    for key in next(iter(rows.values())):
        print(f"{key:44}" + "".join(f"{row[key]:>12,.1f}" for row in rows.values()))


def serve(engine: EmbeddingEngine, options: argparse.Namespace) -> None:
    for task in map(str.strip, sys.stdin):
        print(json.dumps(dict(figures_of(engine, task, options))), flush=True)


def figures_of(engine: EmbeddingEngine, task: str, options: argparse.Namespace) -> Iterator[tuple[str, float]]:
    if task == "load":
        yield "until the first vector, CPU s", cpu_seconds(lambda: engine.embed(["tea"]))
    elif task == "memory":
        engine.embed(lines(options.folder / SETS[0] / "corpus.jsonl")[:10])
        engine.embed(lines(options.folder / SETS[1] / "corpus.jsonl")[:10])
        yield from memory()
    elif task.startswith("questions of "):
        name = task.removeprefix("questions of ")
        asked = lines(options.folder / name / "queries.jsonl")[:QUESTIONS]
        took = [cpu_seconds(lambda one=one: engine.embed([one], role=Role.QUERY)) for one in asked]  # type: ignore[misc]
        yield f"a question of {name}, CPU ms", median(took) * 1000
    else:
        texts = cut(engine, options.folder / task, options.characters // (3 if task.endswith("zh") else 1))
        seconds = cpu_seconds(lambda: engine.embed(texts))
        yield f"{task}: characters a CPU second", sum(map(len, texts)) / seconds
        yield f"{task}: windows a CPU second", len(texts) / seconds


def cut(engine: EmbeddingEngine, folder: Path, characters: int) -> list[str]:
    """The first `characters` of a set in windows as the product cuts them."""
    text = "\n".join(lines(folder / "corpus.jsonl"))[:characters]
    limit = window_tokens(engine.max_tokens, PRESETS["general"].window)
    (spans,) = windows(text, [(0, len(text))], limit, engine.count_tokens)
    return [text[start:end] for start, end in spans]


def lines(file: Path) -> list[str]:
    with file.open(encoding="utf-8") as rows:
        return [json.loads(row)["text"] for row in rows]


def memory() -> Iterator[tuple[str, float]]:
    """Of this process, by Linux's account."""
    rows = dict(line.split(":") for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:])
    kilobytes = {name: int(value.split()[0]) for name, value in rows.items()}
    yield "memory of its own, MB", (kilobytes["Private_Dirty"] + kilobytes["Private_Clean"]) / MB
    yield "memory shared with others, MB", (kilobytes["Shared_Dirty"] + kilobytes["Shared_Clean"]) / MB


def cpu_seconds(work: Callable[[], Any]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


if __name__ == "__main__":
    main()
