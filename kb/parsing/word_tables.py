"""Tables of Word as a grid. ECMA-376-1, 17.4: a cell merged over rows has a further, empty w:tc in each of them."""

from collections.abc import Callable, Sequence
from typing import Any

from kb.parsing.blocks import Block
from kb.parsing.grid import MOST_COLUMNS, Cell
from kb.parsing.word_xml import W, is_on, nearest, number, value

_ROW, _CELL = f"{W}tr", f"{W}tc"


def rows(table: Any, blocks: Callable[[Any], list[Block]]) -> list[list[Cell]]:
    """The visible rows of a w:tbl element; `blocks` reads a cell."""
    found: list[list[Cell]] = []
    merged: dict[int, tuple[int, int]] = {}  # column -> place of the cell that is merged over rows from there on
    for element in nearest(table, {_ROW}):
        properties = element.find(f"{W}trPr")
        if properties is not None and (properties.find(f"{W}del") is not None or is_on(properties, "hidden")):
            continue
        line = [*_empty(properties, "gridBefore")]
        column = sum(cell.columns for cell in line)
        still_merged: dict[int, tuple[int, int]] = {}
        for cell in nearest(element, {_CELL}):
            columns, goes_on = _span(cell), _continues(cell)
            if goes_on and column in merged:
                above, place = still_merged[column] = merged[column]
                found[above][place] = found[above][place]._replace(rows=len(found) - above + 1)
            elif _is_joined_to_the_left(cell) and line:
                line[-1] = line[-1]._replace(columns=line[-1].columns + columns)
            else:
                still_merged[column] = (len(found), len(line))
                line.append(Cell(blocks(cell), columns))
            column += columns
        line += _empty(properties, "gridAfter")
        found.append(line)
        merged = still_merged
    return found


def _empty(properties: Any, name: str) -> Sequence[Cell]:
    """The columns that a row leaves out at its beginning or end."""
    columns = None if properties is None else number(properties, name)
    return [Cell((), min(columns, MOST_COLUMNS))] if columns else []


def _span(cell: Any) -> int:
    return min(max(number(cell, f"tcPr/{W}gridSpan") or 1, 1), MOST_COLUMNS)


def _continues(cell: Any) -> bool:
    """Whether the cell belongs to the one above it."""
    return cell.find(f"{W}tcPr/{W}vMerge") is not None and value(cell, f"tcPr/{W}vMerge") in (None, "continue")


def _is_joined_to_the_left(cell: Any) -> bool:
    """The same for columns, which old programs use instead of one wide cell."""
    return value(cell, f"tcPr/{W}hMerge") == "continue" or (
        cell.find(f"{W}tcPr/{W}hMerge") is not None and value(cell, f"tcPr/{W}hMerge") is None
    )
