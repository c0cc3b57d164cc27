"""What a laid out page is made of: headings, paragraphs, rows of tables, list items."""

from collections.abc import Iterable
from typing import NamedTuple

from kb.parsing.draft import Draft, one_line

_NO_BLANK_LINE_BETWEEN = {"row", "item", "note"}


class Block(NamedTuple):
    """A heading of `level`, or a block of one of the `kind`s "row", "item" and "note"; "" is a paragraph."""

    text: str
    level: int = 0
    kind: str = ""


def write(blocks: Iterable[Block], draft: Draft) -> None:
    """Blank lines stand between blocks, but not between two rows, items or notes."""
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
    """All of it on one line, as in a cell."""
    return " ".join(line for block in blocks if (line := one_line(block.text)))


def row(cells: Iterable[Iterable[Block]]) -> list[Block]:
    """A table's row as one line, its cells apart by " | "; what is within them on lines of its own follows.

    Rows of tables within a cell, and notes, follow the row. A single cell of several blocks, or with a heading in it,
    is no table but a frame that holds text in its place: then the blocks themselves.
    """
    held = [[block for block in cell if block.text.strip()] for cell in cells]
    filled = [cell for cell in held if cell]
    if not filled or (len(filled) == 1 and len(filled[0]) > 1) or any(block.level for cell in filled for block in cell):
        return [block for cell in filled for block in cell]
    line = " | ".join(flat(block for block in cell if block.kind not in ("row", "note")) for cell in held)
    after = [block for cell in held for block in cell if block.kind in ("row", "note")]
    return [Block(line, kind="row"), *after] if line.strip(" |") else after


def item(mark: str, depth: int, text: str) -> Block:
    """A list's item: its mark, two blanks of indent for each list around it, further lines under its text."""
    start = "  " * depth + (mark.rstrip() + " " if mark.strip() else "")
    return Block(start + text.strip().replace("\n", "\n" + " " * len(start)), kind="item")
