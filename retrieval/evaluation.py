"""How good an answer is, against what people marked as right. Pure; every figure lies between 0 and 1.

Documents are ranked, best first, and are right or not: Manning, Raghavan and Schütze, Introduction to Information
Retrieval, chapter 8. Spans are sets of characters, of which some are right: Smith and Troynikov, Evaluating Chunking
Strategies for Retrieval (Chroma, 2024), who count tokens.
"""

import math
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, TypeVar

Item = TypeVar("Item", bound=Hashable)


class Span(NamedTuple):
    """The places [start, end) of a document: characters, or pages."""

    document: str
    start: int
    end: int


def once_each(items: Iterable[Item]) -> list[Item]:
    """The items in their order, each where it comes first: passages' documents to a ranking of documents."""
    return list(dict.fromkeys(items))


def recall(ranked: Sequence[Item], right: Collection[Item], k: int) -> float:
    """The share of what is right that is among the first `k`. Each item is ranked once; something is right."""
    return len(set(ranked[:k]) & set(right)) / len(set(right))


def hit(ranked: Sequence[Item], right: Collection[Item], k: int) -> float:
    """1 if something right is among the first `k`, else 0."""
    return float(any(item in right for item in ranked[:k]))


def reciprocal_rank(ranked: Sequence[Item], right: Collection[Item], k: int) -> float:
    """1 / the rank, from 1, of the first that is right; 0 if it is not among the first `k`. Its mean is MRR@k."""
    return next((1 / rank for rank, item in enumerate(ranked[:k], 1) if item in right), 0.0)


def ndcg(ranked: Sequence[Item], right: Collection[Item], k: int) -> float:
    """Normalised discounted cumulative gain of the first `k`, at a gain of 1 for what is right.

    The discount is log2(rank + 1), as in trec_eval; the ideal has everything right, at most `k`, at the top.
    """
    gain = sum(1 / math.log2(rank + 1) for rank, item in enumerate(ranked[:k], 1) if item in right)
    return gain / sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(set(right))) + 1))


def span_recall(returned: Iterable[Span], right: Iterable[Span]) -> float:
    """The share of the places in `right` that are in `returned`, each place counted once. Some place is right."""
    right = list(right)
    return _in_both(returned, right) / size(right)


def span_precision(returned: Iterable[Span], right: Iterable[Span]) -> float:
    """The share of the places in `returned` that are in `right`, each place counted once; 0 if there are none."""
    returned = list(returned)
    return _in_both(returned, right) / (size(returned) or 1)


def within(returned: Iterable[Span], budget: int) -> list[Span]:
    """What of `returned`, best first, somebody sees who reads `budget` places and none of them twice.

    A span costs what it adds to those before it; of the one that crosses the budget counts the part before that.
    """
    kept: list[Span] = []
    for span in returned:
        for new in _without(span, kept):
            if budget <= 0:
                return kept
            kept.append(new._replace(end=min(new.end, new.start + budget)))
            budget -= new.end - new.start
    return kept


def size(spans: Iterable[Span]) -> int:
    """How many places the spans cover, each counted once."""
    return sum(span.end - span.start for span in _merged(spans))


def _in_both(some: Iterable[Span], others: Iterable[Span]) -> int:
    some, others = list(some), list(others)
    return size(some) + size(others) - size([*some, *others])


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """The same places as spans that do not overlap, in order."""
    for document, group in groupby(sorted(spans), key=lambda span: span.document):
        spans_here = list(group)
        start, end = spans_here[0].start, spans_here[0].end
        for span in spans_here:
            if span.start > end:
                yield Span(document, start, end)
                start, end = span.start, span.end
            end = max(end, span.end)
        yield Span(document, start, end)


def _without(span: Span, seen: Iterable[Span]) -> Iterator[Span]:
    """The parts of `span` that are not in `seen`, in order."""
    start = span.start
    for other in _merged(one for one in seen if one.document == span.document):
        if other.end > start and other.start < span.end:
            if other.start > start:
                yield Span(span.document, start, other.start)
            start = other.end
    if start < span.end:
        yield Span(span.document, start, span.end)
