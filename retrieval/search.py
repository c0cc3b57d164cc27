"""The pipeline: question -> dense and lexical leg -> fusion -> hits that explain themselves."""

from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from time import perf_counter

import regex
from django.db import connection, transaction

from embedding.engine import EmbeddingEngine, Vectors
from retrieval import fusion, terms
from retrieval.engines import engine
from retrieval.indexes import postgres_dense, postgres_lexical
from retrieval.models import Generation, Passage

DEPTH = 100  # how many passages each leg brings to the fusion

# An engine asked in a script that it was not trained for finds next to nothing, and at full weight would spoil what
# the other leg finds. So little weight only orders what nothing else found.
FOREIGN_WEIGHT = 0.01
_SCRIPTS = {"en": ("Latin",)}  # of the languages that engines name; one that is missing here counts as any script


class Mode(StrEnum):
    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"


class Grain(StrEnum):
    """What comes once each among the hits: a passage, or a section or document, shown by its best passage."""

    PASSAGE = "passage"
    SECTION = "section"
    DOCUMENT = "document"


class Notice(StrEnum):
    """What a reader should know of an answer."""

    # The engine was not trained for the question's script: hits are by their words, or in dense mode by little.
    FOREIGN_LANGUAGE = "foreign_language"
    FOREIGN_MEANING = "foreign_meaning"


@dataclass(frozen=True)
class Request:
    """A question. `versions`: only passages of these; None for all that the generations hold."""

    text: str
    limit: int = 10
    mode: Mode = Mode.HYBRID
    grain: Grain = Grain.PASSAGE
    versions: Sequence[int] | None = None


@dataclass(frozen=True)
class Leg:
    """What one leg says of a hit."""

    rank: int
    score: float
    weight: float
    terms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hit:
    """A passage found, and why."""

    rank: int
    score: float
    passage: Passage
    dense: Leg | None
    lexical: Leg | None


@dataclass(frozen=True)
class Results:
    hits: list[Hit]
    notices: list[Notice]
    took_ms: dict[str, float]  # embed, dense, lexical, fuse, total


