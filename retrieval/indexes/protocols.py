"""The protocols of dense and lexical indexes, in Postgres or in a store outside of it.

`write` and `remove` are called inside the transaction that publishes or removes a version. A store outside of Postgres
records them in an outbox in that transaction and applies them after the commit. Both work by ids of passages, which
are never reused, so applying them twice, late, or after a rollback is harmless. `search` asks Postgres what may be
found (see scope.py), so it ignores what a store still has of removed documents, or already has of unpublished ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from embedding.engine import Vectors
from retrieval.indexes.bm25 import Packed
from retrieval.indexes.scope import Scope
from retrieval.options import Grain


@dataclass(frozen=True, slots=True)
class IndexHit:
    """The best passage of an item. Depending on the grain, the item is the passage, or its section or version."""

    item: int
    passage: int
    score: float
    terms: tuple[str, ...] = ()  # terms of the question in the passage; () from a dense index


class DenseIndex(Protocol):
    """Finds passages by the vectors of their windows. The nearest window of a passage counts."""

    def write(self, generation: int, version: int, passages: Sequence[int], vectors: Vectors) -> None:
        """Adds vectors; `passages` has the passage of each. Vectors of the same passage are consecutive."""

    def remove(self, generation: int, passages: Mapping[int, Sequence[int]]) -> None:
        """Removes all passages of some versions: `passages` maps each version to its passages."""

    def search(self, scope: Scope, vector: Vectors, depth: int, grain: Grain) -> list[IndexHit]:
        """The `depth` nearest items by inner product, best first, ties by passage. All vectors are of one space."""

    def count(self, generation: int) -> int:
        """The number of passages of `generation` in the index."""

    def sample(self, generation: int, most: int) -> Vectors:
        """A deterministic, even sample of the vectors of `generation`: (n, dimensions) with n at most `most`."""


class LexicalIndex(Protocol):
    """Finds passages by their terms, with exactly the scores of rank_bm25.BM25Okapi over the scope."""

    def write(self, generation: int, version: int, passages: Sequence[int], packed: Packed) -> None:
        """Adds the passages of a version, in the order in which they were packed."""

    def remove(self, generation: int, passages: Mapping[int, Sequence[int]]) -> None:
        """Removes all passages of some versions: `passages` maps each version to its passages."""

    def search(self, scope: Scope, terms: Sequence[str], depth: int, grain: Grain) -> list[IndexHit]:
        """The `depth` items with the highest scores, best first, ties by passage.

        Every passage with a term of the question is a hit, whatever its score: in a small corpus, scores may be zero or
        less. Statistics are those of `scope.unfiltered`. Called inside a snapshot of the database.
        """

    def count(self, generation: int) -> int:
        """The number of passages of `generation` in the index."""
