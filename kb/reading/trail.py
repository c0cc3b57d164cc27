"""A reader's way through the hits of a question: from each the next can be opened, and the list again.

The places are in the address. So no question is asked twice, the numbers stay those of the list, and nothing is kept;
whether a place may be opened is decided when it is.
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
    """text[start:end] of a version. `page`, from 1, is where it begins in a PDF; 0 in other documents."""

    document: str
    version: int
    start: int
    end: int
    page: int = 0

    def __str__(self) -> str:
        return f"{self.document}.{self.version}.{self.start}.{self.end}.{self.page}"

    def url(self, trail: "Trail | None" = None, *, as_page: bool = False) -> str:
        """Opens it in the text, or on the picture of its page if it has one."""
        view = ("document-page", [self.document, self.page]) if as_page and self.page else ("document", [self.document])
        query = {"version": self.version, "start": self.start, "end": self.end, **(trail.query() if trail else {})}
        return f"{reverse(view[0], args=view[1])}?{urlencode(query)}#passage"


@dataclass(frozen=True)
class Trail:
    """The hits of `question`, asked in `collection` or everywhere (""); `number`, from 1, is the one that is open."""

    question: str
    collection: str
    places: Sequence[Place]
    number: int

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Trail | None":
        """The trail of a request's query; None if it has none, or a broken one."""
        found = [_PLACE.fullmatch(piece) for piece in query.get("hits", "").split("~", MOST)[:MOST]]
        number = query.get("hit", "")
        if not all(found) or not (number.isdecimal() and len(number) < 4 and 1 <= int(number) <= len(found)):
            return None
        places = [Place(match[1], *map(int, match.groups()[1:])) for match in found if match]
        return cls(query.get("q", ""), query.get("collection", ""), places, int(number))

    def query(self) -> dict[str, str | int]:
        """What `of` reads."""
        hits = "~".join(map(str, self.places))
        return {"q": self.question, "collection": self.collection, "hits": hits, "hit": self.number}

    def step(self, by: int, *, as_page: bool) -> str | None:
        """The address of the next hit (1) or the one before (-1); None at either end."""
        there = Trail(self.question, self.collection, self.places, self.number + by)
        return there.open(as_page=as_page) if 1 <= there.number <= len(self.places) else None

    def open(self, *, as_page: bool = False) -> str:
        return self.places[self.number - 1].url(self, as_page=as_page)

    @property
    def results_url(self) -> str:
        return f"{reverse('search')}?{urlencode({'q': self.question, 'collection': self.collection})}"
