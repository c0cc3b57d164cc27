"""Which lines are rows of a table, and their cells."""

import re
from collections.abc import Sequence

from kb.parsing.pdf import listings
from kb.parsing.pdf.lines import Line, Piece
from kb.parsing.pdf.scripts import is_prose, joint

CELLS_APART = " | "
_OF_NUMBERS = "0123456789(-–—."
_ALIGNED_EM = 0.7
_NEAR_LINES = 3
_WORDS_APART_EM = 2.0  # by as much a line may be stretched to fill its column
_MARK = re.compile(r"(?:[•●▪■◦‣○–—*·\uf0b7\u2022-]|[☐☑☒]|\(?[\divxlc]{1,4}[.)]|\(?[A-Za-z][.)])", re.IGNORECASE)
_SECTION_NUMBER = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,5}\.?")
_SIGN_BEFORE = re.compile(r"[+\-–]?[$€£¥(]+|US\$|HK\$|C\$|A\$")
_SIGN_AFTER = re.compile(r"[)%]+|%\)|\)%|x|bps|pts")
_SIGN_LEFT = re.compile(r"(.*\S)\s+([$€£¥])", re.DOTALL)  # of the next cell's number
_LEADERS = re.compile(r"(?:\s*[.·…_]){5,}\s*")


def write(lines: Sequence[Line]) -> None:
    """Find the rows among a column's lines, and give each line its text."""
    for line in lines:
        line.pieces = line.pieces if line.mono else _mended(line.pieces)
    edges = [_edges(line) for line in lines]
    for index, line in enumerate(lines):
        if line.mono:
            line.text = listings.text(line)
            continue
        near = range(max(0, index - _NEAR_LINES), min(len(lines), index + _NEAR_LINES + 1))
        line.is_row = len(line.pieces) > 1 and any(
            other != index and _aligned(edges[index], edges[other], line.size) for other in near
        )
        line.text = _text(line)


def _mended(pieces: list[Piece]) -> list[Piece]:
    """What goes together: a list's mark or a heading's number and its text; a number and its currency or sign."""
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if last is None:
            found.append(piece)
        elif len(found) == 1 and (_MARK.fullmatch(last.text) or _is_numbered(last, pieces)):
            found[-1] = _with(last, piece, " ")
        elif (sign := _SIGN_LEFT.fullmatch(last.text)) and piece.text[0] in _OF_NUMBERS:
            last.text = sign[1]
            piece.text = sign[2] + piece.text
            found.append(piece)
        elif _SIGN_BEFORE.fullmatch(last.text) or _SIGN_AFTER.fullmatch(piece.text):
            found[-1] = _with(last, piece, "")
        elif piece.x0 - last.x1 < _WORDS_APART_EM * piece.size and is_prose(last.text) and is_prose(piece.text):
            found[-1] = _with(last, piece, _between(last.text, piece.text))
        else:
            found.append(piece)
    return found


def _is_numbered(first: Piece, pieces: list[Piece]) -> bool:
    """Whether it is the number of a heading, and all that follows it in the line its title."""
    return (
        len(pieces) == 2
        and _SECTION_NUMBER.fullmatch(first.text) is not None
        and (first.bold or first.text.count(".") > 1)
        and is_prose(pieces[1].text)
    )


def _between(text: str, after: str) -> str:
    """A blank, but for a Chinese character set apart from the next: a title may be stretched so."""
    return " " if min(len(text), len(after)) > 1 else joint(text, after)


def _with(one: Piece, other: Piece, between: str) -> Piece:
    text = one.text + between + other.text
    return Piece(text, one.x0, other.x1, other.y, other.size, one.bold and other.bold, one.mono and other.mono)


def _edges(line: Line) -> list[tuple[float, float]]:
    """Where the cells after the first begin and end."""
    return [(piece.x0, piece.x1) for piece in line.pieces[1:]]


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
