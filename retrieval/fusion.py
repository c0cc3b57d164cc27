"""Weighted reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

K = 60  # the paper's constant: how much being first counts over being tenth


@dataclass(frozen=True, slots=True)
class Ranking:
    """Items without repetition, best first."""

    items: Sequence[int]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Fused:
    item: int
    score: float
    ranks: Mapping[int, int]  # place of the ranking -> rank in it, from 1; without the rankings that did not find it


def fuse(rankings: Sequence[Ranking], k: int = K) -> list[Fused]:
    """Items of all rankings, best first: the sum of weight / (k + rank). Ties by item.

    A ranking that did not find an item adds nothing to it.
    """
    ranks: dict[int, dict[int, int]] = {}
    for place, ranking in enumerate(rankings):
        for rank, item in enumerate(ranking.items, start=1):
            ranks.setdefault(item, {})[place] = rank
    fused = [
        Fused(item, sum(rankings[place].weight / (k + rank) for place, rank in found.items()), found)
        for item, found in ranks.items()
    ]
    return sorted(fused, key=lambda one: (-one.score, one.item))
