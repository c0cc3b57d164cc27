"""Runs -> fragments (adjacent text on a baseline) -> lines."""

import itertools
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from kb.parsing.pdf.runs import WORD_EM, Run, is_drawn_twice, words_apart
from kb.parsing.pdf.scripts import has_rtl, is_rtl_line, logical, spelled_out

_SAME_LINE_EM = 0.5  # how far subscripts and superscripts are shifted
_CELL_EM = 1.0  # minimum gap between two columns or cells
_SMALL = 0.8  # of the text's size: subscripts, superscripts, footnote marks
_RAISED_EM = 0.2
_BESIDE_EM = 0.6
_RAISED = re.compile(r"[\d,+\-−–]{1,6}")
_AS_RAISED = str.maketrans("0123456789+-−–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")

_Set = TypeVar("_Set", Run, "Fragment")


Part = tuple[str, float, float]  # text, left, right


@dataclass(slots=True)
class Fragment:
    """Text without a wide gap. Coordinates as in Run; `y` is the baseline.

    A row of a ruled table is a fragment too: it has the number of the `table` on its page, and `cells`, which may be
    empty, with a line break after each of their lines. `parts` are the runs of bold text, by x.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    mono: bool = False
    cells: tuple["Fragment", ...] = ()
    table: int = 0
    rtl: bool = False  # whether its page runs from right to left
    parts: tuple[Part, ...] = ()

    @property
    def width(self) -> float:
        return self.x1 - self.x0


@dataclass(slots=True)
class Line:
    """Fragments on one baseline of one column, by x. `text` is set once tables are known."""

    fragments: list[Fragment]
    text: str = ""
    is_row: bool = False
    table: int = 0  # the number of a ruled table on its page
    x0: float = field(init=False)
    x1: float = field(init=False)
    y: float = field(init=False)
    size: float = field(init=False)
    bold: bool = field(init=False)
    mono: bool = field(init=False)

    def __post_init__(self) -> None:
        widest = max(self.fragments, key=lambda fragment: len(fragment.text))
        self.x0 = self.fragments[0].x0
        self.x1 = max(fragment.x1 for fragment in self.fragments)
        self.y, self.size = widest.y, widest.size
        self.bold = all(fragment.bold for fragment in self.fragments)
        self.mono = all(fragment.mono for fragment in self.fragments)

    @property
    def cells(self) -> list[str]:
        """The fragments' texts in reading order; on a page from right to left, a row of numbers has this order too."""
        texts = [fragment.text for fragment in self.fragments]
        if self.fragments[0].rtl:
            return texts[::-1] if self.is_row or self.table or any(map(has_rtl, texts)) else texts
        return texts[::-1] if any(map(has_rtl, texts)) and is_rtl_line("".join(texts)) else texts


def fragments_of(runs: Iterable[Run]) -> list[Fragment]:
    """Fragments sorted by baseline, then from left to right."""
    runs = list(runs)
    text = " ".join(run.text for run in runs)
    rtl = has_rtl(text) and is_rtl_line(text)
    found: list[Fragment] = []
    for row in _attach_scripts(runs):
        found += _fragments(sorted(row, key=lambda run: run.x0), rtl)
    return found


def _attach_scripts(runs: list[Run]) -> list[list[Run]]:
    """Rows with the subscripts and superscripts of their own words, not those of another column half a line below."""
    sizes: Counter[float] = Counter()
    for run in runs:
        sizes[run.size] += len(run.text)
    usual = max(sizes, key=lambda size: sizes[size], default=0.0)
    small = [run for run in runs if run.size < _SMALL * usual]
    rows = list(_rows(sorted((run for run in runs if run.size >= _SMALL * usual), key=lambda run: run.y)))
    baselines = [_baseline(row) for row in rows]
    reach = 2 * _SAME_LINE_EM * usual  # lines of two columns may form one row
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


def lines_of(fragments: Iterable[Fragment]) -> list[Line]:
    """Groups fragments by baseline."""
    rows = _rows(sorted(fragments, key=lambda fragment: fragment.y))
    return [line for row in rows for line in _lines(sorted(row, key=lambda fragment: fragment.x0))]


def _lines(fragments: list[Fragment]) -> Iterator[Line]:
    """One line, and one for each row of a ruled table: it has its own whatever stands at its height."""
    if others := [fragment for fragment in fragments if not fragment.table]:
        yield Line(others)
    for row in fragments:
        if row.table:
            yield Line(list(row.cells), table=row.table)


def _rows(items: list[_Set]) -> Iterator[list[_Set]]:
    """Groups items by the baseline of the largest one, including subscripts and superscripts."""
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


def _fragments(row: list[Run], rtl: bool) -> Iterator[Fragment]:
    current: list[Run] = []
    for run in row:
        if current and _is_gap(current[-1], run):
            yield _fragment(current, rtl)
            current = []
        if not any(is_drawn_twice(other, run) for other in current[-3:]):
            current.append(run)
    if current:
        yield _fragment(current, rtl)


def _is_gap(before: Run, after: Run) -> bool:
    return after.x0 - before.x1 > _CELL_EM * max(before.size, after.size)


def _fragment(runs: list[Run], rtl: bool) -> Fragment:
    main = max(runs, key=lambda run: len(run.text))
    parts = [_superscript(runs[0], None, main)]
    apart = words_apart(runs)
    for place, (before, after) in enumerate(itertools.pairwise(runs)):
        if after.x0 - before.x1 > max(apart[place], WORD_EM * min(before.size, after.size)):
            parts.append(" ")
        parts.append(_superscript(after, before, main))
    seen = "".join(parts)
    text = spelled_out(logical(seen, rtl=rtl) if has_rtl(seen) else seen)
    bold = all(run.bold for run in runs)
    return Fragment(
        text,
        runs[0].x0,
        max(run.x1 for run in runs),
        main.y,
        main.size,
        bold,
        all(run.mono for run in runs),
        rtl=rtl,
        parts=tuple((run.text, run.x0, run.x1) for run in runs) if bold else (),
    )


def _superscript(run: Run, before: Run | None, main: Run) -> str:
    """The run's text, with a raised number as superscript: 10⁶, not 106. Not inside brackets of the same size."""
    if run.size >= _SMALL * main.size or main.y - run.y < _RAISED_EM * main.size or not _RAISED.fullmatch(run.text):
        return run.text
    in_brackets = before is not None and before.size == run.size and not _RAISED.fullmatch(before.text)
    return run.text if in_brackets else run.text.translate(_AS_RAISED)
