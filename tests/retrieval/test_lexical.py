"""Our BM25 compared with rank_bm25 over the same passages in memory."""

from collections.abc import Sequence

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi

from kb.models import Collection, Version
from retrieval import build, terms
from retrieval.indexes import configured
from retrieval.indexes.protocols import IndexHit
from retrieval.indexes.scope import Scope
from retrieval.models import IndexedVersion, Passage
from retrieval.options import Grain
from retrieval.terms import question
from tests.conftest import new_collection
from tests.retrieval.conftest import passage_ids, write

words = st.sampled_from(["tea", "teas", "milk", "soup", "purée", "puree", "bread", "7-up", "茶", "湯", "汤"])
passages = st.lists(words, min_size=1, max_size=12).map(" ".join)
corpora = st.lists(st.lists(passages, min_size=1, max_size=4), min_size=1, max_size=5)
# As they are looked up: also other spellings, and terms that count more than once.
questions = st.lists(words, min_size=1, max_size=5).map(lambda some: list(question(" ".join(some)).terms))
in_a_transaction = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("index")]


def best(scope: Scope, query: Sequence[str], depth: int, grain: Grain = Grain.PASSAGE) -> list[IndexHit]:
    return configured.lexical().search(scope, query, depth, grain)


def over(*collections: Collection) -> Scope:
    return Scope([collection.generation_id for collection in collections])


def okapi(corpus: Sequence[str]) -> BM25Okapi:
    return BM25Okapi([terms.terms(passage) for passage in corpus])


def expected(corpus: Sequence[str], ids: Sequence[int], query: list[str], limit: int) -> list[tuple[int, float]]:
    """The scores of BM25Okapi for every passage with a query term, best first, ties by id."""
    scores = okapi(corpus).get_scores(query)
    matching = [set(terms.terms(passage)) & set(query) for passage in corpus]
    found = [(ids[n], float(scores[n])) for n, terms in enumerate(matching) if terms]
    return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:limit]


def flat(corpus: Sequence[Sequence[str]]) -> list[str]:
    """The passages of all documents. Leaves out corpora whose mean idf is zero but for rounding.

    It is a sum in the order of the vocabulary, so there its sign is chance, and with it the order of what it scores.
    """
    found = [passage for document in corpus for passage in document]
    assume(abs(okapi(found).average_idf) > 1e-9)
    return found


def assert_same(hits: Sequence[IndexHit], wanted: Sequence[tuple[int, float]]) -> None:
    assert [hit.passage for hit in hits] == [passage for passage, _score in wanted]
    np.testing.assert_allclose([hit.score for hit in hits], [score for _passage, score in wanted], rtol=1e-12)


@in_a_transaction
@given(corpora, questions, st.integers(1, 6))
def test_scores_and_order_are_those_of_rank_bm25(
    collection: Collection, corpus: list[list[str]], query: list[str], limit: int
) -> None:
    with transaction.atomic():
        for document in corpus:
            write(collection, document)
        ids = passage_ids(collection.generation)
        hits = best(over(collection), query, limit)
        assert_same(hits, expected(flat(corpus), ids, query, limit))
        transaction.set_rollback(True)


@pytest.mark.parametrize("purged", [True, False])
@in_a_transaction
@given(corpora, corpora, questions)
def test_removed_versions_leave_no_trace_in_the_statistics(
    collection: Collection, purged: bool, kept: list[list[str]], removed: list[list[str]], query: list[str]
) -> None:
    """Neither after their rows are deleted nor before, while they are only hidden."""
    with transaction.atomic():
        gone = [write(collection, document).pk for document in removed]
        hidden = passage_ids(collection.generation)
        for document in kept:
            write(collection, document)
        IndexedVersion.objects.filter(version__in=gone).update(visible=False)
        if purged:
            build.remove(collection.generation, gone)
        ids = [one for one in passage_ids(collection.generation) if one not in hidden]
        hits = best(over(collection), query, 100)
        assert_same(hits, expected(flat(kept), ids, query, 100))
        transaction.set_rollback(True)


