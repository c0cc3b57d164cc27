"""A collection's page "Index": the active index, and others that are being built."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from kb.indexing import generations
from kb.indexing.activation import activate
from kb.models import AuditEntry, Collection
from retrieval.engines import engine as engine_named
from retrieval.models import CachedEmbedding, Generation, IndexedVersion
from tests.conftest import Upload, built, new_collection, signed_in, statements, work
from tests.engines import WordsEngine
from tests.kb.test_pages import page, text_of

HTMX = {"HX-Request": "true"}


@pytest.fixture
def owner(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def path(collection: Collection) -> str:
    return f"/collections/{collection.pk}/index/"


def place(path: str, generation: Generation, action: str) -> str:
    return f"{path}{generation.pk}/{action}/"


def state(generation: Generation) -> str:
    generation.refresh_from_db()
    return generation.state


class TestPage:
    def test_tells_what_is_searched(self, owner: Client, path: str, ready: Upload) -> None:
        ready("soup.md", "Boil the bones.")
        shown = page(owner, path)
        assert "Engine words Model words Dimensions 64 Split as general Passages 1 Since" in shown
        assert "Being built" not in shown
        assert "Retired" not in shown
        assert "Compare" not in shown

    def test_is_linked_on_the_collection_s_page(self, bob: User, collection: Collection, path: str) -> None:
        assert f'href="{path}"'.encode() in signed_in(bob).get(f"/collections/{collection.pk}/").content

    def test_since_is_the_last_activation(
        self, owner: Client, path: str, collection: Collection, ready: Upload
    ) -> None:
        ready("soup.md", "Boil the bones.")
        assert owner.get(path).context["since"] == collection.generation.created_at
        activate(collection, built(collection), None)
        assert owner.get(path).context["since"] == AuditEntry.objects.get(action="index_activated").at

    def test_readers_look_and_have_no_buttons(
        self, path: str, collection: Collection, ready: Upload, bob: User, erin: User
    ) -> None:
        ready("soup.md", "Boil the bones.")
        activate(collection, built(collection), None)
        generations.start(collection, None)
        shown, may = page(signed_in(bob), path), page(signed_in(erin), path)
        assert "0 of 1 document done" in shown
        for verb in ("Pause", "Activate", "Resume", "Drop"):
            assert verb not in shown
        assert "Pause" in may
        assert "Drop" in may

    def test_as_many_statements_for_ten_indexes_as_for_two(
        self, owner: Client, path: str, collection: Collection, ready: Upload
    ) -> None:
        ready("soup.md", "Boil the bones.")

        activate(collection, built(collection), None)
        few = statements(owner, path)
        for _more in range(8):
            activate(collection, built(collection), None)
        assert page(owner, path).count("kept until") == 9
        assert statements(owner, path) == few


class TestBuilding:
    def test_one_is_built_watched_activated_and_the_former_one_dropped(
        self, owner: Client, path: str, collection: Collection, ready: Upload
    ) -> None:
        ready("soup.md", "Boil the bones.")
        first = collection.generation
        answer = owner.post(path, {"engine": "words", "preset": "code", "dimensions": "32"})
        assert (answer.status_code, answer["Location"]) == (302, path)
        made = Generation.objects.get(state="building")
        assert (made.preset, made.vector_space.dimensions, made.activate_when_complete) == ("code", 32, False)
        shown = page(owner, path)
        assert "0 of 1 document done" in shown
        work()
        shown = page(owner, path)
        assert "1 of 1 document done" in shown
        assert "It is complete. Compare it with the active index, or activate it." in shown
        owner.post(place(path, made, "activate"))
        assert (state(made), state(first)) == ("active", "retired")
        assert "kept until" in page(owner, path)
        assert "Drop this index?" in page(owner, place(path, first, "drop"))
        assert state(first) == "retired"
        owner.post(place(path, first, "drop"))
        assert state(first) == "dropped"
        assert "Retired" not in page(owner, path)

    def test_it_can_be_activated_automatically(
        self, owner: Client, path: str, collection: Collection, ready: Upload
    ) -> None:
        ready("soup.md", "Boil the bones.")
        owner.post(path, {"engine": "words", "preset": "legal", "activate_when_complete": "on"})
        assert "It will be activated when it is complete." in page(owner, path)
        work()
        assert "Split as contract or law" in page(owner, path)

    def test_paused_and_resumed(self, owner: Client, path: str, collection: Collection, ready: Upload) -> None:
        ready("soup.md", "Boil the bones.")
        made = generations.start(collection, None)
        owner.post(place(path, made, "pause"))
        shown = page(owner, path)
        assert "Paused." in shown
        assert "Resume" in shown
        owner.post(place(path, made, "resume"))
        work()
        assert "1 of 1 document done" in page(owner, path)

    def test_a_retired_one_is_brought_up_to_date(
        self, owner: Client, path: str, collection: Collection, ready: Upload
    ) -> None:
        ready("soup.md", "Boil the bones.")
        first = collection.generation
        activate(collection, built(collection), None)
        ready("tea.md", "Steep the leaves.")
        refused = text_of(owner.post(place(path, first, "activate"), follow=True).content)
        assert "Documents were added or changed since this index was retired. Resume it first." in refused
        owner.post(place(path, first, "resume"))
        assert "1 of 2 documents done" in page(owner, path)

    def test_what_it_waits_for_is_told(
        self, owner: Client, path: str, collection: Collection, ready: Upload, engine: WordsEngine
    ) -> None:
        ready("soup.md", "Boil the bones.")
        CachedEmbedding.objects.all().delete()
        engine.away = True
        built(collection)
        shown = page(owner, path)
        assert "It waits for the embedding engine and continues by itself" in shown
        assert "(connection refused)" in shown

    def test_failed_documents_are_counted_and_retried(
        self, owner: Client, path: str, collection: Collection, ready: Upload
    ) -> None:
        ready("soup.md", "Boil the bones.")
        made = built(collection)
        IndexedVersion.objects.filter(generation=made).update(status="failed", error_code="internal")
        shown = page(owner, path)
        assert "1 failed" in shown
        assert "Retry failed" in shown
        owner.post(f"/collections/{collection.pk}/retry/")
        work()
        assert "1 failed" not in page(owner, path)


class TestProgress:
    def test_htmx_gets_it_as_long_as_something_moves_then_the_whole_page(
        self, owner: Client, path: str, collection: Collection, ready: Upload
    ) -> None:
        ready("soup.md", "Boil the bones.")
        made = generations.start(collection, None)
        asked = f"{path}?building={made.pk}"
        assert f'hx-get="{asked}"' in owner.get(path).content.decode()
        part = owner.get(asked, headers=HTMX)
        assert "<html" not in part.content.decode()
        assert re.search(r'<progress max="1" value="0"', part.content.decode())
        assert 'hx-trigger="load delay:2s"' in part.content.decode()
        assert "HX-Request" in part["Vary"]
        assert "HX-Refresh" not in part
        work()
        assert owner.get(asked, headers=HTMX)["HX-Refresh"] == "true"
        assert "hx-trigger" not in owner.get(path).content.decode()
        generations.drop(collection, made, None)
        assert owner.get(asked, headers=HTMX)["HX-Refresh"] == "true"

    def test_each_of_several_is_asked_for_alone(
        self, owner: Client, path: str, collection: Collection, ready: Upload
    ) -> None:
        ready("soup.md", "Boil the bones.")
        complete = built(collection)
        moving = generations.start(collection, None, dimensions=16)
        shown = owner.get(path).content.decode()
        assert f"building={moving.pk}" in shown
        assert f"building={complete.pk}" not in shown
        assert shown.count("<progress") == 2

    def test_paused_it_is_not_asked_for(self, owner: Client, path: str, collection: Collection, ready: Upload) -> None:
        ready("soup.md", "Boil the bones.")
        generations.pause(generations.start(collection, None))
        assert "hx-trigger" not in owner.get(path).content.decode()

    def test_without_a_script_the_page_reloads(
        self, owner: Client, path: str, collection: Collection, ready: Upload
    ) -> None:
        ready("soup.md", "Boil the bones.")
        assert b'http-equiv="refresh"' not in owner.get(path).content
        generations.start(collection, None)
        assert b'http-equiv="refresh"' in owner.get(path).content


class TestForm:
    def test_asks_only_what_there_is_a_choice_of(self, owner: Client, path: str, settings: Settings) -> None:
        assert list(owner.get(path).context["form"].fields) == [
            "engine",
            "dimensions",
            "preset",
            "activate_when_complete",
        ]
        settings.ENGINES = {"words": settings.ENGINES["words"]}
        assert "engine" not in owner.get(path).context["form"].fields
        assert "words takes 16 to 64" in page(owner, path)
        settings.ENGINES = {"minilm": {"class": "embedding.minilm.MiniLM", "cache_dir": "x"}}
        assert list(owner.get(path).context["form"].fields) == ["engine", "preset", "activate_when_complete"]

    @pytest.mark.parametrize(
        ("sent", "sentence"),
        [
            ({"preset": "none"}, "Select a valid choice. none is not one of the available choices."),
            ({"engine": "none"}, "Select a valid choice. none is not one of the available choices."),
            ({"dimensions": "8"}, "words makes vectors of 16 to 64 dimensions, not of 8."),
            ({"engine": "minilm", "dimensions": "64"}, "makes vectors of 384 dimensions only, not of 64."),
        ],
    )
    def test_invalid_settings_are_refused(self, owner: Client, path: str, sent: dict[str, str], sentence: str) -> None:
        answer = owner.post(path, {"engine": "words", "preset": "general", **sent})
        assert sentence in text_of(answer.content)
        assert Generation.objects.count() == 1

    def test_the_same_one_is_built_once(self, owner: Client, path: str, collection: Collection, ready: Upload) -> None:
        ready("soup.md", "Boil the bones.")
        generations.start(collection, None, preset="code")
        answer = owner.post(path, {"engine": "words", "preset": "code"})
        assert "An index with these settings is being built already." in text_of(answer.content)
        assert Generation.objects.count() == 2

    def test_an_engine_that_is_set_wrongly_is_not_offered(self, owner: Client, path: str, settings: Settings) -> None:
        broken = {
            "class": "embedding.server.client.ServerEngine",
            "url": "ftp://nowhere",
            "model": "m",
            "revision": "r",
        }
        sizes = {"model_dimensions": 8, "dimensions": 8, "max_tokens": 8}
        settings.ENGINES = {**settings.ENGINES, "broken": {**broken, **sizes}}
        assert [name for name, _label in owner.get(path).context["form"].fields["engine"].choices] == [
            "words",
            "minilm",
            "e5",
        ]

    def test_an_index_whose_engine_is_gone_is_built_with_another(
        self, owner: Client, path: str, collection: Collection, ready: Upload
    ) -> None:
        ready("soup.md", "Boil the bones.")
        Generation.objects.filter(pk=collection.generation_id).update(engine="gone")
        assert owner.get(path).context["form"]["engine"].value() == "words"
        owner.post(path, {"engine": "words", "preset": "general"})
        assert Generation.objects.get(state="building").engine == "words"

    def test_an_engine_that_became_another_gives_the_dimensions_that_it_has(
        self, owner: Client, path: str, collection: Collection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        words = engine_named("words")
        monkeypatch.setattr(words, "fingerprint", "words@2")
        monkeypatch.setattr(words, "dimensions", 32)
        owner.post(path, {"engine": "words", "preset": "general"})
        made = Generation.objects.exclude(pk=collection.generation_id).get()
        assert (made.vector_space.engine_fingerprint, made.vector_space.dimensions) == ("words@2", 32)


class TestRefusals:
    def test_the_one_that_is_searched_stays(self, owner: Client, path: str, collection: Collection) -> None:
        active = collection.generation
        for action, sentence in (
            ("drop", "This is the active index. Activate another one first."),
            ("pause", "This index is not being built."),
            ("resume", "This index is not being built."),
        ):
            answer = owner.post(place(path, active, action), follow=True)
            assert sentence in text_of(answer.content)
        assert state(active) == "active"

    def test_an_incomplete_one_is_not_activated(
        self, owner: Client, path: str, collection: Collection, ready: Upload
    ) -> None:
        ready("soup.md", "Boil the bones.")
        made = generations.start(collection, None)
        answer = owner.post(place(path, made, "activate"), follow=True)
        assert "This index is not complete yet." in text_of(answer.content)
        assert state(made) == "building"

    def test_another_collection_s_is_not_here(
        self, owner: Client, path: str, alice: User, collection: Collection
    ) -> None:
        foreign = new_collection(alice, "Other").generation
        for action in ("pause", "resume", "activate", "drop"):
            assert owner.post(place(path, foreign, action)).status_code == 404
        assert owner.get(place(path, foreign, "drop")).status_code == 404


class TestPreset:
    def test_a_change_in_the_settings_builds_an_index(
        self, owner: Client, collection: Collection, ready: Upload
    ) -> None:
        ready("soup.md", "Boil the bones.")
        owner.post(f"/collections/{collection.pk}/edit/", {"name": "Recipes", "preset": "code"})
        made = Generation.objects.get(state="building")
        assert (made.preset, made.activate_when_complete) == ("code", True)

    def test_while_one_with_it_is_built_the_form_says_so_and_nothing_changes(
        self, owner: Client, collection: Collection, ready: Upload
    ) -> None:
        ready("soup.md", "Boil the bones.")
        generations.start(collection, None, preset="code")
        answer = owner.post(f"/collections/{collection.pk}/edit/", {"name": "Teas", "preset": "code"})
        assert "An index with these settings is being built already." in text_of(answer.content)
        collection.refresh_from_db()
        assert collection.name == "Recipes"

    def test_the_preset_cannot_change_while_the_engine_is_gone(self, owner: Client, collection: Collection) -> None:
        Generation.objects.filter(pk=collection.generation_id).update(engine="gone")
        answer = owner.post(f"/collections/{collection.pk}/edit/", {"name": "Teas", "preset": "code"})
        assert answer.context["form"].errors["preset"]
        assert Generation.objects.count() == 1
