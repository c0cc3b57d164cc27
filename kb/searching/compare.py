"""One question put to two indexes of a collection, so that a person can judge which of them answers better."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from kb.models import Document, Version
from kb.searching.search import NOTICES, place_url
from retrieval import search as retrieval
from retrieval.models import Generation, Passage
from retrieval.options import SearchOptions

SHOWN = 5


@dataclass(frozen=True)
class Found:
    """A hit of one index; `shared` if a hit of the other one shows some of the same text."""

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
    """What one index finds. An engine that fails costs its own index the dense retriever; a notice says so."""

    generation: Generation
    found: Sequence[Found]
    notices: Sequence[str | Promise]


def compare(first: Generation, second: Generation, question: str) -> tuple[Side, Side]:
    """The best hits of two generations of one collection, which the asker may read."""
    answers = _ask(first, question), _ask(second, question)
    versions = _versions([hit.passage.version for answer in answers for hit in answer.hits])
    here, there = ([hit for hit in answer.hits if hit.passage.version in versions] for answer in answers)
    return (
        Side(first, _found(here, there, versions), [NOTICES[notice] for notice in answers[0].notices]),
        Side(second, _found(there, here, versions), [NOTICES[notice] for notice in answers[1].notices]),
    )


def _ask(generation: Generation, question: str) -> retrieval.Results:
    return retrieval.search([generation], question, SearchOptions(limit=SHOWN))


def _versions(wanted: Sequence[int]) -> dict[int, Version]:
    """Those whose documents nobody removed, without their texts."""
    found = Version.objects.select_related("document", "text").filter(pk__in=wanted, document__removed_at=None)
    return found.defer("text__text", "text__page_starts", "text__sections").in_bulk()


def _found(hits: Sequence[retrieval.Hit], others: Sequence[retrieval.Hit], versions: dict[int, Version]) -> list[Found]:
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
