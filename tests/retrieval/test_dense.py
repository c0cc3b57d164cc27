import numpy as np
import pytest
from django.contrib.auth.models import User

from kb.models import Collection, Version
from retrieval.chunking.split import Window
from retrieval.indexes import configured
from retrieval.indexes.protocols import IndexHit
from retrieval.indexes.scope import Scope
from retrieval.models import Passage
from retrieval.options import Grain
from tests.conftest import new_collection
from tests.engines import WordsEngine
from tests.retrieval.conftest import passage_ids, write

pytestmark = pytest.mark.usefixtures("index")


def nearest(scope: Scope, text: str, depth: int, grain: Grain = Grain.PASSAGE) -> list[IndexHit]:
    return configured.dense().search(scope, WordsEngine().embed([text])[0], depth, grain)


def over(*collections: Collection) -> Scope:
    return Scope([collection.generation_id for collection in collections])


def test_the_nearest_come_first_with_their_cosine(collection: Collection, engine: WordsEngine) -> None:
    passages = ["tea with milk", "rice with salt", "tea"]
    write(collection, passages)
    hits = nearest(over(collection), "tea", 3)
    ids = passage_ids(collection.generation)
    cosines = engine.embed(passages) @ engine.embed(["tea"])[0]
    assert [hit.passage for hit in hits] == [ids[place] for place in np.argsort(-cosines)]
    np.testing.assert_allclose([hit.score for hit in hits], sorted(cosines, reverse=True), atol=1e-3)


def test_only_the_generations_and_versions_asked_for_are_searched(collection: Collection, alice: User) -> None:
    kept, _other = write(collection, ["tea"]), write(collection, ["tea"])
    write(new_collection(alice, "Private"), ["tea"])
    assert len(nearest(over(collection), "tea", 10)) == 2
    scope = Scope([collection.generation_id], filter=Version.objects.filter(pk=kept.pk))
    (hit,) = nearest(scope, "tea", 10)
    assert hit.passage == passage_ids(collection.generation)[0]


def test_a_filter_that_selects_nothing_finds_nothing(collection: Collection) -> None:
    write(collection, ["tea"])
    assert nearest(Scope([collection.generation_id], filter=Version.objects.none()), "tea", 10) == []
    assert nearest(Scope([]), "tea", 10) == []


def test_equal_vectors_are_ordered_by_passage(collection: Collection) -> None:
    write(collection, ["tea"] * 5)
    hits = nearest(over(collection), "tea", 3)
    assert [hit.passage for hit in hits] == passage_ids(collection.generation)[:3]


def test_a_passage_is_as_near_as_the_nearest_of_its_windows(collection: Collection) -> None:
    windows = [Window(0, "tea with milk"), Window(0, "rice with salt"), Window(1, "tea"), Window(1, "bread")]
    write(collection, ["tea with milk. rice with salt", "tea. bread"], windows)
    first, second = passage_ids(collection.generation)
    hits = nearest(over(collection), "rice with salt", 10)
    assert [hit.passage for hit in hits] == [first, second]
    assert hits[0].score == pytest.approx(1, abs=1e-3)


def test_passages_of_many_near_windows_hide_no_other(collection: Collection) -> None:
    write(collection, ["tea " * 40, "rice"], [*[Window(0, "tea")] * 40, Window(1, "rice")])
    hits = nearest(over(collection), "tea", 2)
    assert [hit.passage for hit in hits] == passage_ids(collection.generation)


def test_a_section_or_document_comes_once_with_its_nearest_passage(collection: Collection) -> None:
    one = write(collection, ["tea tea milk", "tea", "rice", "tea rice rice"], sections=[0, 0, 1, 1])
    other = write(collection, ["bread"] * 9)
    first, second, third, fourth = Passage.objects.filter(version=one.pk).exclude(text="").order_by("pk")
    assert second.parent_id == first.parent_id != third.parent_id == fourth.parent_id
    sections = nearest(over(collection), "tea", 2, Grain.SECTION)
    assert [(hit.item, hit.passage) for hit in sections] == [
        (second.parent_id, second.pk),
        (fourth.parent_id, fourth.pk),
    ]
    documents = nearest(over(collection), "tea", 5, Grain.DOCUMENT)
    assert [hit.item for hit in documents] == [one.pk, other.pk]
    assert documents[0].passage == second.pk
