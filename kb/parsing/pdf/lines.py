"""Runs -> pieces, the text that stands together on a baseline -> lines."""

import itertools
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from kb.parsing.pdf.content import WORD_EM, Run
from kb.parsing.pdf.scripts import has_rtl, is_rtl_line, logical, spelled_out

_SAME_LINE_EM = 0.5  # how far indices stand above or below
_CELL_EM = 1.0  # a gap between two columns or cells
_TWICE_EM = 0.3  # the same text drawn again, to look bold
_SMALL = 0.8  # of the text's size: an index, a mark of a footnote
_RAISED_EM = 0.2
_BESIDE_EM = 0.6
_RAISED = re.compile(r"[\d,+\-−–]{1,6}")
_AS_RAISED = str.maketrans("0123456789+-−–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")

_Set = TypeVar("_Set", Run, "Piece")


@dataclass(slots=True)
class Piece:
    """Text with no wide gap in it. Measures as of a Run; `y` is its baseline."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    mono: bool = False

    @property
    def width(self) -> float:
        return self.x1 - self.x0


@dataclass(slots=True)
class Line:
    """Pieces on one baseline of one column, in the order of x. `text` once it is known what they are."""

    pieces: list[Piece]
    text: str = ""
    is_row: bool = False
    x0: float = field(init=False)
    x1: float = field(init=False)
    y: float = field(init=False)
    size: float = field(init=False)
    bold: bool = field(init=False)
    mono: bool = field(init=False)

    def __post_init__(self) -> None:
        widest = max(self.pieces, key=lambda piece: len(piece.text))
        self.x0 = self.pieces[0].x0
        self.x1 = max(piece.x1 for piece in self.pieces)
        self.y, self.size = widest.y, widest.size
        self.bold = all(piece.bold for piece in self.pieces)
        self.mono = all(piece.mono for piece in self.pieces)

    @property
    def cells(self) -> list[str]:
        """The pieces' texts in the order of reading."""
        texts = [piece.text for piece in self.pieces]
        return texts[::-1] if any(map(has_rtl, texts)) and is_rtl_line("".join(texts)) else texts


def pieces_of(runs: Iterable[Run]) -> list[Piece]:
    """In the order of baselines, each from left to right."""
    found: list[Piece] = []
    for row in _with_indices(list(runs)):
        found += _pieces(sorted(row, key=lambda run: run.x0))
    return found


def _with_indices(runs: list[Run]) -> list[list[Run]]:
    """Rows, each with the indices of its own words, not of those in another column half a line further down."""
    sizes: Counter[float] = Counter()
    for run in runs:
        sizes[run.size] += len(run.text)
    usual = max(sizes, key=lambda size: sizes[size], default=0.0)
    small = [run for run in runs if run.size < _SMALL * usual]
    rows = list(_rows(sorted((run for run in runs if run.size >= _SMALL * usual), key=lambda run: run.y)))
    baselines = [_baseline(row) for row in rows]
    reach = 2 * _SAME_LINE_EM * usual  # lines of two columns may be one row
    others: list[Run] = []
    for run in sorted(small, key=lambda run: run.x0):
        near = rows[bisect_left(baselines, run.y - reach) : bisect_right(baselines, run.y + reach)]
        row = next((row for row in near if any(_is_beside(run, other) for other in row)), others)
        row.append(run)
    return sorted([*rows, *_rows(sorted(others, key=lambda run: run.y))], key=_baseline)


def _baseline(row: list[Run]) -> float:
    return max(row, key=lambda run: run.size).y


def _is_beside(run: Run, other: Run) -> bool:
    gap = max(run.x0 - other.x1, other.x0 - run.x1)
    return abs(run.y - other.y) <= _SAME_LINE_EM * other.size and gap < _BESIDE_EM * other.size


def lines_of(pieces: Iterable[Piece]) -> list[Line]:
    """Those on one baseline together."""
    rows = _rows(sorted(pieces, key=lambda piece: piece.y))
    return [Line(sorted(row, key=lambda piece: piece.x0)) for row in rows]


def _rows(items: list[_Set]) -> Iterator[list[_Set]]:
    """Those that stand on one baseline, indices above and below it included. The largest one's baseline counts."""
    row: list[_Set] = []
    baseline = largest = 0.0
    for item in items:
        if row and item.y - baseline > _SAME_LINE_EM * max(item.size, largest):
            yield row
            row, largest = [], 0.0
        row.append(item)
        if item.size > largest:
            baseline, largest = item.y, item.size
    if row:
        yield row


def _pieces(row: list[Run]) -> Iterator[Piece]:
    here: list[Run] = []
    for run in row:
        if here and _is_gap(here[-1], run):
            yield _piece(here)
            here = []
        if not any(_is_twice(other, run) for other in here[-3:]):
            here.append(run)
    if here:
        yield _piece(here)


def _is_gap(before: Run, after: Run) -> bool:
    return after.x0 - before.x1 > _CELL_EM * max(before.size, after.size)


def _is_twice(one: Run, other: Run) -> bool:
    return one.text == other.text and abs(one.x0 - other.x0) < _TWICE_EM * other.size


def _piece(runs: list[Run]) -> Piece:
    main = max(runs, key=lambda run: len(run.text))
    parts = [_raised(runs[0], None, main)]
    for before, after in itertools.pairwise(runs):
        if after.x0 - before.x1 > WORD_EM * min(before.size, after.size):
            parts.append(" ")
        parts.append(_raised(after, before, main))
    seen = "".join(parts)
    text = spelled_out(logical(seen) if has_rtl(seen) else seen)
    return Piece(
        text,
        runs[0].x0,
        max(run.x1 for run in runs),
        main.y,
        main.size,
        all(run.bold for run in runs),
        all(run.mono for run in runs),
    )


def _raised(run: Run, before: Run | None, main: Run) -> str:
    """Its text; a number above the line as one, so that 10⁶ is not read as 106. Not so in brackets of its size."""
    if run.size >= _SMALL * main.size or main.y - run.y < _RAISED_EM * main.size or not _RAISED.fullmatch(run.text):
        return run.text
    in_brackets = before is not None and before.size == run.size and not _RAISED.fullmatch(before.text)
    return run.text if in_brackets else run.text.translate(_AS_RAISED)
