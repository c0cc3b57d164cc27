"""Finds table rows and their cells."""

import re
from collections.abc import Iterable, Sequence
from functools import reduce

from kb.parsing.pdf import heads, listings
from kb.parsing.pdf.lines import Fragment, Line
from kb.parsing.pdf.paragraphs import Words
from kb.parsing.pdf.scripts import has_rtl, is_prose, separator

CELLS_APART = " | "
_OF_NUMBERS = "0123456789(-–—."
_ALIGNED_EM = 0.7
_NEAR_LINES = 3
_WORDS_APART_EM = 2.0  # maximum gap between words of a justified line
_MARK = re.compile(r"(?:[•●▪■◦‣○–—*·\uf0b7\u2022-]|[☐☑☒]|\(?[\divxlc]{1,4}[.)]|\(?[A-Za-z][.)])", re.IGNORECASE)
_SECTION_NUMBER = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,5}\.?")
_SIGN_BEFORE = re.compile(r"[+\-–]?[$€£¥(]+|US\$|HK\$|C\$|A\$")
_SIGN_AFTER = re.compile(r"[)%]+|%\)|\)%|x|bps|pts")
_SIGN_LEFT = re.compile(r"(.*\S)\s+([$€£¥])", re.DOTALL)  # the sign belongs to the next cell's number
_LEADERS = re.compile(r"(?:\s*[.·…_]){5,}\s*")


def write(lines: Sequence[Line]) -> None:
    """Finds the rows among a column's lines, and sets each line's text."""
    for line in lines:
        line.fragments = line.fragments if line.mono or line.table else _merged(line.fragments)
    edges = [_edges(line) for line in lines]
    for index, line in enumerate(lines):
        if line.table:
            line.is_row = True
            line.text = _of_cells(line.cells)
            continue
        if line.mono:
            line.text = listings.text(line)
            continue
        near = range(max(0, index - _NEAR_LINES), min(len(lines), index + _NEAR_LINES + 1))
        line.is_row = len(line.fragments) > 1 and any(
            other != index and _aligned(edges[index], edges[other], line.size) for other in near
        )
    heads.find(lines)
    for line in lines:
        if not line.table and not line.mono:
            line.text = _text(line)


def unwrap(lines: Iterable[Line], words: Words) -> None:
    """Joins the wrapped lines of the cells of ruled tables."""
    for line in lines:
        if line.table:
            line.text = _of_cells([reduce(words.joined, cell.split("\n")) for cell in line.cells])


def _of_cells(cells: list[str]) -> str:
    """A row of a ruled table, in which empty cells keep the others in their columns."""
    cells = [_LEADERS.sub(" ", cell).strip() for cell in cells]
    filled = [cell for cell in cells if cell]
    return CELLS_APART.join(cells if len(filled) > 1 else filled)


def _merged(fragments: list[Fragment]) -> list[Fragment]:
    """Joins fragments that belong together: list mark or heading number with text, number with currency or sign."""
    found: list[Fragment] = []
    for fragment in fragments:
        last = found[-1] if found else None
        if last is None:
            found.append(fragment)
        elif len(found) == 1 and (_MARK.fullmatch(last.text) or _is_numbered(last, fragments)):
            found[-1] = _with(last, fragment, " ")
        elif (sign := _SIGN_LEFT.fullmatch(last.text)) and fragment.text[0] in _OF_NUMBERS:
            last.text = sign[1]
            fragment.text = sign[2] + fragment.text
            found.append(fragment)
        elif _SIGN_BEFORE.fullmatch(last.text) or _SIGN_AFTER.fullmatch(fragment.text):
            found[-1] = _with(last, fragment, "")
        elif (
            fragment.x0 - last.x1 < _WORDS_APART_EM * fragment.size and is_prose(last.text) and is_prose(fragment.text)
        ):
            found[-1] = _with(last, fragment, _between(last.text, fragment.text))
        else:
            found.append(fragment)
    return found


def _is_numbered(first: Fragment, fragments: list[Fragment]) -> bool:
    """Whether `first` is a heading's number and the rest of the line its title."""
    return (
        len(fragments) == 2
        and _SECTION_NUMBER.fullmatch(first.text) is not None
        and (first.bold or first.text.count(".") > 1)
        and is_prose(fragments[1].text)
    )


def _between(text: str, after: str) -> str:
    """A space, except between single Chinese characters: a title may be spaced out like that."""
    return " " if min(len(text), len(after)) > 1 else separator(text, after)


def _with(one: Fragment, other: Fragment, between: str) -> Fragment:
    text = other.text + between + one.text if _from_right(one, other) else one.text + between + other.text
    bold, mono = one.bold and other.bold, one.mono and other.mono
    parts = one.parts + other.parts if bold else ()
    return Fragment(text, one.x0, other.x1, other.y, other.size, bold, mono, rtl=one.rtl, parts=parts)


def _from_right(one: Fragment, other: Fragment) -> bool:
    """Whether the right one of two neighbours is read first."""
    return one.rtl and has_rtl(one.text + other.text)


def _edges(line: Line) -> list[tuple[float, float]]:
    """(left, right) of each cell but the first."""
    return [(fragment.x0, fragment.x1) for fragment in line.fragments[1:] if fragment.text]


def _aligned(cells: list[tuple[float, float]], others: list[tuple[float, float]], size: float) -> bool:
    within = _ALIGNED_EM * size
    return any(
        abs(a0 - b0) < within or abs(a1 - b1) < within or abs(a0 + a1 - b0 - b1) < 2 * within
        for a0, a1 in cells
        for b0, b1 in others
    )


def _text(line: Line) -> str:
    cells = line.cells
    text = (CELLS_APART if line.is_row else " ").join(cells)
    if _LEADERS.search(text):
        line.is_row = True
        text = _LEADERS.sub(CELLS_APART, text).replace(CELLS_APART * 2, CELLS_APART)
        text = text.replace(" |  | ", CELLS_APART).removesuffix(CELLS_APART).removeprefix(CELLS_APART)
    return text
