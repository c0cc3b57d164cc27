"""The indexes of a collection in the panel."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from kb.indexing import generations
from kb.models import AuditEntry, Collection
from retrieval.models import CachedEmbedding, Generation
from tests.conftest import Upload, new_collection, work
from tests.engines import WordsEngine
from tests.kb.admin.conftest import Queries
from tests.kb.test_pages import page, text_of


@pytest.fixture
def place(collection: Collection) -> str:
    return f"/admin/kb/collection/{collection.pk}/"


def state(generation: Generation) -> str:
    generation.refresh_from_db()
    return generation.state


def test_one_is_built_activated_and_the_former_one_dropped(
    panel: Client, place: str, collection: Collection, ready: Upload
) -> None:
    ready("tea.md", "Green tea.")
    first = collection.generation
    assert "Active words words 64 general 1 of 1 1" in page(panel, f"{place}change/")
    answer = panel.post(f"{place}index/build/")
    assert (answer.status_code, answer["Location"]) == (302, f"{place}change/")
    made = Generation.objects.get(state="building")
    shown = page(panel, f"{place}change/")
    assert "Building words words 64 general 0 of 1 0" in shown
    assert "Pause Drop" in shown
    work()
    assert "Activate Drop" in page(panel, f"{place}change/")
    panel.post(f"{place}index/{made.pk}/activate/")
    assert (state(made), state(first)) == ("active", "retired")
    assert "Activate Resume Drop" in page(panel, f"{place}change/")
    assert "Drop an index of Recipes?" in page(panel, f"{place}index/{first.pk}/drop/")
    assert state(first) == "retired"
    panel.post(f"{place}index/{first.pk}/drop/")
    assert "Dropped" in page(panel, f"{place}change/")
    entries = AuditEntry.objects.filter(action__startswith="index_").order_by("pk")
    assert [str(entry) for entry in entries] == [
        "ada started building an index: Recipes",
        "ada activated an index: Recipes",
        "ada dropped an index: Recipes",
    ]


def test_paused_and_resumed(panel: Client, place: str, collection: Collection, ready: Upload) -> None:
    ready("tea.md", "Green tea.")
    made = generations.start(collection, None)
    panel.post(f"{place}index/{made.pk}/pause/")
    shown = page(panel, f"{place}change/")
    assert "Building (paused)" in shown
    assert "Resume Drop" in shown
    panel.post(f"{place}index/{made.pk}/resume/")
    work()
    assert "Building words words 64 general 1 of 1 1" in page(panel, f"{place}change/")


def test_what_it_waits_for_is_told(
    panel: Client, place: str, collection: Collection, ready: Upload, engine: WordsEngine
) -> None:
    ready("tea.md", "Green tea.")
    CachedEmbedding.objects.all().delete()
    engine.away = True
    generations.start(collection, None)
    work()
    assert "waits for the engine: connection refused" in page(panel, f"{place}change/")


def test_a_refusal_is_a_sentence(panel: Client, place: str, collection: Collection, ready: Upload) -> None:
    ready("tea.md", "Green tea.")
    made = generations.start(collection, None)
    for path, sentence in (
        ("build/", "An index with these settings is being built already."),
        (f"{made.pk}/activate/", "This index is not complete yet."),
        (f"{collection.generation_id}/drop/", "This is the active index."),
        (f"{collection.generation_id}/pause/", "This index is not being built."),
        (f"{collection.generation_id}/resume/", "This index is not being built."),
    ):
        assert sentence in text_of(panel.post(f"{place}index/{path}", follow=True).content)
    assert (state(made), state(collection.generation)) == ("building", "active")


def test_an_engine_missing_from_the_settings_is_a_reason_too(panel: Client, place: str, collection: Collection) -> None:
    Generation.objects.filter(pk=collection.generation_id).update(engine="gone")
    assert panel.get(f"{place}change/").status_code == 200
    shown = text_of(panel.post(f"{place}index/build/", follow=True).content)
    assert "No engine is called 'gone'" in shown


def test_what_is_not_there_is_not_found(panel: Client, place: str, alice: User) -> None:
    other = new_collection(alice, "Other").generation
    for action in ("pause", "resume", "activate", "drop"):
        assert panel.post(f"{place}index/{other.pk}/{action}/").status_code == 404
        assert panel.post(f"/admin/kb/collection/none/index/{other.pk}/{action}/").status_code == 404
    assert panel.post("/admin/kb/collection/none/index/build/").status_code == 404


def test_as_many_queries_for_many_indexes_as_for_one(
    queries: Queries, panel: Client, place: str, collection: Collection, ready: Upload
) -> None:
    ready("tea.md", "Green tea.")
    few = queries(f"{place}change/")
    for _number in range(5):
        generations.drop(collection, generations.start(collection, None), None)
    assert page(panel, f"{place}change/").count("Dropped") == 5
    assert queries(f"{place}change/") == few
