"""What chunking takes and gives: the sections that a parser found, and the nodes of a text's tree. Pure."""

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """A document's node has its sections and passages under it, a section's node sections and passages."""

    DOCUMENT = 0
    SECTION = 1
    PASSAGE = 2


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and everything under it, deeper sections included: text[start:end].

    `level` counts from 1, the outermost. The text after the heading begins at `body`; start <= body <= end. Where it is
    `start`, the title has no line of its own: it is a function's name, say, which the text tells among other things.
    """

    level: int
    title: str
    start: int
    body: int
    end: int


@dataclass(frozen=True, slots=True)
class Node:
    """A span of the text; `parent` is the place of its parent in the list that holds both."""

    kind: Kind
    parent: int | None
    start: int
    end: int
    heading_path: tuple[str, ...]
