"""Measures of search quality against relevance judgements. Pure; every figure lies between 0 and 1.

For documents, ranked best first and right or wrong: Manning, Raghavan and Schütze, Introduction to Information
Retrieval, chapter 8. For spans, as sets of characters: Smith and Troynikov, Evaluating Chunking
Strategies for Retrieval (Chroma, 2024), who count tokens.
"""

import math
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, TypeVar

Item = TypeVar("Item", bound=Hashable)


class Span(NamedTuple):
    """Places [start, end) in a document: characters, or pages."""

    document: str
    start: int
    end: int


def once_each(items: Iterable[Item]) -> list[Item]:
    """The items without repetition, each at its first place, for example documents of ranked passages."""
    return list(dict.fromkeys(items))


def recall(ranked: Sequence[Item], right: Collection[Item], k: int) -> float:
    """The share of the right items that are among the first `k`. At least one item is right; none is ranked twice."""
    return len(set(ranked[:k]) & set(right)) / len(set(right))


def hit(ranked: Sequence[Item], right: Collection[Item], k: int) -> float:
    """1 if a right item is among the first `k`, else 0."""
    return float(any(item in right for item in ranked[:k]))


def reciprocal_rank(ranked: Sequence[Item], right: Collection[Item], k: int) -> float:
    """1 / the rank, from 1, of the first right item; 0 if none is among the first `k`. Its mean is MRR@k."""
    return next((1 / rank for rank, item in enumerate(ranked[:k], 1) if item in right), 0.0)


def ndcg(ranked: Sequence[Item], right: Collection[Item], k: int) -> float:
    """Normalised discounted cumulative gain of the first `k`, with a gain of 1 for right items.

    The discount is log2(rank + 1), as in trec_eval; the ideal ranking begins with all right items, at most `k`.
    """
    gain = sum(1 / math.log2(rank + 1) for rank, item in enumerate(ranked[:k], 1) if item in right)
    return gain / sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(set(right))) + 1))


def span_recall(returned: Iterable[Span], right: Iterable[Span]) -> float:
    """The share of the places in `right` that are in `returned`, each counted once. `right` is not empty."""
    right = list(right)
    return _in_both(returned, right) / size(right)


def span_precision(returned: Iterable[Span], right: Iterable[Span]) -> float:
    """The share of the places in `returned` that are in `right`, each counted once; 0 if `returned` is empty."""
    returned = list(returned)
    return _in_both(returned, right) / (size(returned) or 1)


def within(returned: Iterable[Span], budget: int) -> list[Span]:
    """The part of `returned`, best first, that a reader of `budget` places sees, reading no place twice.

    A span costs only the places that it adds. The last span is cut off at the budget.
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
    """The number of places that the spans cover, each counted once."""
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
