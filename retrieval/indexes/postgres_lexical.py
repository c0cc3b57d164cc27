"""The lexical index in Postgres: a segment for each version, and for each of its terms the passages that contain it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from django.db import connection
from django.db.models import Sum

from retrieval.indexes import bm25
from retrieval.indexes.bm25 import Packed, Postings, Statistics
from retrieval.indexes.protocols import IndexHit
from retrieval.indexes.scope import Scope
from retrieval.models import Passage, Segment
from retrieval.options import Grain

PACKED = np.dtype("<i4")
FIRST_PASSAGES = 4  # whose sections are looked up at first, for each wanted section

# A passage's number in the postings: its segment, and its place in the segment.
_SEGMENT_BITS = 32
_PLACE = (1 << _SEGMENT_BITS) - 1


@dataclass(frozen=True)
class _Segments:
    """For some segments the version, and the passages in order."""

    version: dict[int, int]
    passages: dict[int, list[int]]

    def passage(self, number: int) -> int:
        return self.passages[number >> _SEGMENT_BITS][number & _PLACE]


class PostgresLexical:
    """Postings are also deleted by the database's cascade, with their segment."""

    def write(self, generation: int, version: int, passages: Sequence[int], packed: Packed) -> None:
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

    def remove(self, generation: int, passages: Mapping[int, Sequence[int]]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM retrieval_segment WHERE generation_id = %s AND version = ANY(%s)",
                [generation, list(passages)],
            )

    def search(self, scope: Scope, terms: Sequence[str], depth: int, grain: Grain) -> list[IndexHit]:
        found = _postings(scope, sorted(set(terms)))
        if found is None:
            return []
        postings, frequencies = found
        of = _statistics(scope.unfiltered, frequencies)
        passages, scores = postings.scores(terms, of)
        candidates = passages[_best(passages, scores, depth, grain)]
        scored = postings.only(np.isin(postings.passage, candidates)).exact(terms, of)
        return _hits(scored, grain)[:depth]

    def count(self, generation: int) -> int:
        return int(Segment.objects.filter(generation=generation).aggregate(n=Sum("size", default=0))["n"])


def _postings(scope: Scope, terms: Sequence[str]) -> tuple[Postings, dict[str, int]] | None:
    """The postings of the terms in the scope, and the number of passages with each term regardless of the filter.

    None if there are no postings. The query returns a row per term, because a collection of many small documents has as
    many postings for it.
    """
    everything, parameters = scope.unfiltered.sql()
    searched, more_parameters = scope.sql()
    filtered = "" if scope.filter is None else f"AND (generation_id, version) IN ({searched})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT term, sum(n), array_agg(segment_id ORDER BY segment_id) FILTER (WHERE wanted),
                array_agg(n ORDER BY segment_id) FILTER (WHERE wanted),
                string_agg(packed, '' ORDER BY segment_id) FILTER (WHERE wanted)
            FROM (
                SELECT term, posting.document_frequency AS n, segment_id, packed, true {filtered} AS wanted
                FROM retrieval_posting AS posting
                JOIN retrieval_segment AS segment USING (generation_id)
                JOIN ({everything}) AS searched USING (generation_id, version)
                WHERE posting.generation_id = ANY(%s) AND segment.id = segment_id AND term = ANY(%s)
            ) AS postings GROUP BY term
            """,  # noqa: S608
            [*(more_parameters if filtered else ()), *parameters, list(scope.generations), list(terms)],
        )
        rows = cursor.fetchall()
    found = [row for row in rows if row[2]]
    if not found:
        return None
    return _unpacked(found), {term: int(n) for term, n, *_packed in rows}


def _unpacked(rows: Sequence[tuple[str, int, list[int], list[int], bytes]]) -> Postings:
    triples = np.concatenate([np.frombuffer(packed, dtype=PACKED) for *_row, packed in rows]).reshape(-1, 3)
    place, length, frequency = triples.T.astype(np.int64)
    term = np.repeat(np.arange(len(rows)), [sum(counts) for _term, _n, _segments, counts, _packed in rows])
    segment = np.concatenate([np.repeat(segments, counts) for _term, _n, segments, counts, _packed in rows])
    return Postings([row[0] for row in rows], term, segment << _SEGMENT_BITS | place, length, frequency)


@dataclass(frozen=True, slots=True)
class _Contents:
    """Identifies the contents of a generation. Segments never change, so equal ids mean equal postings."""

    generation: int
    segments: int
    newest: int
    sum_of_ids: int
    size: int
    total_length: int


def _statistics(scope: Scope, frequencies: Mapping[str, int]) -> Statistics:
    searched, parameters = scope.sql()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT generation_id, count(*), max(id), sum(id)::bigint, sum(size)::bigint, sum(total_length)::bigint
            FROM retrieval_segment AS segment JOIN ({searched}) AS searched USING (generation_id, version)
            WHERE segment.generation_id = ANY(%s) GROUP BY generation_id
            """,  # noqa: S608
            [*parameters, list(scope.generations)],
        )
        contents = [_Contents(*row) for row in cursor.fetchall()]
    size = sum(one.size for one in contents)
    idf = bm25.idf(size, frequencies)
    if any(value < 0 for value in idf.values()):
        # BM25Okapi replaces a negative idf by the mean idf times epsilon. This is exact for one generation; for several
        # it is the mean of theirs, weighted by size.
        floor = bm25.EPSILON * sum(one.size * _average_idf(one) for one in contents) / size
        idf = {term: floor if value < 0 else value for term, value in idf.items()}
    return Statistics(sum(one.total_length for one in contents) / size, idf)


