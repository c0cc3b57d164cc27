"""Weighted reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

K = 60  # the paper's constant: a larger one makes the first ranks count less


@dataclass(frozen=True, slots=True)
class Ranking:
    """Items without repetition, best first."""

    items: Sequence[int]
    weight: float = 1.0
    weights: Mapping[int, float] = field(default_factory=dict)  # of items whose weight is another

    def weight_of(self, item: int) -> float:
        return self.weights.get(item, self.weight)


@dataclass(frozen=True, slots=True)
class Fused:
    item: int
    score: float
    ranks: Mapping[int, int]  # index of each ranking that contains the item -> its rank there, from 1


def fuse(rankings: Sequence[Ranking], k: int = K) -> list[Fused]:
    """The items of all rankings by their score, best first: the sum of weight / (k + rank). Ties by item."""
    ranks: dict[int, dict[int, int]] = {}
    for place, ranking in enumerate(rankings):
        for rank, item in enumerate(ranking.items, start=1):
            ranks.setdefault(item, {})[place] = rank
    fused = [
        Fused(item, sum(rankings[place].weight_of(item) / (k + rank) for place, rank in found.items()), found)
        for item, found in ranks.items()
    ]
    return sorted(fused, key=lambda one: (-one.score, one.item))
