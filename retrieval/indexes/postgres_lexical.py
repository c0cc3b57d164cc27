"""The lexical leg: exact BM25 over postings in Postgres.

The scores are those of rank_bm25.BM25Okapi over exactly the passages of the generations searched: numpy picks the
candidates from the postings of the question's terms, and BM25Okapi itself scores them.
"""

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi

from retrieval.models import Segment

K1, B, EPSILON = 1.5, 0.75, 0.25  # the defaults of BM25Okapi
PACKED = np.dtype("<i4")

# Numpy adds in another order than BM25Okapi does, so its scores may differ in the last bits: candidates this near to
# the last place are kept until the exact scores decide.
BOUNDARY = 1e-9


@dataclass(frozen=True, slots=True)
class LexicalHit:
    passage: int
    score: float
    terms: tuple[str, ...]  # of the question, found in the passage


class CandidateScores(BM25Okapi):  # type: ignore[misc]
    """BM25Okapi over some passages of a corpus, with the statistics of the whole corpus."""

    def __init__(
        self,
        lengths: Sequence[int],
        frequencies: list[dict[str, int]],
        average: float,
        idf: Mapping[str, float],
    ) -> None:
        self.k1, self.b, self.epsilon = K1, B, EPSILON
        self.corpus_size = len(lengths)
        self.avgdl = average
        self.doc_len = list(lengths)
        self.doc_freqs = frequencies
        self.idf = dict(idf)


class _Posting(NamedTuple):
    term: str
    segment: int
    rows: NDArray[np.int32]  # (place in the segment, length of the leaf, term frequency)

    @property
    def keys(self) -> NDArray[np.int64]:
        """One number for each leaf, unique over segments."""
        return (np.int64(self.segment) << 32) | self.rows[:, 0].astype(np.int64)


@dataclass(frozen=True)
class _Corpus:
    """Statistics of what is searched, and the question's postings in it."""

    size: int
    average_length: float
    idf: dict[str, float]
    postings: list[_Posting]


@dataclass(frozen=True)
class Packed:
    """The postings of some leaves, which are known by their place so far."""

    size: int
    total_length: int
    triples: dict[str, "array[int]"]  # term -> (place, length of the leaf, term frequency) after each other


def pack(leaves: Iterable[Sequence[str]]) -> Packed:
    """The postings of leaves given by all their terms, in any order. Takes its time: do it before a transaction."""
    triples: dict[str, array[int]] = {}
    size = total_length = 0
    for place, terms in enumerate(leaves):
        for term, frequency in Counter(terms).items():
            triples.setdefault(term, array("i")).extend((place, len(terms), frequency))
        size += 1
        total_length += len(terms)
    return Packed(size, total_length, triples)


