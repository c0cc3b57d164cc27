"""The dense index in Postgres: exact scans of vectors."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from django.db import connection
from pgvector import HalfVector

from embedding.engine import Vectors
from retrieval.indexes.protocols import IndexHit
from retrieval.indexes.scope import Scope
from retrieval.models import PassageVector
from retrieval.options import Grain

WINDOWS = 4  # fetched at first for each wanted passage: enough unless a few passages have all the nearest ones

_DISTANCES = """
    SELECT passage_id, {item} AS item, vector <#> (SELECT vector FROM question) AS distance
    FROM retrieval_passagevector AS stored JOIN searched USING (generation_id, version) {joined}
    WHERE stored.generation_id = ANY(%s)
"""
_WITH = "WITH searched AS ({searched}), question AS (SELECT %s::halfvec AS vector)"
_NEAREST = f"{_WITH} {_DISTANCES} ORDER BY distance, passage_id LIMIT %s"
_NEAREST_OF_EACH = f"""
    {_WITH} SELECT passage_id, item, distance FROM (
        SELECT DISTINCT ON (item) passage_id, item, distance FROM ({_DISTANCES}) AS windows
        ORDER BY item, distance, passage_id
    ) AS items ORDER BY distance, passage_id LIMIT %s
"""  # noqa: S608
_ITEMS = {Grain.PASSAGE: "passage_id", Grain.SECTION: "passage.parent_id", Grain.DOCUMENT: "version"}
_JOINED = {Grain.SECTION: "JOIN retrieval_passage AS passage ON passage.id = passage_id"}


class PostgresDense:
    """Scans every vector in the scope. Vectors are also deleted by the database's cascade, with their passage."""

    def write(self, generation: int, version: int, passages: Sequence[int], vectors: Vectors) -> None:
        columns = "passage_id, ordinal, generation_id, version, vector"
        windows: Counter[int] = Counter()
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY retrieval_passagevector ({columns}) FROM STDIN") as copy,
        ):
            for passage, vector in zip(passages, vectors, strict=True):
                copy.write_row((passage, windows[passage], generation, version, HalfVector(vector).to_text()))
                windows[passage] += 1

    def remove(self, generation: int, passages: Mapping[int, Sequence[int]]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM retrieval_passagevector WHERE generation_id = %s AND version = ANY(%s)",
                [generation, list(passages)],
            )

    def search(self, scope: Scope, vector: Vectors, depth: int, grain: Grain) -> list[IndexHit]:
        if grain == Grain.PASSAGE:
            rows = depth * WINDOWS
            found = self._rows(_NEAREST, scope, vector, rows, grain)
            if len(found) < rows or len({passage for passage, _item, _distance in found}) >= depth:
                return _hits(found)[:depth]
        return _hits(self._rows(_NEAREST_OF_EACH, scope, vector, depth, grain))

    def count(self, generation: int) -> int:
        return PassageVector.objects.filter(generation=generation).values("passage").distinct().count()

    def sample(self, generation: int, most: int) -> Vectors:
        # In binary, because parsing a million numbers as text takes seconds.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT halfvec_send(vector) FROM retrieval_passagevector WHERE (passage_id, ordinal) IN ("
                "SELECT passage_id, ordinal FROM retrieval_passagevector WHERE generation_id = %s "
                "ORDER BY hashint8(passage_id), passage_id, ordinal LIMIT %s) ORDER BY passage_id, ordinal",
                [generation, most],
            )
            rows = [np.frombuffer(sent, dtype=">f2", offset=4) for (sent,) in cursor]  # after two numbers of two bytes
        return np.array(rows, dtype=np.float32)

    def _rows(
        self, statement: str, scope: Scope, vector: Vectors, limit: int, grain: Grain
    ) -> list[tuple[int, int, float]]:
        searched, parameters = scope.sql()
        sql = statement.format(searched=searched, item=_ITEMS[grain], joined=_JOINED.get(grain, ""))
        with connection.cursor() as cursor:
            cursor.execute(sql, [*parameters, HalfVector(vector).to_text(), list(scope.generations), limit])
            rows: list[tuple[int, int, float]] = cursor.fetchall()
        return rows


def _hits(rows: Sequence[tuple[int, int, float]]) -> list[IndexHit]:
    """One hit per item, from its first row."""
    hits: dict[int, IndexHit] = {}
    for passage, item, distance in rows:
        hits.setdefault(item, IndexHit(item, passage, -distance))
    return list(hits.values())