@in_a_transaction
@given(corpora, questions, st.integers(1, 4))
def test_a_document_is_as_good_as_its_best_passage(
    collection: Collection, corpus: list[list[str]], query: list[str], limit: int
) -> None:
    with transaction.atomic():
        versions = [write(collection, document).pk for document in corpus]
        ids = passage_ids(collection.generation)
        version = dict(Passage.objects.filter(pk__in=ids).values_list("pk", "version"))
        ranked = expected(flat(corpus), ids, query, 1000)
        wanted: dict[int, tuple[int, float]] = {}
        for passage, score in ranked:
            wanted.setdefault(version[passage], (passage, score))
        hits = best(over(collection), query, limit, Grain.DOCUMENT)
        assert_same(hits, list(wanted.values())[:limit])
        assert [hit.item for hit in hits] == list(wanted)[:limit]
        assert set(wanted) <= set(versions)
        transaction.set_rollback(True)


def test_a_section_comes_once_however_many_of_its_passages_are_good(collection: Collection) -> None:
    passages = ["tea"] * 40 + ["rice"] * 40 + ["tea with rice and bread", "rice and salt"]
    write(collection, passages, sections=[0] * 40 + [1] * 40 + [2, 1])
    ids = passage_ids(collection.generation)
    hits = best(over(collection), ["tea"], 3, Grain.SECTION)
    assert [hit.passage for hit in hits] == [ids[0], ids[80]]
    parents = [Passage.objects.get(pk=one).parent_id for one in (ids[0], ids[80])]
    assert [hit.item for hit in hits] == parents


def test_a_hit_tells_which_terms_it_holds(collection: Collection) -> None:
    write(collection, ["tea with milk", "rice"])
    hits = best(over(collection), ["milk", "tea", "salt"], 5)
    assert [hit.terms for hit in hits] == [("milk", "tea")]


def test_in_a_corpus_of_one_a_match_is_a_hit_though_its_score_is_negative(collection: Collection) -> None:
    write(collection, ["tea"])
    (hit,) = best(over(collection), ["tea"], 5)
    assert hit.score < 0


def test_an_empty_corpus_and_an_unknown_term_find_nothing(collection: Collection) -> None:
    assert best(over(collection), ["tea"], 5) == []
    write(collection, ["milk"])
    assert best(over(collection), ["tea"], 5) == []
    assert best(over(collection), [], 5) == []
    assert best(over(), ["milk"], 5) == []


def test_other_collections_do_not_shift_the_scores(collection: Collection, alice: User) -> None:
    write(collection, ["tea with milk", "rice with salt", "bread"])
    alone = best(over(collection), ["tea"], 5)
    write(new_collection(alice, "Private"), ["tea tea tea"] * 20)
    assert best(over(collection), ["tea"], 5) == alone


def test_over_two_collections_the_statistics_are_those_of_both(collection: Collection, alice: User) -> None:
    other = new_collection(alice, "Other")
    first, second = ["tea with milk", "rice with salt", "bread"], ["soup with salt", "coffee and tea", "wine", "beer"]
    write(collection, first)
    write(other, second)
    ids = passage_ids(collection.generation) + passage_ids(other.generation)
    hits = best(over(collection, other), ["tea", "salt"], 10)
    assert [(hit.passage, hit.score) for hit in hits] == expected(first + second, ids, ["tea", "salt"], 10)


def test_a_filter_narrows_what_is_found_but_not_the_statistics(collection: Collection) -> None:
    kept, _other = write(collection, ["tea with milk", "rice"]), write(collection, ["tea", "bread", "soup"])
    everywhere = best(over(collection), ["tea"], 10)
    filtered = best(Scope([collection.generation_id], Version.objects.filter(pk=kept.pk)), ["tea"], 10)
    assert filtered == [hit for hit in everywhere if hit.passage == passage_ids(collection.generation)[0]]
    assert best(Scope([collection.generation_id], Version.objects.none()), ["tea"], 10) == []


def test_the_vocabulary_is_read_once_for_all_questions_until_it_changes(collection: Collection, index: str) -> None:
    """A term in more than half of the passages needs the mean idf of all terms."""

    def readings() -> int:
        with CaptureQueriesContext(connection) as captured:
            found = best(over(collection), ["tea"], 5)
        assert_same(found, expected(corpus, passage_ids(collection.generation), ["tea"], 5))
        return len([one for one in captured if "vocabulary" in one["sql"]])

    corpus = ["tea with milk", "tea", "rice"]
    write(collection, corpus)
    first = 1 if index == "postgres" else 0
    assert [readings(), readings()] == [first, 0]
    write(collection, ["tea with bread"])
    corpus.append("tea with bread")
    assert [readings(), readings()] == [first, 0]
    removed = write(collection, ["bread"])
    IndexedVersion.objects.filter(version=removed.pk).update(visible=False)
    assert readings() == 0
