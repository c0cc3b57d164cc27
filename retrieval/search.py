"""The search pipeline: question -> dense and lexical retriever -> fusion -> hits with explanations."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from time import perf_counter

from embedding.engine import EngineError, EngineMisconfigured
from embedding.instructions import Chosen
from retrieval import database, fusion, terms
from retrieval.cache import Cache
from retrieval.cache import hits as cached_hits
from retrieval.indexes import configured
from retrieval.indexes.protocols import IndexHit
from retrieval.indexes.scope import Scope
from retrieval.models import Generation, Passage
from retrieval.options import Mode, SearchOptions
from retrieval.question_vectors import QuestionVector, question_vectors

# All pages of hits beyond the options' depth come from rankings of this depth, so that no hit is repeated or missing.
DEEPEST = 1100

# The vectors of a question in a script that the engine was not trained for are mostly noise. At this weight they cannot
# change the order of the lexical hits.
FOREIGN_WEIGHT = 0.01


CachedHits = Callable[..., list[IndexHit]]  # cache.hits of this search's cache and generations


class Notice(StrEnum):
    """What a reader should know about the results."""

    # The engine was not trained for the question's script: hits match by words only, or in dense mode hardly at all.
    FOREIGN_LANGUAGE = "foreign_language"
    FOREIGN_MEANING = "foreign_meaning"
    # Some generations were searched without their dense retriever.
    ENGINE_AWAY = "engine_away"
    ENGINE_DOES_NOT_FIT = "engine_does_not_fit"


@dataclass(frozen=True)
class RetrieverHit:
    """A hit's rank and score in one retriever."""

    rank: int
    score: float
    weight: float
    terms: tuple[str, ...] = ()
    instruction: Chosen | None = None  # the instruction for the question's vector, if any


@dataclass(frozen=True)
class Hit:
    """A passage that was found, with its explanation."""

    rank: int
    score: float
    passage: Passage
    dense: RetrieverHit | None
    lexical: RetrieverHit | None


@dataclass(frozen=True)
class Results:
    hits: list[Hit]
    notices: list[Notice]
    took_ms: dict[str, float]  # embed, dense, lexical, fuse, total
    vectors: Sequence[QuestionVector]  # instructions of the dense retriever


@dataclass(frozen=True)
class RetrieverResult:
    """The hits of one retriever by item of the grain, best first."""

    retriever: Mode
    weight: float
    hits: dict[int, IndexHit]
    foreign: bool = False
    instruction: Chosen | None = None


def search(
    generations: Sequence[Generation],
    text: str,
    options: SearchOptions | None = None,
    cache: Cache | None = None,
) -> Results:
    """The best passages of `generations` for the question, best first. `cache` caches vectors and hits of questions.

    Generations in different vector spaces are searched separately and fused by rank. If an engine fails, its
    generations are searched by words only. Raises EngineError if dense mode has no engine left.
    """
    options = options or SearchOptions()
    watch = _Stopwatch()
    vectors: list[QuestionVector] = []
    errors: list[EngineError] = []
    if options.mode != Mode.LEXICAL:
        with watch.lap("embed"):
            vectors, errors = question_vectors(generations, text, cache)
    if options.mode == Mode.DENSE and errors and not vectors:
        raise errors[0]
    scope = Scope([one.pk for one in generations], options.filter)
    cached = partial(cached_hits, cache, revisions={one.pk: one.revision for one in generations})
    with database.snapshot():
        with watch.lap("dense"):
            results = [_dense(vector, options, cached) for vector in vectors]
        with watch.lap("lexical"):
            if options.mode != Mode.DENSE:
                results.append(_lexical(scope, text, options, cached))
        with watch.lap("fuse"):
            hits = _hits(scope, results, options)
    return Results(hits, _notices(results, errors, options), watch.took_ms(), vectors)


def _depth(options: SearchOptions) -> int:
    wanted = options.offset + options.limit
    return options.depth if wanted <= options.depth else max(wanted, DEEPEST)


def _dense(vector: QuestionVector, options: SearchOptions, cached: CachedHits) -> RetrieverResult:
    scope, depth, grain = Scope(vector.generations, options.filter), _depth(options), options.grain
    hits = cached(
        scope=scope,
        asked=[Mode.DENSE, vector.vector.tobytes().hex(), depth, grain],
        search=lambda: configured.dense().search(scope, vector.vector, depth, grain),
    )
    weight = options.dense_weight * (FOREIGN_WEIGHT if vector.foreign else 1)
    instruction = vector.instruction if vector.instruction.text else None
    return RetrieverResult(Mode.DENSE, weight, {hit.item: hit for hit in hits}, vector.foreign, instruction)


