"""Compares two indexes of a collection on a question, for a person to judge which is better."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.utils.functional import Promise

from kb.models import Document, Version
from kb.searching import question_cache
from kb.searching.search import NOTICES, place_url
from retrieval.models import Generation, Passage
from retrieval.options import SearchOptions
from retrieval.search import Hit, Results, search

SHOWN = 5


@dataclass(frozen=True)
class Found:
    """A hit of one index; `shared` if it overlaps with a hit of the other."""

    rank: int
    passage: Passage
    version: Version
    terms: tuple[str, ...]
    shared: bool

    @property
    def document(self) -> Document:
        return self.version.document

    @property
    def url(self) -> str:
        return place_url(self.version, self.passage.start, self.passage.end)


@dataclass(frozen=True)
class Side:
    """The results of one index."""

    generation: Generation
    found: Sequence[Found] = ()
    notices: Sequence[str | Promise] = ()


def compare(user: User, first: Generation, second: Generation, question: str) -> tuple[Side, Side]:
    """The best hits of two generations of one collection. The caller has checked that the user may read it."""
    here, there = (
        search([generation], question, SearchOptions(limit=SHOWN), question_cache.cache(user))
        for generation in (first, second)
    )
    versions = _versions([hit.passage.version for results in (here, there) for hit in results.hits])
    return _side(first, here, there, versions), _side(second, there, here, versions)


def _side(generation: Generation, results: Results, other: Results, versions: dict[int, Version]) -> Side:
    hits, others = ([hit for hit in side.hits if hit.passage.version in versions] for side in (results, other))
    return Side(generation, _found(hits, others, versions), [NOTICES[notice] for notice in results.notices])


def _versions(wanted: Sequence[int]) -> dict[int, Version]:
    """The versions of present documents, without their texts."""
    found = Version.objects.select_related("document", "text").filter(pk__in=wanted, document__removed_at=None)
    return found.defer("text__text", "text__page_starts", "text__sections").in_bulk()


def _found(hits: Sequence[Hit], others: Sequence[Hit], versions: dict[int, Version]) -> list[Found]:
    return [
        Found(
            rank,
            hit.passage,
            versions[hit.passage.version],
            hit.lexical.terms if hit.lexical else (),
            shared=any(_overlap(hit.passage, other.passage) for other in others),
        )
        for rank, hit in enumerate(hits, 1)
    ]


def _overlap(one: Passage, other: Passage) -> bool:
    return one.version == other.version and one.start < other.end and other.start < one.end
