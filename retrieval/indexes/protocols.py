"""What an index must be able to do, so that it may be kept in Postgres or in a store beside it.

`write` and `remove` are called inside the transaction that publishes or removes a version. A store that the
transaction does not reach notes there what to do, in an outbox, and does it after the commit: both go by the ids of
passages, which are never used again, so doing it twice, late, or for a transaction that was rolled back is harmless.
For `search` asks Postgres what may be found: see scope.py. What a store still has of a removed document, or already
has of one that is not published, is not there.
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
    """The best passage of an item, which is what the grain says: that passage, or its section or version."""

    item: int
    passage: int
    score: float
    terms: tuple[str, ...] = ()  # of the question, found in the passage; a dense index tells none


class DenseIndex(Protocol):
    """Finds passages by the vectors of their windows. A passage is as near as the nearest of them."""

    def write(self, generation: int, version: int, passages: Sequence[int], vectors: Vectors) -> None:
        """Adds vectors; `passages` tells whose each of them is, those of one after each other."""

    def remove(self, generation: int, passages: Mapping[int, Sequence[int]]) -> None:
        """Takes passages out, all that there are of each version, which is the key."""

    def search(self, scope: Scope, vector: Vectors, depth: int, grain: Grain) -> list[IndexHit]:
        """The `depth` nearest items by inner product, best first, ties by passage. The vectors are of one space."""

    def count(self, generation: int) -> int:
        """How many passages of `generation` it holds."""

    def sample(self, generation: int, most: int) -> Vectors:
        """Vectors of `generation` taken evenly, (n, dimensions) with n at most `most`: always the same ones."""


class LexicalIndex(Protocol):
    """Finds passages by their terms, scored by BM25 exactly as rank_bm25.BM25Okapi does over all of the scope."""

    def write(self, generation: int, version: int, passages: Sequence[int], packed: Packed) -> None:
        """Adds the passages of a version, in the order in which they were packed."""

    def remove(self, generation: int, passages: Mapping[int, Sequence[int]]) -> None:
        """Takes passages out, all that there are of each version, which is the key."""

    def search(self, scope: Scope, terms: Sequence[str], depth: int, grain: Grain) -> list[IndexHit]:
        """The `depth` items of highest score, best first, ties by passage.

        A hit is a passage with a term of the question, whatever its score: BM25Okapi's may be zero or less in a small
        corpus. Statistics are those of `scope.unfiltered`. Called inside one snapshot of the database.
        """

    def count(self, generation: int) -> int:
        """How many passages of `generation` it holds."""
