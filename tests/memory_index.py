"""An index in memory: the same contract as the one in Postgres, for a store that no transaction reaches.

It keeps what was rolled back, and what was removed until its outbox is delivered. What may be found is asked of
Postgres.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from rank_bm25 import BM25Okapi

from embedding.engine import Vectors
from retrieval.indexes.bm25 import Packed
from retrieval.indexes.protocols import IndexHit
from retrieval.indexes.scope import Scope
from retrieval.models import Passage
from retrieval.options import Grain

Found = tuple[int, float, tuple[str, ...]]  # passage, score, terms


@dataclass
class _Store:
    generation: dict[int, int] = field(default_factory=dict)  # of each passage
    outbox: list[int] = field(default_factory=list)  # passages to be taken out

    def remove(self, generation: int, passages: Mapping[int, Sequence[int]]) -> None:
        self.outbox += [passage for some in passages.values() for passage in some]

    def deliver(self) -> None:
        """Applies the outbox, as a worker would some time after the commit."""
        kept = set(Passage.objects.filter(pk__in=self.outbox).values_list("pk", flat=True))
        for passage in set(self.outbox) - kept:
            self.generation.pop(passage, None)
        self.outbox.clear()

    def count(self, generation: int) -> int:
        return sum(of == generation for of in self.generation.values())

    def of(self, scope: Scope) -> list[int]:
        return sorted(passage for passage, of in self.generation.items() if of in scope.generations)


@dataclass
class MemoryDense(_Store):
    vectors: dict[int, list[Vectors]] = field(default_factory=dict)

    def write(self, generation: int, version: int, passages: Sequence[int], vectors: Vectors) -> None:
        for passage in passages:
            self.generation[passage] = generation
            self.vectors[passage] = []
        for passage, vector in zip(passages, vectors, strict=True):
            self.vectors[passage].append(vector.astype(np.float16).astype(np.float32))

    def sample(self, generation: int, most: int) -> Vectors:
        own = [passage for passage, of in self.generation.items() if of == generation]
        return np.array([window for passage in own for window in self.vectors[passage]][:most])

    def search(self, scope: Scope, vector: Vectors, depth: int, grain: Grain) -> list[IndexHit]:
        scores = [(one, max(float(window @ vector) for window in self.vectors[one]), ()) for one in self.of(scope)]
        return _visible(scores, scope, depth, grain)


@dataclass
class MemoryLexical(_Store):
    terms: dict[int, list[str]] = field(default_factory=dict)

    def write(self, generation: int, version: int, passages: Sequence[int], packed: Packed) -> None:
        for passage in passages:
            self.generation[passage] = generation
            self.terms[passage] = []
        for term, triples in packed.triples.items():
            for place, _length, frequency in zip(*[iter(triples)] * 3, strict=True):
                self.terms[passages[place]] += [term] * frequency

    def search(self, scope: Scope, terms: Sequence[str], depth: int, grain: Grain) -> list[IndexHit]:
        everything = scope.unfiltered.passages().filter(pk__in=self.of(scope)).values_list("pk", flat=True)
        corpus = {passage: self.terms[passage] for passage in everything}
        if not any(corpus.values()):
            return []
        scores = BM25Okapi(list(corpus.values())).get_scores(list(terms))
        found = [
            (passage, float(score), tuple(sorted(set(terms) & set(corpus[passage]))))
            for passage, score in zip(corpus, scores, strict=True)
        ]
        return _visible([one for one in found if one[2]], scope, depth, grain)


def _visible(found: Iterable[Found], scope: Scope, depth: int, grain: Grain) -> list[IndexHit]:
    """Reads the store's hits until enough of them are visible."""
    ranked = sorted(found, key=lambda one: (-one[1], one[0]))
    hits: dict[int, IndexHit] = {}
    for start in range(0, len(ranked), 2 * depth):
        some = ranked[start : start + 2 * depth]
        there = scope.passages().in_bulk([passage for passage, _score, _terms in some])
        for passage, score, terms in some:
            if passage in there:
                item = _item(there[passage], grain)
                hits.setdefault(item, IndexHit(item, passage, score, terms))
        if len(hits) >= depth:
            break
    return list(hits.values())[:depth]


def _item(passage: Passage, grain: Grain) -> int:
    items = {Grain.PASSAGE: passage.pk, Grain.SECTION: passage.parent_id, Grain.DOCUMENT: passage.version}
    item = items[grain]
    assert item is not None
    return item
