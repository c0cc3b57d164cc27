"""The result of parsing."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from retrieval.chunking.tree import Section

__all__ = ["Metadata", "Parsed", "Section"]

Metadata = dict[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Parsed:
    """One normalised text (see `draft.clean`) and its structure. Offsets count Unicode code points.

    `page_starts[i]` is where page i + 1 starts; a page without text starts where the next one does. It is empty for
    formats without pages. `page_labels[i]` is the document's own label of that page; empty if labels equal the page
    numbers. `sections` are in document order and properly nested. `metadata` comes from the file itself.
    `unread_pages` counts pages with a picture that may contain text and was not read.
    """

    title: str | None
    text: str
    page_starts: tuple[int, ...]
    sections: tuple[Section, ...]
    metadata: Metadata = field(default_factory=dict)
    page_labels: tuple[str, ...] = ()
    unread_pages: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Contains only values that JSON can represent."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Parsed":
        """The inverse of to_dict, also after a round trip through JSON."""
        return cls(
            title=data["title"],
            text=data["text"],
            page_starts=tuple(data["page_starts"]),
            sections=tuple(Section(**section) for section in data["sections"]),
            metadata=data["metadata"],
            page_labels=tuple(data["page_labels"]),
            unread_pages=data["unread_pages"],
        )


class Heading(NamedTuple):
    """A heading whose line is text[start:stop]."""

    level: int
    title: str
    start: int
    stop: int


def nest(headings: Sequence[Heading], text: str) -> tuple[Section, ...]:
    """Turns headings in document order into sections. Each ends at the next heading of its level or above.

    A section's level is its nesting depth: a document may skip levels, or begin with a deep one.
    """
    ends = [len(text)] * len(headings)
    levels: list[int] = []
    still_open: list[int] = []
    for index, heading in enumerate(headings):
        while still_open and headings[still_open[-1]].level >= heading.level:
            ends[still_open.pop()] = heading.start
        still_open.append(index)
        levels.append(len(still_open))
    return tuple(
        Section(level, heading.title, heading.start, _next_line(text, heading.stop), end)
        for level, heading, end in zip(levels, headings, ends, strict=True)
    )


def _next_line(text: str, position: int) -> int:
    while position < len(text) and text[position] == "\n":
        position += 1
    return position
