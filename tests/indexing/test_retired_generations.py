"""Formerly active indexes: kept for a while, activated again, dropped."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from pytest_django import Settings

from kb.indexing import activation, build, generations
from kb.indexing.activation import GenerationError, NotComplete
from kb.library import documents
from kb.models import Action, AuditEntry, Collection, Document, Status
from retrieval import build as index
from retrieval.models import Generation, IndexedVersion, Passage, PassageVector, Posting, Segment
from tests.conftest import Upload, work
from tests.engines import WordsEngine
from tests.indexing.conftest import actions, active, assert_whole, indexing, state

State = Generation.State


@pytest.fixture
def swapped(shelf: Collection, alice: User) -> tuple[Generation, Generation]:
    """The retired generation and the active one."""
    before = shelf.generation
    made = generations.start(shelf, alice, preset="legal", activate_when_complete=True)
    work()
    shelf.refresh_from_db()
    return before, made


class TestRetired:
    def test_it_can_be_activated_again_if_nothing_has_changed(
        self, swapped: tuple[Generation, Generation], shelf: Collection, alice: User
    ) -> None:
        before, after = swapped
        activation.activate(shelf, before, alice)
        assert (active(shelf), state(before), state(after)) == (before, State.ACTIVE, State.RETIRED)
        assert Generation.objects.get(pk=before.pk).retired_at is None
        assert_whole(before)

    @pytest.mark.parametrize("change", ["new", "next"])
    def test_after_uploads_it_must_be_resumed_before_activation(
        self,
        swapped: tuple[Generation, Generation],
        shelf: Collection,
        alice: User,
        add: Upload,
        engine: WordsEngine,
        change: str,
    ) -> None:
        before, after = swapped
        if change == "new":
            changed = add("new.md", "Tea.")
        else:
            changed = Document.objects.all()[0]
            documents.parse_again(Document.objects.filter(pk=changed.pk), alice)
        work()
        changed.refresh_from_db()
        with pytest.raises(NotComplete):
            activation.activate(shelf, before, alice)
        engine.embedded.clear()
        generations.resume(before)
        assert (state(before), generations.building(before).complete) == (State.BUILDING, False)
        work()
        activation.activate(shelf, before, alice)
        assert (active(shelf), state(after)) == (before, State.RETIRED)
        assert indexing(changed, before).status == Status.READY
        assert engine.embedded == []
        assert before.versions.count() == Document.objects.count()
        for generation in swapped:
            assert_whole(generation)

    def test_removed_documents_leave_it_too(self, swapped: tuple[Generation, Generation], alice: User) -> None:
        before, after = swapped
        documents.remove(Document.objects.filter(name__in=["0.md", "1.md"]), alice)
        assert before.versions.count() == after.versions.count() == 3
        for generation in swapped:
            assert_whole(generation)

    def test_a_document_that_was_given_another_preset_since_is_split_by_it_there_too(
        self, swapped: tuple[Generation, Generation], shelf: Collection, alice: User
    ) -> None:
        before, _after = swapped
        changed = Document.objects.all()[0]
        documents.change(changed, alice, preset="code")
        work()
        assert indexing(changed).preset == "code"
        with pytest.raises(NotComplete):
            activation.activate(shelf, before, alice)
        generations.resume(before)
        work()
        assert (indexing(changed, before).status, indexing(changed, before).preset) == (Status.READY, "code")
        activation.activate(shelf, before, alice)
        for generation in swapped:
            assert_whole(generation)

    def test_it_is_kept_for_some_days(
        self, swapped: tuple[Generation, Generation], shelf: Collection, settings: Settings
    ) -> None:
        before, _after = swapped
        kept = timedelta(days=settings.KEEP_RETIRED_INDEX_DAYS)
        for ago, expected in (
            (kept - timedelta(minutes=1), State.RETIRED),
            (kept + timedelta(minutes=1), State.DROPPED),
        ):
            Generation.objects.filter(pk=before.pk).update(retired_at=Now() - ago)
            generations.drop_outdated()
            assert state(before) == expected
        assert AuditEntry.objects.get(action=Action.INDEX_DROPPED).actor is None

    def test_one_that_was_activated_again_is_not_dropped(
        self, swapped: tuple[Generation, Generation], shelf: Collection, alice: User, settings: Settings
    ) -> None:
        before, _after = swapped
        Generation.objects.filter(pk=before.pk).update(retired_at=Now() - timedelta(days=1000))
        activation.activate(shelf, before, alice)
        generations.drop_outdated()
        assert state(before) == State.ACTIVE


@pytest.mark.parametrize("wrong", [State.ACTIVE, State.DROPPED])
def test_only_building_and_retired_ones_can_be_resumed(shelf: Collection, wrong: str) -> None:
    Generation.objects.filter(pk=shelf.generation_id).update(state=wrong)
    with pytest.raises(GenerationError, match="not being built"):
        generations.resume(shelf.generation)
    assert state(shelf.generation) == wrong


class TestDrop:
    def gone(self, generation: Generation) -> bool:
        rows: list[Any] = [Passage, PassageVector, Segment, Posting]
        return not (
            any(kind.objects.filter(generation=generation.pk).exists() for kind in rows)
            or IndexedVersion.objects.filter(generation=generation.pk).exists()
            or Generation.objects.filter(pk=generation.pk).exists()
        )

    def test_the_one_that_is_searched_stays(self, shelf: Collection, alice: User) -> None:
        with pytest.raises(GenerationError, match="is the active index"):
            generations.drop(shelf, shelf.generation, alice)
        assert state(shelf.generation) == State.ACTIVE

    def test_it_goes_in_batches_and_leaves_the_other_whole(
        self, shelf: Collection, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = generations.start(shelf, alice, preset="legal")
        work()
        generations.drop(shelf, made, alice)
        generations.drop(shelf, made, alice)
        assert actions().count(Action.INDEX_DROPPED) == 1
        batches: list[int] = []
        remove = index.remove

        def counted(generation: Generation, versions: list[int]) -> None:
            batches.append(len(versions))
            remove(generation, versions)

        monkeypatch.setattr(generations, "REMOVED_AT_ONCE", 2)
        monkeypatch.setattr(index, "remove", counted)
        generations.purge_dropped()
        assert batches == [2, 2, 1]
        assert self.gone(made)
        assert shelf.generation.versions.count() == 5
        assert_whole(shelf.generation)

    def test_a_purge_that_was_cut_off_goes_on(
        self, shelf: Collection, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = generations.start(shelf, alice, preset="legal")
        work()
        generations.drop(shelf, made, alice)
        monkeypatch.setattr(generations, "REMOVED_AT_ONCE", 2)
        remove = index.remove

        def cut_off(generation: Generation, versions: list[int]) -> None:
            remove(generation, versions)
            if made.versions.count() == 3:
                raise ConnectionError("killed")

        monkeypatch.setattr(index, "remove", cut_off)
        with pytest.raises(ConnectionError):
            generations.purge_dropped()
        assert made.versions.count() == 3, "the second batch is undone as a whole"
        assert_whole(made)
        monkeypatch.setattr(index, "remove", remove)
        generations.purge_dropped()
        assert self.gone(made)

    def test_half_built_it_goes_too(self, shelf: Collection, alice: User) -> None:
        made = generations.start(shelf, alice, preset="legal")
        for row in list(made.versions.order_by("pk"))[:2]:
            build.build(row.pk)
        generations.drop(shelf, made, alice)
        generations.purge_dropped()
        assert self.gone(made)
        assert_whole(shelf.generation)

    def test_uploads_reach_it_no_more(self, shelf: Collection, alice: User, add: Upload) -> None:
        made = generations.start(shelf, alice, preset="legal")
        generations.drop(shelf, made, alice)
        document = add("new.md", "Tea.")
        work()
        assert [row.generation for row in IndexedVersion.objects.filter(version=document.newest.pk)] == [
            shelf.generation
        ]
