"""The dense and the lexical retriever: each asks its index, through the cache, and weighs what it finds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from embedding.instructions import Chosen
from retrieval.indexes import configured
from retrieval.indexes.protocols import IndexHit
from retrieval.indexes.scope import Scope
from retrieval.options import Grain, Mode, SearchOptions
from retrieval.question_vectors import QuestionVector
from retrieval.terms import Question

# All pages of hits beyond the options' depth come from rankings of this depth, so that no hit is repeated or missing.
DEEPEST = 1100

# The vectors of a question in a script that the engine was not trained for are mostly noise. At this weight they cannot
# change the order of the lexical hits.
FOREIGN_WEIGHT = 0.01

CachedHits = Callable[..., list[IndexHit]]  # cache.hits of this search's cache and generations


@dataclass(frozen=True)
class RetrieverResult:
    """The hits of one retriever by item of the grain, best first."""

    retriever: Mode
    weight: float
    hits: dict[int, IndexHit]
    foreign: bool = False
    is_multilingual: bool = False  # vectors of one space for many languages
    instruction: Chosen | None = None
    weights: Mapping[int, float] = field(default_factory=dict)  # of items whose weight is another

    def weight_of(self, item: int) -> float:
        return self.weights.get(item, self.weight)


def depth_of(options: SearchOptions) -> int:
    """How many hits of each retriever are needed for these options."""
    wanted = options.offset + options.limit
    return options.depth if wanted <= options.depth else max(wanted, DEEPEST)


def for_conditions(options: SearchOptions) -> SearchOptions:
    """Options to find enough passages that some meet a condition."""
    return replace(options, grain=Grain.PASSAGE, depth=DEEPEST)


def dense(vector: QuestionVector, options: SearchOptions, cached: CachedHits) -> RetrieverResult:
    scope, depth, grain = Scope(vector.generations, options.filter), depth_of(options), options.grain
    hits = cached(
        scope=scope,
        asked=[Mode.DENSE, vector.vector.tobytes().hex(), depth, grain],
        search=lambda: configured.dense().search(scope, vector.vector, depth, grain),
    )
    weight = options.dense_weight * (FOREIGN_WEIGHT if vector.foreign else 1)
    instruction = vector.instruction if vector.instruction.text else None
    return RetrieverResult(
        Mode.DENSE, weight, {hit.item: hit for hit in hits}, vector.foreign, vector.is_multilingual, instruction
    )


def lexical(scope: Scope, question: Question, options: SearchOptions, cached: CachedHits) -> RetrieverResult:
    depth, grain = depth_of(options), options.grain
    hits = cached(
        scope=scope,
        asked=[Mode.LEXICAL, question.terms, depth, grain],
        search=lambda: configured.lexical().search(scope, question.terms, depth, grain),
    )
    hits = _own_spelling_first(hits, question)
    return RetrieverResult(Mode.LEXICAL, options.lexical_weight, {hit.item: hit for hit in hits})


def _own_spelling_first(hits: Sequence[IndexHit], question: Question) -> list[IndexHit]:
    """In order of score; where that is not positive, by how many of the question's terms are spelt as asked.

    To BM25Okapi, terms that half of the passages hold are worth nothing or less. In a collection of two passages, these
    are all terms.
    """
    own = set(question.exact)
    worth = [hit for hit in hits if hit.score > 0]
    rest = [hit for hit in hits if hit.score <= 0]
    return worth + sorted(rest, key=lambda hit: -len(own.intersection(hit.terms)))
