"""What parsing gives."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from retrieval.chunking.tree import Section

__all__ = ["Metadata", "Parsed", "Section"]

Metadata = dict[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Parsed:
    """One normalised text (see `draft.clean`) and where things are in it. Offsets count Unicode code points.

    `page_starts[i]` is where page i + 1 starts; a page without text starts where the next one does. Empty for formats
    without pages. `page_labels[i]` is what the document calls that page; empty where that is its number. `sections` are
    in document order and properly nested. `metadata` is what the file says of itself. `unread_pages` counts pages with
    a picture that may be one of text, and was not read.
    """

    title: str | None
    text: str
    page_starts: tuple[int, ...]
    sections: tuple[Section, ...]
    metadata: Metadata = field(default_factory=dict)
    page_labels: tuple[str, ...] = ()
    unread_pages: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Only what JSON can hold."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Parsed":
        """The inverse of to_dict, also after a way through JSON."""
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
    """A heading that stands in the text as text[start:stop]."""

    level: int
    title: str
    start: int
    stop: int


def nest(headings: Sequence[Heading], text: str) -> tuple[Section, ...]:
    """Headings in document order -> sections. Each ends where the next one of its level, or above it, starts.

    A section's level counts those around it: a document may leave levels out, or begin with a deep one.
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
