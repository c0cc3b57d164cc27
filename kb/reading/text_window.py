"""A window of a version's text as a reader sees it: headings, page starts and paragraphs, with one span highlighted.

Windows begin and end at boundaries: between paragraphs, or inside a very long one. Boundaries depend only on the text
nearby, not on other windows. So each window begins exactly where the previous one ends, and a page reads only its
window and a margin, however long the text is.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import regex

from kb.models import VersionText
from kb.reading.stored_text import Read

Mark = tuple[int, int]  # start and end of the highlighted span

WINDOW = 60_000  # characters, some thirty pages
BEFORE = 5_000  # part of the window before the highlight
LONGEST_BLOCK = 8_000  # about: longer paragraphs are split near multiples of this offset
_APART = LONGEST_BLOCK // 4  # there is no split this close to another boundary
_SEARCHED = 500  # characters before the offset that are searched for a line break or space
_UNSURE = _APART + 2 * _SEARCHED  # characters at the ends of a slice whose boundaries may depend on text outside
_MARGIN = LONGEST_BLOCK + 2 * _APART + _UNSURE  # contains at least one boundary

_BLANK_LINES = regex.compile(r"\n[^\S\n]*\n\s*")


@dataclass(frozen=True)
class Run:
    """A part of a paragraph, highlighted or not."""

    text: str
    marked: bool = False
    first: bool = False  # the highlight begins here


@dataclass(frozen=True)
class Block:
    """A paragraph, or a heading of `level` 1 and up. `page` is set where a page begins."""

    start: int
    runs: list[Run]
    level: int = 0
    page: int | None = None
    section: int | None = None


@dataclass(frozen=True)
class Window:
    """text[start:end] as blocks."""

    start: int
    end: int
    is_last: bool
    mark: Mark | None  # also None if it is beyond the end of the text
    blocks: list[Block]

    @property
    def earlier(self) -> int | None:
        """Start of the previous window."""
        return max(0, self.start - WINDOW) if self.start > 0 else None

    @property
    def later(self) -> int | None:
        return None if self.is_last else self.end


@dataclass(frozen=True)
class _Slice:
    """A part of a text from `start`; with `is_last`, up to the text's end."""

    text: str
    start: int
    is_last: bool

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    def between(self, start: int, end: int) -> str:
        return self.text[start - self.start : end - self.start]


def window(
    text: VersionText, read: Read, mark: Mark | None = None, begin: int | None = None, end: int | None = None
) -> Window:
    """The window from `begin`, or around `mark`, or else the first one. An `end` close to `begin` shortens it.

    A `begin` or `mark` beyond the end of the text is ignored.
    """
    if begin is None:
        begin = max(0, mark[0] - BEFORE) if mark else 0
    wanted = begin + WINDOW if end is None or end <= begin else min(end, begin + WINDOW)
    first = max(0, begin - _MARGIN)
    found = read(first, wanted + _MARGIN)
    part = _Slice(found, first, is_last=len(found) < wanted + _MARGIN - first)
    if part.is_last and mark is not None and mark[0] >= part.end:
        return window(text, read, None, begin if begin < part.end else 0, end)
    if begin >= part.end and begin > 0:
        return window(text, read, mark, None, end)
    inside = _boundaries(part, text)
    at = bisect_right(inside, begin) - 1
    start = inside[at] if at >= 0 else begin
    inside = [start, *(place for place in inside if place > start)]
    inside = inside[: bisect_left(inside, wanted) + 1]
    blocks = list(_blocks(part, text, inside, mark))
    return Window(start, inside[-1], part.is_last and inside[-1] == part.end, mark, blocks)


def _boundaries(part: _Slice, text: VersionText) -> list[int]:
    """The boundaries of blocks in this slice, in order, except near its ends, unless the text ends there."""
    found = {part.start + match.end() for match in _BLANK_LINES.finditer(part.text)}
    for section in text.sections:
        found |= {section["start"], section["body"], section["end"]}
    found |= {*text.page_starts, *([0] if part.start == 0 else []), *([part.end] if part.is_last else [])}
    natural = sorted(place for place in found if part.start <= place <= part.end)
    splits = _splits(part, natural)
    first = part.start + _UNSURE if part.start > 0 else 0
    last = part.end if part.is_last else part.end - _UNSURE
    return sorted(place for place in {*natural, *splits} if first <= place <= last)


def _splits(part: _Slice, natural: Sequence[int]) -> Iterator[int]:
    """Boundaries inside overlong paragraphs: tables, logs, texts without blank lines."""
    for place in range(-(-part.start // LONGEST_BLOCK) * LONGEST_BLOCK, part.end, LONGEST_BLOCK):
        if bisect_left(natural, place - _APART) < bisect_right(natural, place + _APART):
            continue
        before = part.between(max(part.start, place - _SEARCHED), place)
        after_break = max(before.rfind("\n"), 0) or max(before.rfind(" "), 0)
        yield place - len(before) + after_break if after_break else place


def _blocks(part: _Slice, text: VersionText, boundaries: Sequence[int], mark: Mark | None) -> Iterator[Block]:
    sections = {section["start"]: number for number, section in enumerate(text.sections)}
    pages = {start: number for number, start in enumerate(text.page_starts, start=1)}
    for start, end in pairwise(boundaries):
        number = sections.get(start)
        level = _level(text.sections[number]) if number is not None else 0
        runs = _runs(part.between(start, end), start, mark)
        if runs or start in pages:
            yield Block(start, runs, level, pages.get(start), number)


def _level(section: dict[str, Any]) -> int:
    """The level of the section's heading; 0 if its title is not a line of its own."""
    return int(section["level"]) if section["body"] > section["start"] else 0


def _runs(text: str, start: int, mark: Mark | None) -> list[Run]:
    """The runs of `text`, which starts at `start`, without white space around it."""
    stripped = text.strip()
    start += len(text) - len(text.lstrip())
    if mark is None or mark[1] <= start or mark[0] >= start + len(stripped):
        return [Run(stripped)] if stripped else []
    first, last = max(0, mark[0] - start), mark[1] - start
    runs = [
        Run(stripped[:first]),
        Run(stripped[first:last], marked=True, first=mark[0] >= start),
        Run(stripped[last:]),
    ]
    return [run for run in runs if run.text]
