"""The dense leg: vectors in, nearest passages out, exactly.

A passage has a vector, or one for each of its pieces; then it is as near as the nearest of them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from pgvector import HalfVector

from embedding.engine import Vectors

FIRST_ROWS = 2  # vectors that are looked at for each passage wanted; more if they are of too few passages


@dataclass(frozen=True, slots=True)
class DenseHit:
    passage: int
    score: float  # inner product of unit vectors: the cosine


def write(generation: int, version: int, passages: Sequence[int], vectors: Vectors) -> None:
    """Adds the vectors of a version's leaves: `passages` tells whose each of them is, those of one after each other."""
    columns = "passage_id, ordinal, generation_id, version, vector"
    windows: Counter[int] = Counter()
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY retrieval_passagevector ({columns}) FROM STDIN") as copy,
    ):
        for passage, vector in zip(passages, vectors, strict=True):
            copy.write_row((passage, windows[passage], generation, version, HalfVector(vector).to_text()))
            windows[passage] += 1


def nearest(
    generations: Sequence[int], vector: Vectors, limit: int, versions: Sequence[int] | None = None
) -> list[DenseHit]:
    """The `limit` leaves nearest to `vector` among generations of one space, best first, ties by id.

    `versions`: only leaves of these versions. Scans every vector that the filter leaves.
    """
    best: dict[int, float] = {}
    rows = limit * FIRST_ROWS
    while True:
        found = _nearest_windows(generations, vector, rows, versions)
        for passage, score in found:
            best.setdefault(passage, score)
        if len(best) >= limit or len(found) < rows:
            return [DenseHit(passage, score) for passage, score in list(best.items())[:limit]]
        rows *= 4


def _nearest_windows(
    generations: Sequence[int], vector: Vectors, limit: int, versions: Sequence[int] | None
) -> list[tuple[int, float]]:
    """Passages and scores of the nearest vectors, best first: a passage once for each piece that is among them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT passage_id, -(vector <#> %(question)s::halfvec) AS score
            FROM retrieval_passagevector
            WHERE generation_id = ANY(%(generations)s)
              AND (%(versions)s::bigint[] IS NULL OR version = ANY(%(versions)s))
            ORDER BY vector <#> %(question)s::halfvec, passage_id, ordinal
            LIMIT %(limit)s
            """,
            {
                "question": HalfVector(vector).to_text(),
                "generations": list(generations),
                "versions": None if versions is None else list(versions),
                "limit": limit,
            },
        )
        return [(passage, score) for passage, score in cursor.fetchall()]
