"""The heads of a table's columns: bold words above its rows, set so close together that they look like one line."""

import itertools
from collections.abc import Sequence
from functools import partial

from kb.parsing.pdf.lines import Fragment, Line, Part

_NEAR_EM = 2.5  # from the heads' baseline to that of the row below
_ALIGNED_EM = 0.7
_ESTIMATED_EM = 1.0  # where only the width of a whole line is known
_NEAR_COLUMN_EM = 3.0  # from the middle of a head to that of its column, if there are as many heads as columns
_MOST_ROWS = 20  # of a ruled table, among which those without empty cells are
_ROWS = 3  # whose cells are compared


def find(lines: Sequence[Line]) -> None:
    """Makes rows of heads; rows of numbers are known already."""
    for index in range(len(lines) - 2, -1, -1):
        line, below = lines[index], lines[index + 1]
        if not line.bold or line.table or not below.is_row:
            continue
        if line.is_row and len(line.fragments) >= len(below.fragments):
            continue
        if 0 < below.y - line.y < _NEAR_EM * line.size and (heads := _heads(line, _columns(lines[index + 1 :]))):
            line.fragments = heads
            line.is_row = True


def _columns(rows: Sequence[Line]) -> list[tuple[float, float]]:
    """(left, right) of each column of the rows below."""
    first = rows[0]
    if first.table:
        rows = [row for row in rows[:_MOST_ROWS] if row.table == first.table and all(row.cells)] or rows[:1]
        first = rows[0]
    alike = list(
        itertools.takewhile(lambda row: row.is_row and len(row.fragments) == len(first.fragments), rows[:_ROWS])
    )
    return [
        (min(row.fragments[column].x0 for row in alike), max(row.fragments[column].x1 for row in alike))
        for column in range(len(first.fragments))
    ]


def _heads(line: Line, columns: list[tuple[float, float]]) -> list[Fragment]:
    """The line's words by column; none if a column has no word that stands where its cells do."""
    parts = [part for fragment in line.fragments for part in fragment.parts]
    within = _ALIGNED_EM * line.size
    if len(parts) < len(columns):
        parts = [word for fragment in line.fragments for word in _words(fragment)]
        within = _ESTIMATED_EM * line.size
    if len(parts) < len(columns):
        return []
    if len(parts) == len(columns) and all(map(partial(_is_near, line.size), parts, columns)):
        return [
            Fragment(text, x0, x1, line.y, line.size, bold=True, rtl=line.fragments[0].rtl) for text, x0, x1 in parts
        ]
    found: list[list[Part]] = [[] for _ in columns]
    for part in parts:
        place = max(range(len(columns)), key=lambda column: _overlap(part, columns[column]))
        if any(found[place + 1 :]):
            return []
        found[place].append(part)
    for own, (left, right) in zip(found, columns, strict=True):
        if not own:
            return []
        x0, x1 = own[0][1], own[-1][2]
        if min(abs(x0 - left), abs(x1 - right), abs(x0 + x1 - left - right) / 2) > within:
            return []
    size = line.size
    return [
        Fragment(
            " ".join(text for text, _, _ in own),
            own[0][1],
            own[-1][2],
            line.y,
            size,
            bold=True,
            rtl=line.fragments[0].rtl,
        )
        for own in found
    ]


def _is_near(size: float, part: Part, column: tuple[float, float]) -> bool:
    return abs(part[1] + part[2] - column[0] - column[1]) < 2 * _NEAR_COLUMN_EM * size


def _overlap(part: Part, column: tuple[float, float]) -> float:
    """How much of a word is above the column; negative is the distance between them."""
    return min(part[2], column[1]) - max(part[1], column[0])


def _words(fragment: Fragment) -> list[Part]:
    """The fragment's words, where they stand if all letters are equally wide."""
    each = fragment.width / max(1, len(fragment.text))
    found: list[Part] = []
    at = 0
    for word in fragment.text.split(" "):
        found.append((word, fragment.x0 + each * at, fragment.x0 + each * (at + len(word))))
        at += len(word) + 1
    return found
