"""Navigation through the hits of a question: from each hit to the next, the previous one and the list.

The address contains the places of all hits. So no search runs twice, the numbers are those of the list, and nothing is
stored. Access to a place is checked when it is opened.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

MOST = 100

_PLACE = re.compile(r"([\w-]{1,12})\.(\d{1,9})\.(\d{1,9})\.(\d{1,9})\.(\d{1,9})", re.ASCII)


@dataclass(frozen=True)
class Place:
    """text[start:end] of a version. `page` is its first page in a PDF, from 1; 0 in other documents."""

    document: str
    version: int
    start: int
    end: int
    page: int = 0

    def __str__(self) -> str:
        return f"{self.document}.{self.version}.{self.start}.{self.end}.{self.page}"

    def url(self, trail: "Trail | None" = None, *, as_page: bool = False) -> str:
        """The address of the place in the text, or on the picture of its page if it has one."""
        view = ("document-page", [self.document, self.page]) if as_page and self.page else ("document", [self.document])
        query = {"version": self.version, "start": self.start, "end": self.end, **(trail.query() if trail else {})}
        return f"{reverse(view[0], args=view[1])}?{urlencode(query)}#passage"


@dataclass(frozen=True)
class Trail:
    """The hits of `question` in `collection`, or everywhere (""); `number`, from 1, is the open one."""

    question: str
    collection: str
    places: Sequence[Place]
    number: int

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Trail | None":
        """The trail in a request's query; None if there is none or it is invalid."""
        found = [_PLACE.fullmatch(piece) for piece in query.get("hits", "").split("~", MOST)[:MOST]]
        number = query.get("hit", "")
        if not all(found) or not (number.isdecimal() and len(number) < 4 and 1 <= int(number) <= len(found)):
            return None
        places = [Place(match[1], *map(int, match.groups()[1:])) for match in found if match]
        return cls(query.get("q", ""), query.get("collection", ""), places, int(number))

    def query(self) -> dict[str, str | int]:
        """The inverse of `of`."""
        hits = "~".join(map(str, self.places))
        return {"q": self.question, "collection": self.collection, "hits": hits, "hit": self.number}

    def step(self, by: int, *, as_page: bool) -> str | None:
        """The address of the next (1) or previous (-1) hit; None at either end."""
        there = Trail(self.question, self.collection, self.places, self.number + by)
        return there.open(as_page=as_page) if 1 <= there.number <= len(self.places) else None

    def open(self, *, as_page: bool = False) -> str:
        return self.places[self.number - 1].url(self, as_page=as_page)

    @property
    def results_url(self) -> str:
        return f"{reverse('search')}?{urlencode({'q': self.question, 'collection': self.collection})}"
