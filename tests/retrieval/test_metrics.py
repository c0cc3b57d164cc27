import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.evaluation import (
    Span,
    hit,
    ndcg,
    once_each,
    recall,
    reciprocal_rank,
    size,
    span_precision,
    span_recall,
    within,
)

rankings = st.lists(st.integers(0, 20), unique=True)
rights = st.sets(st.integers(0, 20), min_size=1)
ks = st.integers(1, 12)
spans = st.lists(
    st.builds(
        lambda document, start, length: Span(document, start, start + length),
        st.sampled_from("ab"),
        st.integers(0, 40),
        st.integers(1, 15),
    ),
    max_size=8,
)
some_spans = spans.filter(bool)


def places(found: list[Span]) -> set[tuple[str, int]]:
    return {(span.document, place) for span in found for place in range(span.start, span.end)}


def test_two_right_of_three_found_at_the_second_and_third_place() -> None:
    ranked, right = ["x", "a", "b", "y"], {"a", "b", "c"}

    assert recall(ranked, right, 2) == pytest.approx(1 / 3)
    assert recall(ranked, right, 4) == pytest.approx(2 / 3)
    assert hit(ranked, right, 1) == 0
    assert hit(ranked, right, 2) == 1
    assert reciprocal_rank(ranked, right, 10) == 1 / 2
    assert reciprocal_rank(ranked, right, 1) == 0
    found = 1 / math.log2(3) + 1 / math.log2(4)
    assert ndcg(ranked, right, 10) == pytest.approx(found / (1 + found))
    assert ndcg(ranked, right, 2) == pytest.approx(1 / math.log2(3) / (1 + 1 / math.log2(3)))


def test_a_document_stands_where_its_first_passage_does() -> None:
    assert once_each(["b", "a", "b", "c", "a"]) == ["b", "a", "c"]


def test_two_passages_that_overlap_show_their_characters_once() -> None:
    returned = [Span("a", 0, 60), Span("a", 40, 100), Span("b", 0, 100)]
    right = [Span("a", 50, 70)]

    assert span_recall(returned, right) == 1
    assert span_precision(returned, right) == 20 / 200
    assert span_recall(returned[:1], right) == 1 / 2
    assert span_precision(returned[:1], right) == 10 / 60


def test_the_same_places_of_another_document_are_other_places() -> None:
    assert span_recall([Span("b", 0, 10)], [Span("a", 0, 10)]) == 0


def test_of_the_passage_that_crosses_the_budget_its_first_part_is_read() -> None:
    returned = [Span("a", 0, 60), Span("a", 40, 100), Span("b", 0, 100)]

    assert within(returned, 110) == [Span("a", 0, 60), Span("a", 60, 100), Span("b", 0, 10)]
    assert within(returned, 60) == [Span("a", 0, 60)]


def test_a_passage_around_one_that_was_read_costs_both_its_sides() -> None:
    assert within([Span("a", 10, 20), Span("a", 0, 30)], 25) == [Span("a", 10, 20), Span("a", 0, 10), Span("a", 20, 25)]


def test_pages_are_counted_as_characters_are() -> None:
    pages_61_and_62 = Span("report", 61, 63)

    assert span_recall([pages_61_and_62], [Span("report", 62, 63), Span("report", 70, 71)]) == 1 / 2


def test_nothing_returned_is_no_precision() -> None:
    assert span_precision([], [Span("a", 0, 1)]) == 0


@given(rankings, rights, ks)
def test_everything_right_at_the_top_is_perfect_and_nothing_is_better(
    ranked: list[int], right: set[int], k: int
) -> None:
    ideal = [*sorted(right), *(item for item in ranked if item not in right)]

    assert ndcg(ideal, right, k) == pytest.approx(1)
    assert hit(ideal, right, k) == reciprocal_rank(ideal, right, k) == 1
    assert recall(ideal, right, k) == min(k, len(right)) / len(right)
    assert 0 <= ndcg(ranked, right, k) <= 1 + 1e-12


@given(rankings, rights, ks)
def test_the_four_agree_on_whether_something_was_found(ranked: list[int], right: set[int], k: int) -> None:
    found = [figure(ranked, right, k) > 0 for figure in (recall, hit, reciprocal_rank, ndcg)]
    assert len(set(found)) == 1


@given(rankings, rights, ks, st.data())
def test_moving_something_right_up_is_never_worse(
    ranked: list[int], right: set[int], k: int, data: st.DataObject
) -> None:
    there = [place for place, item in enumerate(ranked) if item in right and place]
    if there:
        place = data.draw(st.sampled_from(there))
        better = [*ranked]
        better[place - 1 : place + 1] = [ranked[place], ranked[place - 1]]
        for figure in (recall, hit, reciprocal_rank, ndcg):
            assert figure(better, right, k) >= figure(ranked, right, k) - 1e-12


@given(spans, some_spans)
def test_span_figures_are_those_of_sets_of_places(returned: list[Span], right: list[Span]) -> None:
    both = places(returned) & places(right)

    assert size(returned) == len(places(returned))
    assert span_recall(returned, right) == len(both) / len(places(right))
    assert span_precision(returned, right) == (len(both) / len(places(returned)) if returned else 0)


@given(spans, st.integers(0, 120))
def test_a_budget_is_spent_on_new_places_in_the_order_of_the_answer(returned: list[Span], budget: int) -> None:
    read: list[tuple[str, int]] = []
    for span in returned:
        read += [(span.document, place) for place in range(span.start, span.end) if (span.document, place) not in read]

    seen = within(returned, budget)

    assert [(span.document, place) for span in seen for place in range(span.start, span.end)] == read[:budget]
