"""The dense leg: vectors in, nearest passages out, exactly."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from pgvector import HalfVector

from embedding.engine import Vectors


@dataclass(frozen=True, slots=True)
class DenseHit:
    passage: int
    score: float  # inner product of unit vectors: the cosine


def write(generation: int, version: int, passages: Sequence[int], vectors: Vectors) -> None:
    """Adds the vectors of a version's leaves."""
    columns = "passage_id, generation_id, version, vector"
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY retrieval_passagevector ({columns}) FROM STDIN") as copy,
    ):
        for passage, vector in zip(passages, vectors, strict=True):
            copy.write_row((passage, generation, version, HalfVector(vector).to_text()))


def nearest(
    generations: Sequence[int], vector: Vectors, limit: int, versions: Sequence[int] | None = None
) -> list[DenseHit]:
    """The `limit` leaves nearest to `vector` among generations of one space, best first, ties by id.

    `versions`: only leaves of these versions. Scans every vector that the filter leaves.
    """
    question = HalfVector(vector).to_text()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT passage_id, -(vector <#> %(question)s::halfvec) AS score
            FROM retrieval_passagevector
            WHERE generation_id = ANY(%(generations)s)
              AND (%(versions)s::bigint[] IS NULL OR version = ANY(%(versions)s))
            ORDER BY vector <#> %(question)s::halfvec, passage_id
            LIMIT %(limit)s
            """,
            {
                "question": question,
                "generations": list(generations),
                "versions": None if versions is None else list(versions),
                "limit": limit,
            },
        )
        return [DenseHit(passage, score) for passage, score in cursor.fetchall()]
