"""The search pipeline: question -> dense and lexical retriever -> fusion -> hits with explanations."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from time import perf_counter

from django.db.models.functions import Left

from embedding.engine import EngineError, EngineMisconfigured
from embedding.instructions import Chosen
from retrieval import conditions, database, evidence, fusion, other_languages, retrievers
from retrieval.cache import Cache
from retrieval.cache import hits as cached_hits
from retrieval.indexes.scope import Scope
from retrieval.models import Generation, Passage
from retrieval.options import Grain, Mode, SearchOptions
from retrieval.question_vectors import QuestionVector, question_vectors
from retrieval.retrievers import RetrieverResult
from retrieval.terms import Question, question


class Notice(StrEnum):
    """What a reader should know about the results."""

    # The engine was not trained for the question's script: hits match by words only, or in dense mode hardly at all.
    FOREIGN_LANGUAGE = "foreign_language"
    FOREIGN_TO_SOME = "foreign_to_some"
    FOREIGN_MEANING = "foreign_meaning"
    # Some generations were searched without their dense retriever.
    ENGINE_AWAY = "engine_away"
    ENGINE_DOES_NOT_FIT = "engine_does_not_fit"
    # Words after a minus sign were honoured.
    LEFT_OUT = "left_out"
    # No passage holds the quoted phrases, so their words were searched one by one.
    NO_SUCH_PHRASE = "no_such_phrase"


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
    identifiers: tuple[str, ...] = ()  # of the question, rare, and held by the passage, which therefore comes first


@dataclass(frozen=True)
class Results:
    hits: list[Hit]
    notices: list[Notice]
    took_ms: dict[str, float]  # embed, dense, lexical, fuse, total
    vectors: Sequence[QuestionVector]  # instructions of the dense retriever


def search(
    generations: Sequence[Generation],
    text: str,
    options: SearchOptions | None = None,
    cache: Cache | None = None,
) -> Results:
    """The best passages of `generations` for the question, best first. `cache` caches vectors and hits of questions.

    Quoted phrases must be in a passage, and words after a minus sign must not, see conditions.py.

    Generations in different vector spaces are searched separately and fused by rank. If an engine fails, its
    generations are searched by words only. Raises EngineError if dense mode has no engine left.
    """
    options = options or SearchOptions()
    watch = _Stopwatch()
    asked = question(text)
    vectors: list[QuestionVector] = []
    errors: list[EngineError] = []
    if options.mode != Mode.LEXICAL:
        with watch.lap("embed"):
            vectors, errors = question_vectors(generations, asked.text, cache)
    if options.mode == Mode.DENSE and errors and not vectors:
        raise errors[0]
    scope = Scope([one.pk for one in generations], options.filter)
    cached = partial(cached_hits, cache, revisions={one.pk: one.revision for one in generations})
    searched = retrievers.for_conditions(options) if asked.has_conditions else options
    with database.snapshot():
        with watch.lap("dense"):
            results = [retrievers.dense(vector, searched, cached) for vector in vectors]
        with watch.lap("lexical"):
            if options.mode != Mode.DENSE:
                results.append(retrievers.lexical(scope, asked, searched, cached))
        with watch.lap("fuse"):
            results, notices = _on_conditions(scope, asked, results, options.grain)
            results = _across_languages(results, asked, options)
            hits = _hits(scope, asked, results, options)
    return Results(hits, _notices(results, errors, options) + notices, watch.took_ms(), vectors)


def _on_conditions(
    scope: Scope, asked: Question, results: list[RetrieverResult], grain: Grain
) -> tuple[list[RetrieverResult], list[Notice]]:
    """The hits that meet the question's conditions, and what to say about them."""
    if not asked.has_conditions:
        return results, []
    kept, has_phrases = conditions.honoured(scope, asked, [list(one.hits.values()) for one in results], grain)
    notices = [Notice.LEFT_OUT] if asked.without else []
    notices += [Notice.NO_SUCH_PHRASE] if asked.phrases and not has_phrases else []
    return [
        replace(one, hits={hit.item: hit for hit in hits}) for one, hits in zip(results, kept, strict=True)
    ], notices


