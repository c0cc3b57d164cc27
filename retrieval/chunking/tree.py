"""The input and output of chunking: sections found by a parser, and the nodes of a text's tree. Pure."""

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """The children of a document or section are sections and passages."""

    DOCUMENT = 0
    SECTION = 1
    PASSAGE = 2


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with everything below it, including nested sections: text[start:end].

    `level` is 1 for the outermost. The text after the heading begins at `body`; start <= body <= end. If it is `start`,
    the title has no line of its own, for example the name of a function.
    """

    level: int
    title: str
    start: int
    body: int
    end: int


@dataclass(frozen=True, slots=True)
class Node:
    """A span of the text; `parent` is its parent's index in the list of nodes."""

    kind: Kind
    parent: int | None
    start: int
    end: int
    heading_path: tuple[str, ...]
