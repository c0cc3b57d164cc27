"""Merges the boxes of characters into boxes of lines."""

from collections.abc import Iterable
from typing import NamedTuple


class Box(NamedTuple):
    """In pixels of the picture, from its upper left corner."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


WIDEST_SPACE = 3.0  # line heights; a wider gap separates columns


def lines_of(boxes: Iterable[Box]) -> list[Box]:
    """One box for each line, or part of one, in the order of the characters."""
    lines: list[Box] = []
    for box in boxes:
        if box.width <= 0 or box.height <= 0:
            continue  # characters such as spaces have no extent
        if lines and _goes_on(lines[-1], box):
            lines[-1] = _around(lines[-1], box)
        else:
            lines.append(box)
    return lines


def _goes_on(line: Box, box: Box) -> bool:
    height = min(line.height, box.height)
    overlap = min(line.bottom, box.bottom) - max(line.top, box.top)
    space = max(box.left - line.right, line.left - box.right)  # leftwards for scripts from right to left
    return overlap > height / 2 and space < WIDEST_SPACE * height


def _around(one: Box, other: Box) -> Box:
    return Box(
        min(one.left, other.left), min(one.top, other.top), max(one.right, other.right), max(one.bottom, other.bottom)
    )