def _across_languages(
    results: Sequence[RetrieverResult], asked: Question, options: SearchOptions
) -> list[RetrieverResult]:
    passages = Passage.objects.filter(pk__in=other_languages.candidates(results))
    heads = dict(passages.values_list("pk", Left("text", other_languages.SEEN)))
    return other_languages.weighed(results, asked.text, heads, options)


def _notices(results: Sequence[RetrieverResult], errors: Sequence[EngineError], options: SearchOptions) -> list[Notice]:
    notices = []
    foreign = {one.foreign for one in results if one.retriever is Mode.DENSE}
    if foreign == {True}:
        notices.append(Notice.FOREIGN_MEANING if options.mode == Mode.DENSE else Notice.FOREIGN_LANGUAGE)
    elif True in foreign:
        notices.append(Notice.FOREIGN_TO_SOME)
    for error in errors:
        does_not_fit = isinstance(error, EngineMisconfigured)
        notices.append(Notice.ENGINE_DOES_NOT_FIT if does_not_fit else Notice.ENGINE_AWAY)
    return list(dict.fromkeys(notices))


def _hits(scope: Scope, asked: Question, results: Sequence[RetrieverResult], options: SearchOptions) -> list[Hit]:
    lexical = _lexical(results)
    by_words = list(lexical.hits.values())[: options.depth] if lexical else []
    identifiers = evidence.held(asked.identifiers, {hit.item: hit.terms for hit in by_words})
    fused = evidence.first(_fused(results, options), identifiers)
    shown = fused[options.offset : options.offset + options.limit]
    best = [_best_passage(one, results, identifiers, options) for one in shown]
    passages = scope.passages().in_bulk(best)
    hits = []
    for rank, (one, passage) in enumerate(zip(shown, best, strict=True), start=options.offset + 1):
        if passage in passages:
            by = {results[place].retriever: _explained(results[place], one, rank) for place, rank in one.ranks.items()}
            why = identifiers.get(one.item, ())
            hits.append(Hit(rank, one.score, passages[passage], by.get(Mode.DENSE), by.get(Mode.LEXICAL), why))
    return hits


def _lexical(results: Sequence[RetrieverResult]) -> RetrieverResult | None:
    return next((one for one in results if one.retriever == Mode.LEXICAL), None)


def _fused(results: Sequence[RetrieverResult], options: SearchOptions) -> list[fusion.Fused]:
    """Items, best first: those within the options' depth in any retriever come before all others."""
    fused = fusion.fuse(_rankings(results, options.depth), options.k)
    deepest = max((len(one.hits) for one in results), default=0)
    if options.depth < deepest:
        before = {one.item for one in fused}
        further = fusion.fuse(_rankings(results, deepest), options.k)
        fused += [one for one in further if one.item not in before]
    return fused


def _rankings(results: Sequence[RetrieverResult], depth: int) -> list[fusion.Ranking]:
    """The first `depth` items of each retriever. A foreign one keeps only lexical hits: the rest is noise."""
    lexical = _lexical(results)
    by_words = set(list(lexical.hits)[:depth]) if lexical else set()
    rankings = []
    for one in results:
        items = list(one.hits)[:depth]
        if one.foreign and lexical:
            items = [item for item in items if item in by_words]
        rankings.append(fusion.Ranking(items, one.weight, one.weights))
    return rankings


def _best_passage(
    fused: fusion.Fused,
    results: Sequence[RetrieverResult],
    identifiers: Mapping[int, Sequence[str]],
    options: SearchOptions,
) -> int:
    """From the retriever that contributes most to the item's score; on a tie the lexical one, which marks terms.

    An item with rare identifiers is shown by the passage that holds them.
    """
    lexical = _lexical(results)
    if lexical and fused.item in identifiers:
        return lexical.hits[fused.item].passage
    places = sorted(fused.ranks, reverse=True)
    place = max(places, key=lambda place: results[place].weight_of(fused.item) / (options.k + fused.ranks[place]))
    return results[place].hits[fused.item].passage


def _explained(result: RetrieverResult, fused: fusion.Fused, rank: int) -> RetrieverHit:
    hit = result.hits[fused.item]
    return RetrieverHit(rank, hit.score, result.weight_of(fused.item), hit.terms, result.instruction)


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