def write(generation: int, version: int, passages: Sequence[int], packed: Packed) -> None:
    """Adds a segment for a version's leaves: `passages` in the order in which they were packed."""
    segment = Segment.objects.create(
        generation_id=generation,
        version=version,
        passages=list(passages),
        size=packed.size,
        total_length=packed.total_length,
    )
    columns = "generation_id, term, segment_id, document_frequency, packed"
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY retrieval_posting ({columns}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(["int8", "text", "int8", "int4", "bytea"])
        for term, triples in sorted(packed.triples.items()):
            rows = np.array(triples, dtype=PACKED)
            copy.write_row((generation, term, segment.pk, len(rows) // 3, rows.tobytes()))


def best(
    generations: Sequence[int], terms: Sequence[str], limit: int, versions: Sequence[int] | None = None
) -> list[LexicalHit]:
    """The `limit` leaves of highest BM25 score for the question's `terms`, best first, ties by id.

    A hit is a leaf with a term of the question, whatever its score: BM25Okapi's may be zero or less in a small
    corpus. `versions`: only leaves of these versions are found; the statistics are the generations' all the same.
    Reads several tables: call it in one snapshot.
    """
    corpus = _corpus(generations, sorted(set(terms)))
    if corpus is None:
        return []
    postings = corpus.postings if versions is None else _of_versions(corpus.postings, versions)
    if not postings:
        return []
    keys, scores = _scores(corpus, postings, terms)
    candidates = keys[_top(scores, limit)]
    hits = _exact(corpus, postings, terms, candidates)
    return sorted(hits, key=lambda hit: (-hit.score, hit.passage))[:limit]


def _corpus(generations: Sequence[int], terms: Sequence[str]) -> _Corpus | None:
    """None when nothing can be found: no passages, or none with a term of the question."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generation_id, sum(size)::bigint, sum(total_length)::bigint FROM retrieval_segment "
            "WHERE generation_id = ANY(%s) GROUP BY generation_id",
            [list(generations)],
        )
        sizes = {generation: (size, length) for generation, size, length in cursor.fetchall()}
        cursor.execute(
            "SELECT term, segment_id, document_frequency, packed FROM retrieval_posting "
            "WHERE generation_id = ANY(%s) AND term = ANY(%s)",
            [list(generations), list(terms)],
        )
        rows = cursor.fetchall()
    if not rows:
        return None
    size = sum(size for size, _length in sizes.values())
    frequency: Counter[str] = Counter()
    for term, _segment, document_frequency, _packed in rows:
        frequency[term] += document_frequency
    idf = {term: math.log(size - n + 0.5) - math.log(n + 0.5) for term, n in frequency.items()}
    if any(value < 0 for value in idf.values()):
        floor = EPSILON * _average_idf({generation: size for generation, (size, _length) in sizes.items()})
        idf = {term: floor if value < 0 else value for term, value in idf.items()}
    return _Corpus(
        size=size,
        average_length=sum(length for _size, length in sizes.values()) / size,
        idf=idf,
        postings=[_Posting(term, segment, _unpacked(packed)) for term, segment, _n, packed in rows],
    )


def _average_idf(sizes: Mapping[int, int]) -> float:
    """What BM25Okapi puts, times epsilon, in place of a negative idf: the mean idf of the vocabulary.

    Over several generations it is the mean of theirs, weighted by their sizes; for one it is exact.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT generation_id, n, count(*) FROM (
                SELECT generation_id, term, sum(document_frequency)::bigint AS n
                FROM retrieval_posting WHERE generation_id = ANY(%s) GROUP BY generation_id, term
            ) AS vocabulary GROUP BY generation_id, n
            """,
            [list(sizes)],
        )
        histogram = np.array(cursor.fetchall(), dtype=np.float64)
    total = 0.0
    for generation, size in sizes.items():
        n, count = histogram[histogram[:, 0] == generation, 1:].T
        idf = np.log(size - n + 0.5) - np.log(n + 0.5)
        total += size * float(idf @ count / count.sum())
    return total / sum(sizes.values())


def _unpacked(packed: bytes | memoryview) -> NDArray[np.int32]:
    return np.frombuffer(packed, dtype=PACKED).reshape(-1, 3)


def _of_versions(postings: Sequence[_Posting], versions: Sequence[int]) -> list[_Posting]:
    there = {posting.segment for posting in postings}
    wanted = set(Segment.objects.filter(pk__in=there, version__in=versions).values_list("pk", flat=True))
    return [posting for posting in postings if posting.segment in wanted]


def _scores(
    corpus: _Corpus, postings: Sequence[_Posting], terms: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Keys of the leaves with a term of the question, and their scores."""
    times = Counter(terms)
    parts = []
    for posting in postings:
        _place, length, frequency = posting.rows.T.astype(np.float64)
        norm = K1 * (1 - B + B * length / corpus.average_length)
        parts.append(times[posting.term] * corpus.idf[posting.term] * frequency * (K1 + 1) / (frequency + norm))
    keys, where = np.unique(np.concatenate([posting.keys for posting in postings]), return_inverse=True)
    scores: NDArray[np.float64] = np.bincount(where, weights=np.concatenate(parts)).astype(np.float64)
    return keys.astype(np.int64), scores


def _top(scores: NDArray[np.float64], limit: int) -> NDArray[np.bool_]:
    """Which scores are among the best `limit`, ties at the boundary included."""
    if len(scores) <= limit:
        return np.ones(len(scores), dtype=np.bool_)
    last = np.partition(scores, len(scores) - limit)[len(scores) - limit]
    best: NDArray[np.bool_] = scores >= last - BOUNDARY * max(1.0, abs(last))
    return best


def _exact(
    corpus: _Corpus, postings: Sequence[_Posting], terms: Sequence[str], candidates: NDArray[np.int64]
) -> list[LexicalHit]:
    frequencies: dict[int, dict[str, int]] = {int(key): {} for key in candidates}
    lengths: dict[int, int] = {}
    for posting in postings:
        keys = posting.keys
        for row in np.flatnonzero(np.isin(keys, candidates)):
            key = int(keys[row])
            lengths[key], frequencies[key][posting.term] = (
                int(posting.rows[row, 1]),
                int(posting.rows[row, 2]),
            )
    order = sorted(frequencies)
    scorer = CandidateScores(
        [lengths[key] for key in order],
        [frequencies[key] for key in order],
        corpus.average_length,
        corpus.idf,
    )
    scores = scorer.get_scores(list(terms))
    passages = dict(Segment.objects.filter(pk__in={key >> 32 for key in order}).values_list("pk", "passages"))
    return [
        LexicalHit(passages[key >> 32][key & 0xFFFFFFFF], float(score), tuple(sorted(frequencies[key])))
        for key, score in zip(order, scores, strict=True)
    ]
