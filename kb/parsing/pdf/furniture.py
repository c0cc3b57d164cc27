"""Running headers, footers and page numbers: text that repeats at the same place, or counts the pages."""

import re
from collections.abc import Iterator, Sequence

from kb.parsing.pdf.lines import Line

_EDGE_LINES = 4  # at the top and at the bottom of a page
_PAGES = 3  # minimum of pages with the same text; both in a document of two pages
_SAME_HEIGHT = 6.0  # points
_MAX_LENGTH = 300
_MAX_SIZE = 1.2  # times the size of the body text
_RUNNING_TEXT = 40  # characters
_LINE_DISTANCE = 1.6  # times the size: inside a paragraph
_NUMBER = re.compile(r"\d{1,6}")
_ROMAN = re.compile(r"[ivxlc]{1,8}")
_ROMAN_VALUE = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}

Key = tuple[str, int]


def find(pages: Sequence[Sequence[Line]], body: float) -> list[set[int]]:
    """For each page, the ids of the lines that are furniture.

    Text that occurs once is not furniture, nor is a page's only text, nor text larger than `body`, the size of the
    body text: that is a heading.
    """
    edges = [_edges(lines) for lines in pages]
    seen: dict[Key, set[int]] = {}
    for index, (top, bottom) in enumerate(edges):
        for line in (*top[:_EDGE_LINES], *bottom[:_EDGE_LINES]):
            for key in _keys(line, index) if line.size <= _MAX_SIZE * body else ():
                seen.setdefault(key, set()).add(index)
    needed = min(_PAGES, max(2, len(pages)))
    running = {key for key in seen if _count(seen, key) >= needed}
    found: list[set[int]] = []
    for index, (top, bottom) in enumerate(edges):
        dropped: set[int] = set()
        for edge in (top, bottom):
            repeated = 0  # lines, from the edge inwards
            while repeated < len(edge) - 1 and not running.isdisjoint(_keys(edge[repeated], index)):
                repeated += 1
            while repeated and _runs_on(edge[repeated - 1], edge[repeated]):
                repeated -= 1
            dropped |= {id(line) for line in edge[:repeated]}
        found.append(dropped if len(dropped) < len(pages[index]) else set())
    return found


def _runs_on(line: Line, neighbour: Line) -> bool:
    """Whether a line belongs to the adjacent paragraph, although other pages have the same line."""
    return (
        len(line.text) >= _RUNNING_TEXT
        and abs(line.x0 - neighbour.x0) < line.size
        and abs(line.size - neighbour.size) < 0.05 * line.size
        and abs(line.y - neighbour.y) < _LINE_DISTANCE * line.size
    )


def _edges(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """The top and bottom lines, from the edge inwards, plus one neighbour each."""
    by_height = sorted(lines, key=lambda line: line.y)
    return by_height[: _EDGE_LINES + 1], by_height[::-1][: _EDGE_LINES + 1]


def _count(seen: dict[Key, set[int]], key: Key) -> int:
    """The number of pages with this key, allowing for heights that were rounded the other way."""
    text, height = key
    here = seen[key]
    return max(len(here | seen.get((text, beside), set())) for beside in (height - 1, height + 1))


def _keys(line: Line, page: int) -> Iterator[Key]:
    """Keys that are equal for repeated lines: the text, and the text with each number minus the page number.

    Fragments are sorted, because they swap sides on left and right pages. A lone page number matches at any height,
    because it may follow a page that is not full.
    """
    text = "".join("\1".join(sorted(line.cells, key=_letters)).split()).casefold()
    if len(text) > _MAX_LENGTH:
        return
    height = round(line.y / _SAME_HEIGHT)
    yield text, height
    for number in _NUMBER.finditer(text):
        rest = f"{text[: number.start()]}\0{text[number.end() :]}"
        yield f"{rest}\0{int(number[0]) - page}", height if any(map(str.isalnum, rest)) else 0
    if _ROMAN.fullmatch(text):
        yield f"\0roman{_roman(text) - page}", 0


def _letters(cell: str) -> str:
    return "".join(filter(str.isalpha, cell))


def _roman(text: str) -> int:
    values = [_ROMAN_VALUE[letter] for letter in text]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))
