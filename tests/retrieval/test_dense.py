import numpy as np
import pytest
from django.contrib.auth.models import User

from kb.models import Collection
from retrieval.indexes import postgres_dense
from tests.conftest import new_collection
from tests.engines import WordsEngine
from tests.retrieval.conftest import leaf_ids, write


def test_the_nearest_come_first_with_their_cosine(collection: Collection, engine: WordsEngine) -> None:
    passages = ["tea with milk", "rice with salt", "tea"]
    write(collection, passages)
    question = engine.embed(["tea"])[0]
    hits = postgres_dense.nearest([collection.generation_id], question, 3)
    ids = leaf_ids(collection.generation)
    cosines = engine.embed(passages) @ question
    assert [hit.passage for hit in hits] == [ids[place] for place in np.argsort(-cosines)]
    np.testing.assert_allclose([hit.score for hit in hits], sorted(cosines, reverse=True), atol=1e-3)


def test_only_the_generations_and_versions_asked_for_are_searched(
    collection: Collection, alice: User, engine: WordsEngine
) -> None:
    kept, _other = write(collection, ["tea"]), write(collection, ["tea"])
    write(new_collection(alice, "Private"), ["tea"])
    question = engine.embed(["tea"])[0]
    assert len(postgres_dense.nearest([collection.generation_id], question, 10)) == 2
    (hit,) = postgres_dense.nearest([collection.generation_id], question, 10, versions=[kept.pk])
    assert hit.passage == leaf_ids(collection.generation)[0]


def test_equal_vectors_are_ordered_by_id(collection: Collection, engine: WordsEngine) -> None:
    write(collection, ["tea"] * 5)
    hits = postgres_dense.nearest([collection.generation_id], engine.embed(["tea"])[0], 3)
    assert [hit.passage for hit in hits] == leaf_ids(collection.generation)[:3]


def test_a_passage_is_as_near_as_the_nearest_of_its_pieces(collection: Collection, engine: WordsEngine) -> None:
    pieces = ["tea with milk", "rice with salt", "tea", "bread"]
    version = write(collection, ["tea with milk. rice with salt", "tea. bread"], pieces, [0, 0, 1, 1])
    question = engine.embed(["rice with salt"])[0]
    first, second = leaf_ids(collection.generation)
    hits = postgres_dense.nearest([collection.generation_id], question, 10, versions=[version.pk])
    assert [hit.passage for hit in hits] == [first, second]
    assert hits[0].score == pytest.approx(1, abs=1e-3)


def test_passages_of_many_near_pieces_hide_no_other(collection: Collection, engine: WordsEngine) -> None:
    write(collection, ["tea " * 40, "rice"], ["tea"] * 40 + ["rice"], [0] * 40 + [1])
    hits = postgres_dense.nearest([collection.generation_id], engine.embed(["tea"])[0], 2)
    assert [hit.passage for hit in hits] == leaf_ids(collection.generation)
