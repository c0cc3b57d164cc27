"""BM25 as rank_bm25.BM25Okapi defines it, over postings. Pure.

Numpy selects candidates from the postings of the question's terms, and BM25Okapi scores only these: its Python loops
over a whole corpus would take seconds.
"""

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi

K1, B, EPSILON = 1.5, 0.75, 0.25  # the defaults of BM25Okapi

# Numpy adds in another order than BM25Okapi, so its scores may differ in the last bits. Candidates this close to the
# last place stay until the exact scores decide.
BOUNDARY = 1e-9

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Packed:
    """The postings of some passages, which are identified by their place until they have ids."""

    size: int
    total_length: int
    triples: dict[str, "array[int]"]  # term -> place, length of the passage, term frequency, and so on


def pack(passages: Iterable[Sequence[str]]) -> Packed:
    """The postings of passages, each given as its terms. This is slow, so do it before a transaction."""
    triples: dict[str, array[int]] = {}
    size = total_length = 0
    for place, terms in enumerate(passages):
        for term, frequency in Counter(terms).items():
            triples.setdefault(term, array("i")).extend((place, len(terms), frequency))
        size += 1
        total_length += len(terms)
    return Packed(size, total_length, triples)


@dataclass(frozen=True)
class Statistics:
    """Statistics of the whole corpus."""

    average_length: float
    idf: Mapping[str, float]


def idf(size: int, frequencies: Mapping[str, int]) -> dict[str, float]:
    """The idf of terms from the number of passages, of `size`, with each; negative if that is more than half."""
    return {term: math.log(size - n + 0.5) - math.log(n + 0.5) for term, n in frequencies.items()}


def average_idf(size: int, histogram: NDArray[np.float64]) -> float:
    """The mean idf of a vocabulary. `histogram` has rows of (document frequency, number of such terms)."""
    frequency, terms = histogram.T
    values = np.log(size - frequency + 0.5) - np.log(frequency + 0.5)
    return float(values @ terms / terms.sum())


@dataclass(frozen=True)
class Postings:
    """Rows of (term, passage, length of the passage, term frequency). Any numbers identify passages."""

    terms: Sequence[str]
    term: Ints  # index in `terms`
    passage: Ints
    length: Ints
    frequency: Ints

    def only(self, rows: Flags) -> "Postings":
        return Postings(self.terms, self.term[rows], self.passage[rows], self.length[rows], self.frequency[rows])

    def scores(self, query: Sequence[str], of: Statistics) -> tuple[Ints, Scores]:
        """The passages with a row, ascending, and their scores, exact but for the last bits."""
        times = Counter(query)
        weights = np.array([times[term] * of.idf[term] for term in self.terms])
        norm = K1 * (1 - B + B * self.length / of.average_length)
        parts = weights[self.term] * self.frequency * (K1 + 1) / (self.frequency + norm)
        passages, where = np.unique(self.passage, return_inverse=True)
        return passages, np.bincount(where, weights=parts, minlength=len(passages)).astype(np.float64)

    def exact(self, query: Sequence[str], of: Statistics) -> "list[Scored]":
        """The passages with a row, ascending, with the scores of BM25Okapi."""
        lengths: dict[int, int] = {}
        found: dict[int, dict[str, int]] = {}
        columns = (self.term.tolist(), self.passage.tolist(), self.length.tolist(), self.frequency.tolist())
        for term, passage, length, frequency in zip(*columns, strict=True):
            lengths[passage] = length
            found.setdefault(passage, {})[self.terms[term]] = frequency
        order = sorted(found)
        scorer = _CandidateScores([lengths[one] for one in order], [found[one] for one in order], of)
        scores = scorer.get_scores(list(query)) if order else []
        return [Scored(one, float(score), tuple(sorted(found[one]))) for one, score in zip(order, scores, strict=True)]


@dataclass(frozen=True, slots=True)
class Scored:
    passage: int
    score: float
    terms: tuple[str, ...]


class _CandidateScores(BM25Okapi):  # type: ignore[misc]
    """BM25Okapi for some passages of a corpus, with the statistics of the whole corpus."""

    def __init__(self, lengths: Sequence[int], frequencies: list[dict[str, int]], of: Statistics) -> None:
        self.k1, self.b, self.epsilon = K1, B, EPSILON
        self.corpus_size = len(lengths)
        self.avgdl = of.average_length
        self.doc_len = list(lengths)
        self.doc_freqs = frequencies
        self.idf = dict(of.idf)


def best(scores: Scores, limit: int) -> Flags:
    """Marks the best `limit` scores, including ties at the boundary."""
    if len(scores) <= limit:
        return np.ones(len(scores), dtype=np.bool_)
    last = np.partition(scores, len(scores) - limit)[len(scores) - limit]
    return np.asarray(scores >= _just_below(last))


def best_of_groups(scores: Scores, groups: Ints, limit: int) -> Flags:
    """Marks scores that may be the best of one of the best `limit` groups. A group ranks by its best score."""
    names, group = np.unique(groups, return_inverse=True)
    highest = np.full(len(names), -np.inf)
    np.maximum.at(highest, group, scores)
    return np.asarray(best(highest, limit)[group] & (scores >= _just_below(highest[group])))


def _just_below(score: Scores) -> Scores:
    return np.asarray(score - BOUNDARY * np.maximum(1.0, np.abs(score)))
