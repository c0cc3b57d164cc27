from hypothesis import given
from hypothesis import strategies as st

from retrieval.fusion import K, Ranking, fuse

rankings = st.lists(
    st.builds(Ranking, st.lists(st.integers(0, 50), unique=True), st.floats(0.01, 10)), min_size=1, max_size=4
)


def test_an_item_that_both_retrievers_found_comes_before_those_that_one_found() -> None:
    fused = fuse([Ranking([1, 2, 3]), Ranking([4, 2, 5])])
    assert fused[0].item == 2
    assert fused[0].score == 1 / (K + 2) + 1 / (K + 2)
    assert fused[0].ranks == {0: 2, 1: 2}


def test_a_retriever_of_little_weight_only_orders_what_the_other_did_not_find() -> None:
    fused = fuse([Ranking([9, 8, 1], weight=1e-6), Ranking([1, 2])])
    assert [one.item for one in fused] == [1, 2, 9, 8]


def test_the_smaller_k_is_the_more_it_counts_to_be_first() -> None:
    given = [Ranking([1, 2, 3, 4]), Ranking([5, 2, 3, 4])]
    assert fuse(given, k=60)[0].item == 2
    assert fuse(given, k=0)[0].item == 1


def test_ties_are_ordered_by_item() -> None:
    assert [one.item for one in fuse([Ranking([7]), Ranking([3])])] == [3, 7]


@given(rankings)
def test_every_item_comes_once_best_first(given: list[Ranking]) -> None:
    fused = fuse(given)
    assert {one.item for one in fused} == {item for ranking in given for item in ranking.items}
    assert len({one.item for one in fused}) == len(fused)
    assert [one.score for one in fused] == sorted((one.score for one in fused), reverse=True)


@given(st.lists(st.integers(), unique=True), st.floats(0.01, 10))
def test_one_ranking_alone_keeps_its_order(items: list[int], weight: float) -> None:
    assert [one.item for one in fuse([Ranking(items, weight)])] == items
