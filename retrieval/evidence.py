"""Evidence that ranks throw away. Pure.

So far: identifiers. A part number, an address or a date that only a few passages hold says where the answer is, but in
a fusion of ranks the passage that holds it may come after others that are fair in each retriever.
"""

from collections.abc import Mapping, Sequence

from retrieval.fusion import Fused

RARE = 3  # most items that hold an identifier; more than one, because passages overlap and documents quote each other


def held(identifiers: frozenset[str], terms: Mapping[int, Sequence[str]]) -> dict[int, tuple[str, ...]]:
    """For each item the rare identifiers of the question that it holds, if any. `terms` are those of each item."""
    holders = {one: [item for item, some in terms.items() if one in some] for one in identifiers}
    found: dict[int, tuple[str, ...]] = {}
    for identifier in sorted(identifiers):
        if len(holders[identifier]) <= RARE:
            for item in holders[identifier]:
                found[item] = (*found.get(item, ()), identifier)
    return found


def first(fused: Sequence[Fused], identifiers: Mapping[int, Sequence[str]]) -> list[Fused]:
    """The items with most rare identifiers before all others, otherwise in order."""
    return sorted(fused, key=lambda one: -len(identifiers.get(one.item, ())))
