"""Tables with merged cells: every row becomes a line in which each value stands in its own column.

A cell merged over rows or columns repeats its value in each of them, so that a row can be read, found and cited on its
own. The rules for overlapping cells are those of HTML: https://html.spec.whatwg.org/multipage/tables.html
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, takewhile
from typing import NamedTuple

from kb.parsing.blocks import Block, flat, row

LONGEST_REPEATED = 200  # characters of a value that is repeated; a longer one is a text, not a value
MOST_REPEATED = 1_000_000  # characters repeated in a table, since a few short spans may claim millions of cells
MOST_COLUMNS = 1_000  # of a cell, as in HTML
TO_THE_END = 0  # rows of a cell that reaches to the end of its group


class Cell(NamedTuple):
    """A cell as written: its blocks, and over how many columns and rows it is merged."""

    blocks: Sequence[Block]
    columns: int = 1
    rows: int = 1


class _Placed(NamedTuple):
    """A cell that covers the columns [start, stop) of the rows [first, last]."""

    cell: Cell
    start: int
    stop: int
    first: int
    last: int


class _Line(NamedTuple):
    """The blocks of each column's own cell, and the values that are repeated, by column."""

    own: list[Sequence[Block]]
    repeated: dict[int, str]
    is_wide: bool  # one cell is as wide as the table


def table(groups: Sequence[Sequence[Sequence[Cell]]]) -> Iterator[Block]:
    """The rows of a table. It has groups (head, bodies, foot) of rows of cells; no cell leaves its group.

    See `blocks.row` for nested tables and for tables that serve as layout. Rows without cells of their own say nothing
    new and are left out. A cell as wide as the table is a caption in the first and last rows, and so not repeated.
    """
    placed = [(line, number) for group in groups for number, line in enumerate(_placed(group))]
    starts = _columns(placed)
    if not starts:
        return
    allowance = _Allowance()
    rows = [(line, number) for line, number in placed if any(cell.first == number for cell in line)]
    lines = [_line(line, number, starts, allowance) for line, number in rows]
    head = len(list(takewhile(lambda line: line.is_wide, lines)))
    foot = len(lines) - len(list(takewhile(lambda line: line.is_wide, reversed(lines))))
    for index, line in enumerate(lines):
        is_caption = len(starts) > 1 and not head <= index < foot
        yield from row(line.own[:1]) if is_caption else row(line.own, line.repeated)


def _columns(placed: list[tuple[list[_Placed], int]]) -> list[int]:
    """Where the columns begin that a reader sees.

    No cell begins in the others; or cells are merged across their edge, and no row has a value on both sides of it, as
    when somebody shifted the edge of a few cells.
    """
    starts = sorted({cell.start for line, number in placed for cell in line if cell.first == number})
    column_of = {start: column for column, start in enumerate(starts)}
    left_of = [-1] * len(starts)  # the last column of the value to the left of one that begins in this column
    crossing = [0] * (len(starts) + 1)  # how many cells are merged across the left edge of a column, as differences
    for line, number in placed:
        last = -1
        for cell in line:
            first, stop = column_of[cell.start], bisect_left(starts, cell.stop)
            if cell.first == number and stop - first > 1:
                crossing[first + 1] += 1
                crossing[stop] -= 1
            if any(block.text.strip() for block in cell.cell.blocks):
                left_of[first] = max(left_of[first], last)
                last = stop - 1
    kept = [0] if starts else []
    across = list(accumulate(crossing))
    for column in range(1, len(starts)):
        if not across[column] or left_of[column] >= kept[-1]:
            kept.append(column)
    return [starts[column] for column in kept]


def _placed(rows: Sequence[Sequence[Cell]]) -> Iterator[list[_Placed]]:
    """The cells that cover each row of a group, from left to right."""
    covering: list[_Placed] = []
    for number, cells in enumerate(rows):
        above = [cell for cell in covering if cell.last >= number]
        own = list(_beside(above, cells, number, len(rows)))
        covering = sorted([*above, *own], key=lambda cell: (cell.start, cell.first))
        yield covering


def _beside(above: list[_Placed], cells: Sequence[Cell], number: int, height: int) -> Iterator[_Placed]:
    """Places the cells of a row in the columns that no cell from above takes."""
    taken = iter(above)
    next_taken = next(taken, None)
    column = 0
    for cell in cells:
        while next_taken is not None and next_taken.start <= column:
            column = max(column, next_taken.stop)
            next_taken = next(taken, None)
        last = height - 1 if cell.rows == TO_THE_END else min(number + max(cell.rows, 1), height) - 1
        stop = column + min(max(cell.columns, 1), MOST_COLUMNS)
        yield _Placed(cell, column, stop, number, last)
        column = stop


def _line(line: list[_Placed], number: int, starts: list[int], allowance: "_Allowance") -> _Line:
    own: list[Sequence[Block]] = [()] * len(starts)
    repeated: dict[int, str] = {}
    for cell in line:
        first, stop = bisect_right(starts, cell.start) - 1, bisect_left(starts, cell.stop)
        if cell.first == number:
            own[first] = own[first] or cell.cell.blocks
            first += 1
        value = allowance.value(cell.cell, stop - first)
        if value:
            repeated.update(dict.fromkeys(range(first, stop), value))
    # Where cells overlap, the one that begins there is seen.
    repeated = {column: value for column, value in repeated.items() if not own[column]}
    is_wide = len(line) == 1 and line[0].first == number and line[0].start == 0 and line[0].stop > starts[-1]
    return _Line(own, repeated, is_wide)


class _Allowance:
    """Limits how many characters a table repeats."""

    def __init__(self) -> None:
        self._left = MOST_REPEATED
        self._values: dict[int, str] = {}  # by the identity of cells, which live as long as the table

    def value(self, cell: Cell, times: int) -> str:
        """The value of a cell that is to be repeated; "" if it is too long, or is a table or has headings."""
        if times <= 0 or self._left <= 0:
            return ""
        value = self._values.get(id(cell))
        if value is None:
            value = self._values[id(cell)] = _value(cell)
        self._left -= times * len(value)
        return value


def _value(cell: Cell) -> str:
    if any(block.level or block.kind in ("row", "note") for block in cell.blocks):
        return ""
    value = flat(cell.blocks)
    return value if len(value) <= LONGEST_REPEATED else ""
