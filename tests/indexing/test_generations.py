"""Another index beside the active one: started, paused, completed, activated."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from embedding.engine import EngineMisconfigured
from kb.indexing import activation, build, generations
from kb.indexing.activation import GenerationError, NotComplete
from kb.library import documents
from kb.models import Action, AuditEntry, Collection, Document, Status, Version
from retrieval import build as index
from retrieval.models import (
    CachedEmbedding,
    Generation,
    IndexedVersion,
    VectorSpace,
)
from tests.conftest import Upload, new_collection, work
from tests.engines import WordsEngine
from tests.indexing.conftest import actions, active, assert_whole, indexing, let_time_pass, passages, state

State = Generation.State


class TestStart:
    def test_it_is_built_from_the_texts_beside_the_one_that_is_searched(
        self, shelf: Collection, alice: User, engine: WordsEngine
    ) -> None:
        before = passages(shelf.generation)
        engine.embedded.clear()
        made = generations.start(shelf, alice, dimensions=16)
        assert (made.state, made.engine, made.preset) == (State.BUILDING, "words", "general")
        assert made.vector_space.dimensions == 16
        told = generations.building(made)
        assert (told.total, told.ready, told.failed, told.complete) == (5, 0, 0, False)
        work()
        assert generations.building(made).complete
        assert (active(shelf), passages(shelf.generation)) == (shelf.generation, before)
        assert passages(made) == before, "the same preset gives the same passages"
        assert engine.embedded == [], "no text is embedded twice"
        for generation in (made, shelf.generation):
            assert_whole(generation)
        lengths = [len(vector) for vector in made.vectors.values_list("vector", flat=True)]
        assert set(lengths) == {16}

    def test_omitted_settings_are_those_of_the_active_one(self, alice: User) -> None:
        collection = new_collection(alice, "Small", preset="legal")
        space, _made = VectorSpace.objects.get_or_create(engine_fingerprint="words@1", dimensions=32, transform="")
        Generation.objects.filter(pk=collection.generation_id).update(vector_space=space)
        made = generations.start(collection, alice, preset="code")
        assert (made.engine, made.vector_space, made.preset) == ("words", space, "code")

    def test_several_at_a_time(self, shelf: Collection, alice: User) -> None:
        legal = generations.start(shelf, alice, preset="legal", activate_when_complete=True)
        short = generations.start(shelf, alice, dimensions=16)
        work()
        assert (active(shelf), state(short)) == (legal, State.BUILDING)
        activation.activate(shelf, short, alice)
        assert (active(shelf), state(legal)) == (short, State.RETIRED)
        for generation in (legal, short):
            assert_whole(generation)

    def test_of_several_that_are_to_be_activated_the_one_that_was_started_last_is(
        self, shelf: Collection, alice: User
    ) -> None:
        first = generations.start(shelf, alice, preset="legal", activate_when_complete=True)
        last = generations.start(shelf, alice, preset="code", activate_when_complete=True)
        work()
        assert (active(shelf), state(first)) == (last, State.BUILDING)

    def test_not_the_same_one_twice(self, shelf: Collection, alice: User) -> None:
        first = generations.start(shelf, alice, preset="legal")
        with pytest.raises(GenerationError, match="An index with these settings is being built already"):
            generations.start(shelf, alice, preset="legal")
        assert Generation.objects.filter(collection=shelf.pk).count() == 2
        generations.drop(shelf, first, alice)
        generations.start(shelf, alice, preset="legal")

    @pytest.mark.parametrize(
        ("wanted", "why"), [({"dimensions": 8}, "16 to 64"), ({"dimensions": 65}, "16 to 64"), ({"engine": "x"}, "'x'")]
    )
    def test_what_no_engine_can_make_is_refused(
        self, shelf: Collection, alice: User, wanted: dict[str, Any], why: str
    ) -> None:
        with pytest.raises(EngineMisconfigured, match=why):
            generations.start(shelf, alice, **wanted)
        assert list(Generation.objects.all()) == [shelf.generation]
        assert Action.INDEX_STARTED not in actions()

    def test_documents_without_a_text_do_not_count(
        self, shelf: Collection, add: Upload, ready: Upload, alice: User
    ) -> None:
        ready("empty.txt", "")
        later = add("later.md", "Tea.")
        made = generations.start(shelf, alice, preset="legal")
        assert generations.building(made).total == 5
        work()
        assert indexing(later, made).status == indexing(later).status == Status.READY
        assert generations.building(made).total == 6

    def test_the_newest_parsed_version_of_each_document_is_indexed(
        self, ready: Upload, collection: Collection, alice: User, tmp_path: Any
    ) -> None:
        document = ready("tea.md", "Green tea.")
        for content in ("Black tea.", " "):
            Version.objects.create(
                document=document,
                number=Version.objects.count() + 1,
                filename="tea.md",
                media_type="text/plain",
                size=1,
                sha256="0" * 64,
                status=Status.READY if content.strip() else Status.FAILED,
            )
        made = generations.start(collection, alice, preset="legal")
        assert [Version.objects.get(pk=row.version).number for row in made.versions.all()] == [2]

    def test_a_document_whose_index_failed_before_gets_another_chance_in_the_new_one(
        self, shelf: Collection, alice: User
    ) -> None:
        failed = shelf.generation.versions.order_by("pk")[0]
        IndexedVersion.objects.filter(pk=failed.pk).update(status=Status.FAILED, error_code="internal")
        made = generations.start(shelf, alice, preset="legal")
        work()
        assert set(made.versions.values_list("status", flat=True)) == {Status.READY}

    def test_of_an_empty_collection_it_is_activated_at_once(
        self, collection: Collection, alice: User, on_commit: Any
    ) -> None:
        with on_commit(execute=True):
            made = generations.start(collection, alice, preset="legal", activate_when_complete=True)
        assert active(collection) == made


class TestPause:
    def test_nothing_more_is_begun_until_it_goes_on(self, shelf: Collection, alice: User, add: Upload) -> None:
        made = generations.start(shelf, alice, preset="legal")
        build.build(made.versions.order_by("pk")[0].pk)
        generations.pause(made)
        new = add("new.md", "Tea.")
        work()
        assert (generations.building(made).total, generations.building(made).ready) == (6, 1)
        assert indexing(new).status == Status.READY, "uploads go on"
        generations.resume(made)
        work()
        assert generations.building(made).complete
        assert_whole(made)

    def test_what_is_under_way_ends(
        self, shelf: Collection, alice: User, engine: WordsEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = generations.start(shelf, alice, preset="legal")
        publish = index.publish

        def paused(*args: Any) -> None:
            generations.pause(made)
            publish(*args)

        monkeypatch.setattr(index, "publish", paused)
        work()
        assert generations.building(made).ready == 1

    def test_a_paused_one_is_not_activated_by_itself(self, shelf: Collection, alice: User) -> None:
        made = generations.start(shelf, alice, preset="legal", activate_when_complete=True)
        rows = list(made.versions.order_by("pk"))
        for row in rows[:-1]:
            build.build(row.pk)
        generations.pause(made)
        IndexedVersion.objects.filter(pk=rows[-1].pk).update(status=Status.READY)
        activation.activate_if_complete(made.pk)
        assert active(shelf) == shelf.generation
        generations.resume(made)
        activation.activate_if_complete(made.pk)
        assert active(shelf) == made


class TestActivate:
    def test_the_swap(self, shelf: Collection, alice: User) -> None:
        before = shelf.generation
        made = generations.start(shelf, alice, preset="legal")
        work()
        activation.activate(shelf, made, alice)
        assert active(shelf) == shelf.generation == made
        assert (state(made), state(before)) == (State.ACTIVE, State.RETIRED)
        assert Generation.objects.get(pk=before.pk).retired_at is not None
        assert {Document.objects.with_progress().get(pk=one.pk).progress.preset for one in Document.objects.all()} == {
            "legal"
        }
        entry = AuditEntry.objects.get(action=Action.INDEX_ACTIVATED)
        assert (entry.actor, entry.details) == (alice, {"generation": made.pk, "before": before.pk})

    def test_by_itself_when_the_last_document_is_in(self, shelf: Collection, alice: User) -> None:
        made = generations.start(shelf, alice, preset="legal", activate_when_complete=True)
        *rows, last = made.versions.order_by("pk")
        for row in rows:
            build.build(row.pk)
        assert active(shelf) != made
        build.build(last.pk)
        assert active(shelf) == made
        assert not Generation.objects.get(pk=made.pk).activate_when_complete
        assert AuditEntry.objects.get(action=Action.INDEX_ACTIVATED).actor is None

    def test_not_before_it_is_complete(self, shelf: Collection, alice: User) -> None:
        made = generations.start(shelf, alice, preset="legal")
        for row in list(made.versions.order_by("pk"))[1:]:
            build.build(row.pk)
        with pytest.raises(NotComplete, match="not complete yet"):
            activation.activate(shelf, made, alice)
        assert (active(shelf), state(made)) == (shelf.generation, State.BUILDING)

    def test_a_document_that_fails_in_it_does_not_hold_it_up(self, shelf: Collection, alice: User) -> None:
        made = generations.start(shelf, alice, preset="legal")
        one = made.versions.order_by("pk")[0]
        IndexedVersion.objects.filter(pk=one.pk).update(status=Status.FAILED, error_code="internal")
        work()
        assert (generations.building(made).failed, generations.building(made).complete) == (1, True)
        activation.activate(shelf, made, alice)
        (failed,) = Document.objects.with_progress().in_status(Status.FAILED)
        assert failed.newest.pk == one.version

    def test_a_removed_document_does_not_hold_it_up(self, shelf: Collection, alice: User) -> None:
        made = generations.start(shelf, alice, preset="legal")
        documents.remove_soon(Document.objects.filter(name="0.md"), alice)
        work()
        told = generations.building(made)
        assert (told.total, told.complete) == (4, True)
        activation.activate(shelf, made, alice)

    def test_activating_the_active_one_does_nothing(self, shelf: Collection, alice: User) -> None:
        activation.activate(shelf, shelf.generation, alice)
        assert Action.INDEX_ACTIVATED not in actions()

    def test_a_dropped_one_never(self, shelf: Collection, alice: User) -> None:
        made = generations.start(shelf, alice, preset="legal")
        work()
        generations.drop(shelf, made, alice)
        with pytest.raises(GenerationError, match="is being removed"):
            activation.activate(shelf, made, alice)
        assert (active(shelf), state(made)) == (shelf.generation, State.DROPPED)


def test_an_engine_that_is_away_is_waited_for_and_said(shelf: Collection, alice: User, engine: WordsEngine) -> None:
    CachedEmbedding.objects.all().delete()
    engine.away = True
    made = generations.start(shelf, alice, preset="legal", activate_when_complete=True)
    work()
    told = generations.building(made)
    assert (told.ready, told.failed, told.waits_for) == (0, 0, "connection refused")
    assert active(shelf) == shelf.generation
    engine.away = False
    let_time_pass()
    work()
    assert generations.building(made).waits_for == ""
    assert active(shelf) == made
