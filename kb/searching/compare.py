"""One question put to two indexes of a collection, so that a person can judge which of them answers better."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from embedding.engine import EngineError
from kb.models import Document, Version
from kb.searching.search import NOTICES, place_url
from retrieval import search as retrieval
from retrieval.models import Generation, Passage

logger = logging.getLogger(__name__)

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
    """What one index answers. `problem` says why it could not; what the other one answers is shown all the same."""

    generation: Generation
    found: Sequence[Found] = ()
    notices: Sequence[str | Promise] = ()
    problem: str | Promise = ""


def compare(first: Generation, second: Generation, question: str) -> tuple[Side, Side]:
    """The best hits of two generations of one collection, which the asker may read."""
    answers = _answer(first, question), _answer(second, question)
    hits = [[] if answer is None else answer.hits for answer in answers]
    versions = _versions([hit.passage.version for side in hits for hit in side])
    here, there = ([hit for hit in side if hit.passage.version in versions] for side in hits)
    return (
        _side(first, answers[0], _found(here, there, versions)),
        _side(second, answers[1], _found(there, here, versions)),
    )


def _answer(generation: Generation, question: str) -> retrieval.Results | None:
    """None if the engine of the generation fails."""
    try:
        return retrieval.search([generation], retrieval.Request(question, limit=SHOWN))
    except EngineError as error:
        logger.warning("A comparison found no engine: %s", error)
        return None


def _side(generation: Generation, answer: retrieval.Results | None, found: Sequence[Found]) -> Side:
    if answer is None:
        return Side(generation, problem=_("The embedding engine of this index does not answer. Try again soon."))
    return Side(generation, found, [NOTICES[notice] for notice in answer.notices])


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
