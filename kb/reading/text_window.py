"""A version's text as a reader sees it: headings, page starts and paragraphs, with one span highlighted.

Only a window of a long text is made at a time; it always begins and ends between paragraphs.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import regex

from kb.models import VersionText

WINDOW = 60_000  # code points, some thirty pages
LONGEST_BLOCK = 10_000
BEFORE = 5_000  # of them before what the reader came for

_BLANK_LINES = regex.compile(r"\n[^\S\n]*\n\s*")


@dataclass(frozen=True)
class Run:
    """A piece of a paragraph, highlighted or not."""

    text: str
    marked: bool = False
    first: bool = False  # where the highlight begins


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
    """Blocks of text[start:end]; before and after it there may be more."""

    start: int
    end: int
    length: int
    blocks: list[Block] = field(default_factory=list)

    @property
    def earlier(self) -> int | None:
        """Where the window before this one begins."""
        return max(0, self.start - WINDOW) if self.start > 0 else None

    @property
    def later(self) -> int | None:
        return self.end if self.end < self.length else None


def window(text: VersionText, mark: tuple[int, int] | None, begin: int | None = None, end: int | None = None) -> Window:
    """The blocks around `mark`, or from `begin` (up to `end`); from the start if neither is in the text."""
    if mark is not None and not mark[0] < min(mark[1], len(text.text)):
        mark = None
    if begin is None or begin >= len(text.text):
        begin = max(0, mark[0] - BEFORE) if mark else 0
    cuts = _cuts(text)
    first = cuts[max(0, bisect_right(cuts, begin) - 1)]
    wanted = min(end or len(text.text), first + WINDOW)
    places = cuts[bisect_left(cuts, first) : bisect_left(cuts, wanted) + 1]
    sections = {section["start"]: number for number, section in enumerate(text.sections)}
    pages = {start: number for number, start in enumerate(text.page_starts, start=1)}
    blocks = []
    for start, stop in pairwise(places):
        number = sections.get(start)
        level = _level(text.sections[number]) if number is not None else 0
        runs = _runs(text.text, start, stop, mark)
        if runs or start in pages:
            blocks.append(Block(start, runs, level, pages.get(start), number))
    return Window(first, places[-1], len(text.text), blocks)


def _level(section: dict[str, Any]) -> int:
    """Of its heading; 0 if it has none that stands apart from its text."""
    return int(section["level"]) if section["body"] > section["start"] else 0


def _cuts(text: VersionText) -> list[int]:
    """Where blocks begin and end, in order."""
    whole = text.text
    cuts = {0, len(whole), *text.page_starts, *(match.end() for match in _BLANK_LINES.finditer(whole))}
    for section in text.sections:
        cuts |= {section["start"], section["body"], section["end"]}
    for start, stop in pairwise(sorted(cuts)):
        # A text of one endless paragraph is still shown by pieces.
        while stop - start > LONGEST_BLOCK:
            space = max(
                whole.rfind(" ", start + 1, start + LONGEST_BLOCK),
                whole.rfind("\n", start + 1, start + LONGEST_BLOCK),
            )
            start = space if space > start else start + LONGEST_BLOCK
            cuts.add(start)
    return sorted(cuts)


def _runs(text: str, start: int, stop: int, mark: tuple[int, int] | None) -> list[Run]:
    while start < stop and text[start].isspace():
        start += 1
    while stop > start and text[stop - 1].isspace():
        stop -= 1
    if mark is None or mark[1] <= start or mark[0] >= stop:
        return [Run(text[start:stop])] if start < stop else []
    inner = max(start, mark[0]), min(stop, mark[1])
    pieces = [
        Run(text[start : inner[0]]),
        Run(text[inner[0] : inner[1]], marked=True, first=mark[0] >= start),
        Run(text[inner[1] : stop]),
    ]
    return [run for run in pieces if run.text]
