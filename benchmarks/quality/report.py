"""Formats results as tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.quality.measure import Indexed

COLUMN = 19


@dataclass(frozen=True)
class Result:
    """One set, split by one chunker."""

    set: str
    questions: int
    chunker: str
    preset: str
    engine: str  # its fingerprint
    indexed: Indexed


def table(results: Sequence[Result]) -> str:
    """A table of the results of one set: a row per figure, a column per mode and chunker.

    Where there are several chunkers, the first is also told as a multiple of each other one.
    """
    first = results[0]
    told = first.indexed.instruction
    head = f"{first.set}: {first.indexed.documents:,} documents, {first.questions:,} questions, {first.engine}"
    head += f", questions told: {told}" if told else ""
    return "\n".join([head, *_index(results), "", *_figures(results)]) + "\n"


def worst(result: Result) -> str:
    """The worst questions of each mode, with the right places and what was found instead."""
    lines = []
    for outcome in result.indexed.outcomes:
        lines.append(f"{result.set}, {result.chunker}, {outcome.mode}: answered worst")
        for one in outcome.worst:
            lines.append(f"  {one.id}: {one.text}")
            lines += [f"    right  {place}" for place in one.right]
            lines += [f"    found  {place}" for place in one.found]
    return "\n".join(lines) + "\n"


def _index(results: Sequence[Result]) -> Iterator[str]:
    yield _line("", ["passages", "vectors", "characters", "split s", "embed s", "write s"])
    for result in results:
        one = result.indexed
        seconds = [f"{value:.1f}" for value in (one.split_seconds, one.embed_seconds, one.write_seconds)]
        yield _line(result.chunker, [f"{one.passages:,}", f"{one.vectors:,}", f"{one.mean_characters:.0f}", *seconds])


def _figures(results: Sequence[Result]) -> Iterator[str]:
    modes = [outcome.mode for outcome in results[0].indexed.outcomes]
    chunkers = [result.chunker for result in results]
    yield _line("", [mode if place == 0 else "" for mode in modes for place in range(2 * len(results) - 1)])
    yield _line("", [*chunkers, *(f"/{name}" for name in chunkers[1:])] * len(modes))
    by_mode = [[result.indexed.outcomes[place] for result in results] for place in range(len(modes))]
    for name in results[0].indexed.outcomes[0].figures:
        cells = [cell for outcomes in by_mode for cell in _compared([one.figures[name] for one in outcomes], ".3f")]
        yield _line(name, cells)
    yield _line("p50 ms", [cell for outcomes in by_mode for cell in _compared([one.p50_ms for one in outcomes], ".1f")])


def _compared(values: Sequence[float], form: str) -> list[str]:
    """The values, and the ratios of the first to each other one."""
    first, *others = values
    return [f"{value:{form}}" for value in values] + [f"{first / one:.2f}" if one else "-" for one in others]


def _line(label: str, cells: Sequence[str]) -> str:
    return f"{label:22}" + "".join(f"{cell:>{COLUMN}}" for cell in cells)
