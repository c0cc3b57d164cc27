"""BM25 here against rank_bm25 over the same passages in memory."""

from collections.abc import Sequence

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi

from kb.models import Collection
from retrieval import build, terms
from retrieval.indexes import postgres_lexical
from tests.conftest import new_collection
from tests.retrieval.conftest import leaf_ids, write

words = st.sampled_from(["tea", "milk", "soup", "salt", "rice", "bread", "茶", "汤"])
passages = st.lists(words, min_size=1, max_size=12).map(" ".join)
corpora = st.lists(st.lists(passages, min_size=1, max_size=4), min_size=1, max_size=5)
in_a_transaction = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def expected(corpus: Sequence[str], ids: Sequence[int], query: list[str], limit: int) -> list[tuple[int, float]]:
    """What BM25Okapi says of every passage with a query term, best first, ties by id."""
    tokens = [terms.terms(passage) for passage in corpus]
    scores = BM25Okapi(tokens).get_scores(query)
    found = [(ids[n], float(scores[n])) for n, terms in enumerate(tokens) if set(terms) & set(query)]
    return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:limit]


@pytest.mark.django_db
@in_a_transaction
@given(corpora, st.lists(words, min_size=1, max_size=5), st.integers(1, 6))
def test_scores_and_order_are_those_of_rank_bm25(
    collection: Collection, corpus: list[list[str]], query: list[str], limit: int
) -> None:
    with transaction.atomic():
        for document in corpus:
            write(collection, document)
        ids = leaf_ids(collection.generation)
        wanted = expected([passage for document in corpus for passage in document], ids, query, limit)
        hits = postgres_lexical.best([collection.generation_id], query, limit)
        assert [hit.passage for hit in hits] == [passage for passage, _score in wanted]
        np.testing.assert_allclose([hit.score for hit in hits], [score for _passage, score in wanted], rtol=1e-12)
        transaction.set_rollback(True)


@pytest.mark.django_db
@in_a_transaction
@given(corpora, corpora, st.lists(words, min_size=1, max_size=3))
def test_removed_versions_leave_no_trace_in_the_statistics(
    collection: Collection, kept: list[list[str]], removed: list[list[str]], query: list[str]
) -> None:
    with transaction.atomic():
        gone = [write(collection, document).pk for document in removed]
        for document in kept:
            write(collection, document)
        build.retire(gone)
        ids = leaf_ids(collection.generation)
        wanted = expected([passage for document in kept for passage in document], ids, query, 100)
        hits = postgres_lexical.best([collection.generation_id], query, 100)
        assert [hit.passage for hit in hits] == [passage for passage, _score in wanted]
        transaction.set_rollback(True)


def test_a_hit_tells_which_terms_it_holds(collection: Collection) -> None:
    write(collection, ["tea with milk", "rice"])
    hits = postgres_lexical.best([collection.generation_id], ["milk", "tea", "salt"], 5)
    assert [hit.terms for hit in hits] == [("milk", "tea")]


def test_in_a_corpus_of_one_a_match_is_a_hit_though_its_score_is_negative(collection: Collection) -> None:
    write(collection, ["tea"])
    (hit,) = postgres_lexical.best([collection.generation_id], ["tea"], 5)
    assert hit.score < 0


def test_an_empty_corpus_and_an_unknown_term_find_nothing(collection: Collection) -> None:
    assert postgres_lexical.best([collection.generation_id], ["tea"], 5) == []
    write(collection, ["milk"])
    assert postgres_lexical.best([collection.generation_id], ["tea"], 5) == []
    assert postgres_lexical.best([collection.generation_id], [], 5) == []


def test_other_collections_do_not_shift_the_scores(collection: Collection, alice: User) -> None:
    write(collection, ["tea with milk", "rice with salt", "bread"])
    alone = postgres_lexical.best([collection.generation_id], ["tea"], 5)
    write(new_collection(alice, "Private"), ["tea tea tea"] * 20)
    assert postgres_lexical.best([collection.generation_id], ["tea"], 5) == alone


def test_over_two_collections_the_statistics_are_those_of_both(collection: Collection, alice: User) -> None:
    other = new_collection(alice, "Other")
    first, second = ["tea with milk", "rice with salt", "bread"], ["soup with salt", "coffee and tea", "wine", "beer"]
    write(collection, first)
    write(other, second)
    ids = leaf_ids(collection.generation) + leaf_ids(other.generation)
    hits = postgres_lexical.best([collection.generation_id, other.generation_id], ["tea", "salt"], 10)
    wanted = expected(first + second, ids, ["tea", "salt"], 10)
    assert [(hit.passage, hit.score) for hit in hits] == wanted


def test_a_filter_narrows_what_is_found_but_not_the_statistics(collection: Collection) -> None:
    kept, _other = write(collection, ["tea with milk", "rice"]), write(collection, ["tea", "bread", "soup"])
    everywhere = postgres_lexical.best([collection.generation_id], ["tea"], 10)
    filtered = postgres_lexical.best([collection.generation_id], ["tea"], 10, versions=[kept.pk])
    assert filtered == [hit for hit in everywhere if hit.passage == leaf_ids(collection.generation)[0]]