def _lexical(scope: Scope, text: str, options: SearchOptions, cached: CachedHits) -> RetrieverResult:
    wanted, depth, grain = terms.query_terms(text), _depth(options), options.grain
    hits = cached(
        scope=scope,
        asked=[Mode.LEXICAL, wanted, depth, grain],
        search=lambda: configured.lexical().search(scope, wanted, depth, grain),
    )
    return RetrieverResult(Mode.LEXICAL, options.lexical_weight, {hit.item: hit for hit in hits})


def _notices(results: Sequence[RetrieverResult], errors: Sequence[EngineError], options: SearchOptions) -> list[Notice]:
    notices = []
    if any(one.foreign for one in results):
        notices.append(Notice.FOREIGN_MEANING if options.mode == Mode.DENSE else Notice.FOREIGN_LANGUAGE)
    for error in errors:
        does_not_fit = isinstance(error, EngineMisconfigured)
        notices.append(Notice.ENGINE_DOES_NOT_FIT if does_not_fit else Notice.ENGINE_AWAY)
    return list(dict.fromkeys(notices))


def _hits(scope: Scope, results: Sequence[RetrieverResult], options: SearchOptions) -> list[Hit]:
    shown = _fused(results, options)[options.offset : options.offset + options.limit]
    best = [_best_passage(one, results, options) for one in shown]
    passages = scope.passages().in_bulk(best)
    hits = []
    for rank, (one, passage) in enumerate(zip(shown, best, strict=True), start=options.offset + 1):
        if passage in passages:
            by = {results[place].retriever: _explained(results[place], one, rank) for place, rank in one.ranks.items()}
            hits.append(Hit(rank, one.score, passages[passage], by.get(Mode.DENSE), by.get(Mode.LEXICAL)))
    return hits


def _fused(results: Sequence[RetrieverResult], options: SearchOptions) -> list[fusion.Fused]:
    """Items, best first: those within the options' depth in any retriever come before all others."""
    fused = fusion.fuse(_rankings(results, options.depth), options.k)
    if options.depth < _depth(options):
        before = {one.item for one in fused}
        further = fusion.fuse(_rankings(results, _depth(options)), options.k)
        fused += [one for one in further if one.item not in before]
    return fused


def _rankings(results: Sequence[RetrieverResult], depth: int) -> list[fusion.Ranking]:
    """The first `depth` items of each retriever. A foreign one keeps only lexical hits: the rest is noise."""
    lexical = next((one for one in results if one.retriever == Mode.LEXICAL), None)
    by_words = set(list(lexical.hits)[:depth]) if lexical else set()
    rankings = []
    for one in results:
        items = list(one.hits)[:depth]
        if one.foreign and lexical:
            items = [item for item in items if item in by_words]
        rankings.append(fusion.Ranking(items, one.weight))
    return rankings


def _best_passage(fused: fusion.Fused, results: Sequence[RetrieverResult], options: SearchOptions) -> int:
    """From the retriever that contributes most to the item's score; on a tie the lexical one, which marks terms."""
    places = sorted(fused.ranks, reverse=True)
    place = max(places, key=lambda place: results[place].weight / (options.k + fused.ranks[place]))
    return results[place].hits[fused.item].passage


def _explained(result: RetrieverResult, fused: fusion.Fused, rank: int) -> RetrieverHit:
    hit = result.hits[fused.item]
    return RetrieverHit(rank, hit.score, result.weight, hit.terms, result.instruction)


class _Stopwatch:
    def __init__(self) -> None:
        self._begun = perf_counter()
        self._laps = dict.fromkeys(("embed", "dense", "lexical", "fuse"), 0.0)

    @contextmanager
    def lap(self, name: str) -> Iterator[None]:
        begun = perf_counter()
        yield
        self._laps[name] += perf_counter() - begun

    def took_ms(self) -> dict[str, float]:
        seconds = {**self._laps, "total": perf_counter() - self._begun}
        return {name: round(value * 1000, 2) for name, value in seconds.items()}
