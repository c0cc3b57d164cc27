"""The blocks of a formatted document: headings, paragraphs, table rows, list items."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from kb.parsing.draft import Draft, one_line

_NO_BLANK_LINE_BETWEEN = {"row", "item", "note"}


class Block(NamedTuple):
    """A heading of `level`, or a block of `kind` "row", "item" or "note"; "" is a paragraph."""

    text: str
    level: int = 0
    kind: str = ""


def write(blocks: Iterable[Block], draft: Draft) -> None:
    """Separates blocks by blank lines, except consecutive rows, items or notes."""
    kind = ""
    for block in blocks:
        if block.level:
            draft.heading(block.level, block.text)
        elif block.text.strip():
            draft.write(block.text, gap="\n" if block.kind == kind and kind in _NO_BLANK_LINE_BETWEEN else "\n\n")
        else:
            continue
        kind = block.kind


def flat(blocks: Iterable[Block]) -> str:
    """All blocks on one line, as in a table cell."""
    return " ".join(line for block in blocks if (line := one_line(block.text)))


def row(cells: Iterable[Iterable[Block]], repeated: Mapping[int, str] | None = None) -> list[Block]:
    """A table row as one line with " | " between cells; `repeated` has values of merged cells by column.

    Rows of nested tables and notes follow on their own lines. If only one cell is filled and has several blocks, or a
    cell contains a heading, the table serves as layout: then its blocks are returned unchanged.
    """
    contents = [[block for block in cell if block.text.strip()] for cell in cells]
    filled = [cell for cell in contents if cell]
    if not repeated and not filled:
        return []
    is_layout = len(filled) == 1 and len(filled[0]) > 1 and not repeated
    if is_layout or any(block.level for cell in filled for block in cell):
        return [block for cell in filled for block in cell]
    values = [flat(block for block in cell if block.kind not in ("row", "note")) for cell in contents]
    for column, value in (repeated or {}).items():
        values[column] = value
    line = " | ".join(values)
    after = [block for cell in contents for block in cell if block.kind in ("row", "note")]
    return [Block(line, kind="row"), *after] if line.strip(" |") else after


def item(mark: str, depth: int, text: str) -> Block:
    """A list item with its mark, indented by two spaces per nesting level; further lines align with its text."""
    start = "  " * depth + (mark.rstrip() + " " if mark.strip() else "")
    return Block(start + text.strip().replace("\n", "\n" + " " * len(start)), kind="item")
