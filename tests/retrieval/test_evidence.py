from hypothesis import given
from hypothesis import strategies as st

from retrieval import evidence
from retrieval.fusion import Fused

items = st.dictionaries(st.integers(0, 20), st.lists(st.sampled_from(["a1", "b2", "c3", "tea"])), max_size=12)


@given(items, st.frozensets(st.sampled_from(["a1", "b2", "c3"])))
def test_only_rare_identifiers_count(terms: dict[int, list[str]], identifiers: frozenset[str]) -> None:
    held = evidence.held(identifiers, terms)
    for identifier in identifiers:
        holders = {item for item, some in terms.items() if identifier in some}
        counted = {item for item, some in held.items() if identifier in some}
        assert counted == (holders if len(holders) <= evidence.RARE else set())


@given(items)
def test_holders_come_first_and_the_rest_keeps_its_order(terms: dict[int, list[str]]) -> None:
    fused = [Fused(item, 1 / (1 + rank), {0: rank}) for rank, item in enumerate(terms, start=1)]
    held = evidence.held(frozenset({"a1", "b2", "c3"}), terms)
    ordered = [one.item for one in evidence.first(fused, held)]
    assert sorted(ordered) == sorted(terms)
    assert [item for item in ordered if item not in held] == [item for item in terms if item not in held]
    counts = [len(held.get(item, ())) for item in ordered]
    assert counts == sorted(counts, reverse=True)