@lru_cache(maxsize=1000)
def _average_idf(contents: _Contents) -> float:
    """The mean idf of a generation's vocabulary. It is cached, because it reads the whole vocabulary."""
    searched, parameters = Scope([contents.generation]).sql()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT n, count(*) FROM (
                SELECT term, sum(posting.document_frequency)::bigint AS n
                FROM retrieval_posting AS posting
                JOIN retrieval_segment AS segment ON segment.id = segment_id
                JOIN ({searched}) AS searched
                  ON searched.generation_id = segment.generation_id AND searched.version = segment.version
                WHERE posting.generation_id = %s
                GROUP BY term
            ) AS vocabulary GROUP BY n
            """,  # noqa: S608
            [*parameters, contents.generation],
        )
        histogram = np.array(cursor.fetchall(), dtype=np.float64)
    return bm25.average_idf(contents.size, histogram)


def _best(passages: bm25.Ints, scores: bm25.Scores, depth: int, grain: Grain) -> bm25.Flags:
    """Marks passages that may be the best of one of the best `depth` items."""
    if grain == Grain.PASSAGE:
        return bm25.best(scores, depth)
    if grain == Grain.DOCUMENT:
        return bm25.best_of_groups(scores, passages >> _SEGMENT_BITS, depth)
    first = bm25.best(scores, depth * FIRST_PASSAGES)
    sections = _sections(passages[first])
    if not first.all() and len(set(sections)) < depth:  # a few sections have all the best passages
        first = np.ones(len(scores), dtype=np.bool_)
        sections = _sections(passages)
    first[first] = bm25.best_of_groups(scores[first], np.array(sections), depth)
    return first


def _sections(passages: bm25.Ints) -> list[int]:
    segments = _segments({int(number) >> _SEGMENT_BITS for number in passages})
    return _sections_of([segments.passage(int(number)) for number in passages])


def _sections_of(passages: Sequence[int]) -> list[int]:
    section = dict(Passage.objects.filter(pk__in=passages, parent__isnull=False).values_list("pk", "parent_id"))
    return [section[one] for one in passages]


def _hits(scored: Sequence[bm25.Scored], grain: Grain) -> list[IndexHit]:
    """The best passage of each item, best first."""
    segments = _segments({one.passage >> _SEGMENT_BITS for one in scored})
    ids = [segments.passage(one.passage) for one in scored]
    if grain == Grain.PASSAGE:
        items = ids
    elif grain == Grain.DOCUMENT:
        items = [segments.version[one.passage >> _SEGMENT_BITS] for one in scored]
    else:
        items = _sections_of(ids)
    found = [
        IndexHit(item, passage, one.score, one.terms) for item, passage, one in zip(items, ids, scored, strict=True)
    ]
    hits: dict[int, IndexHit] = {}
    for hit in sorted(found, key=lambda hit: (-hit.score, hit.passage)):
        hits.setdefault(hit.item, hit)
    return list(hits.values())


def _segments(ids: set[int]) -> _Segments:
    rows = list(Segment.objects.filter(pk__in=ids).values_list("pk", "version", "passages"))
    return _Segments({pk: version for pk, version, _passages in rows}, {pk: some for pk, _version, some in rows})
