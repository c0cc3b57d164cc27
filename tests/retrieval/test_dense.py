import numpy as np
from django.contrib.auth.models import User

from kb.models import Collection
from retrieval import dense
from tests.conftest import new_collection
from tests.engines import WordsEngine
from tests.retrieval.conftest import leaf_ids, write


def test_the_nearest_come_first_with_their_cosine(collection: Collection, engine: WordsEngine) -> None:
    passages = ["tea with milk", "rice with salt", "tea"]
    write(collection, passages)
    question = engine.embed(["tea"])[0]
    hits = dense.nearest([collection.generation_id], question, 3)
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
    assert len(dense.nearest([collection.generation_id], question, 10)) == 2
    (hit,) = dense.nearest([collection.generation_id], question, 10, versions=[kept.pk])
    assert hit.passage == leaf_ids(collection.generation)[0]


def test_equal_vectors_are_ordered_by_id(collection: Collection, engine: WordsEngine) -> None:
    write(collection, ["tea"] * 5)
    hits = dense.nearest([collection.generation_id], engine.embed(["tea"])[0], 3)
    assert [hit.passage for hit in hits] == leaf_ids(collection.generation)[:3]