@dataclass(frozen=True)
class _Found:
    """What one leg found, best first."""

    leg: Mode
    weight: float
    scores: dict[int, float]  # by passage
    full: bool  # there may be more
    terms: dict[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def foreign(self) -> bool:
        return self.weight == FOREIGN_WEIGHT

    def among(self, passages: Container[int]) -> "_Found":
        """Only what is also among `passages`."""
        return replace(self, scores={passage: score for passage, score in self.scores.items() if passage in passages})


@dataclass(frozen=True)
class _Space:
    """Generations whose vectors may be compared, and the engine that puts questions to them."""

    engine: EmbeddingEngine
    generations: list[int]

    def embed(self, text: str) -> Vectors:
        vector: Vectors = self.engine.embed([text])[0]
        return vector

    def nearest(self, vector: Vectors, request: Request, depth: int) -> _Found:
        hits = postgres_dense.nearest(self.generations, vector, depth, request.versions)
        weight = FOREIGN_WEIGHT if is_foreign(request.text, self.engine.languages) else 1.0
        return _Found(Mode.DENSE, weight, {hit.passage: hit.score for hit in hits}, full=len(hits) == depth)


def search(generations: Sequence[Generation], request: Request) -> Results:
    """The best passages of `generations` for the question, best first. Raises EngineError.

    Generations whose vectors may not be compared are asked apart and fused by rank.
    """
    watch = _Stopwatch()
    spaces = _spaces(generations) if request.mode != Mode.LEXICAL else []
    with watch.lap("embed"):
        vectors = [space.embed(request.text) for space in spaces]
    depth = max(DEPTH, request.limit)
    with _snapshot():
        while True:
            with watch.lap("dense"):
                asked = zip(spaces, vectors, strict=True)
                found = [space.nearest(vector, request, depth) for space, vector in asked]
            with watch.lap("lexical"):
                if request.mode != Mode.DENSE:
                    found = _with_lexical(found, [one.pk for one in generations], request, depth)
            with watch.lap("fuse"):
                hits = _hits(found, request)
            if len(hits) >= request.limit or not any(one.full for one in found):
                break
            depth *= 10  # many passages of few sections or documents
    return Results(hits, _notices(found, request), watch.took_ms())


def is_foreign(text: str, languages: frozenset[str] | None) -> bool:
    """Whether most letters of `text` are of scripts that none of `languages` (None: any) is written in."""
    if languages is None:
        return False
    if not languages <= _SCRIPTS.keys():
        return False
    known = "".join(rf"\p{{{script}}}" for language in languages for script in _SCRIPTS[language])
    letters = regex.findall(r"\p{L}", text)
    return 2 * len(regex.findall(rf"[{known}]", text)) < len(letters)


def _spaces(generations: Sequence[Generation]) -> list[_Space]:
    groups: dict[tuple[str, int, str], list[int]] = {}
    for one in generations:
        groups.setdefault((one.engine, one.vector_space_id, one.instruction), []).append(one.pk)
    return [_Space(engine(name), members) for (name, _space, _instruction), members in groups.items()]


def _with_lexical(found: Sequence[_Found], generations: Sequence[int], request: Request, depth: int) -> list[_Found]:
    """The lexical leg beside the dense ones. Of a foreign one stays what the words found too: the rest is noise."""
    hits = postgres_lexical.best(generations, terms.query_terms(request.text), depth, request.versions)
    scores = {hit.passage: hit.score for hit in hits}
    matched = {hit.passage: hit.terms for hit in hits}
    by_words = _Found(Mode.LEXICAL, 1.0, scores, full=len(hits) == depth, terms=matched)
    return [*(one.among(scores) if one.foreign else one for one in found), by_words]


def _notices(found: Sequence[_Found], request: Request) -> list[Notice]:
    if not any(one.foreign for one in found):
        return []
    return [Notice.FOREIGN_MEANING if request.mode == Mode.DENSE else Notice.FOREIGN_LANGUAGE]


def _hits(found: Sequence[_Found], request: Request) -> list[Hit]:
    fused = fusion.fuse([fusion.Ranking(list(one.scores), one.weight) for one in found])
    if request.grain == Grain.PASSAGE:
        fused = fused[: request.limit]
    passages = Passage.objects.in_bulk([one.item for one in fused])
    hits: dict[int | None, Hit] = {}
    for one in fused:
        passage = passages[one.item]
        once = {Grain.PASSAGE: passage.pk, Grain.SECTION: passage.parent_id, Grain.DOCUMENT: passage.version}
        if once[request.grain] not in hits:
            legs = {found[place].leg: _leg(found[place], one.item, rank) for place, rank in one.ranks.items()}
            hit = Hit(len(hits) + 1, one.score, passage, legs.get(Mode.DENSE), legs.get(Mode.LEXICAL))
            hits[once[request.grain]] = hit
    return list(hits.values())[: request.limit]


def _leg(found: _Found, passage: int, rank: int) -> Leg:
    return Leg(rank, found.scores[passage], found.weight, found.terms.get(passage, ()))


@contextmanager
def _snapshot() -> Iterator[None]:
    """One state of the database for all statements: a REPEATABLE READ block, or the caller's transaction."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


class _Stopwatch:
    def __init__(self) -> None:
        self._begun = perf_counter()
        self._laps: dict[str, float] = {}

    @contextmanager
    def lap(self, name: str) -> Iterator[None]:
        begun = perf_counter()
        yield
        self._laps[name] = self._laps.get(name, 0.0) + perf_counter() - begun

    def took_ms(self) -> dict[str, float]:
        seconds = {**self._laps, "total": perf_counter() - self._begun}
        return {name: round(value * 1000, 2) for name, value in seconds.items()}
