"""Indexes that are started, completed and dropped while workers run: nothing is lost, doubled or left behind."""

import threading
from typing import Any

import pytest
from django.contrib.auth.models import User

from kb.indexing import build, coverage, generations, parse
from kb.indexing.activation import GenerationError
from kb.models import Collection, Document, Status
from retrieval import build as index
from retrieval.models import Generation, IndexedVersion, Passage, PassageVector, Posting, Segment
from tests.conftest import Upload, work
from tests.indexing.conftest import TEXT, active, assert_whole, in_a_thread, in_own_connection, indexing, parsing


@pytest.mark.django_db(transaction=True)
class TestStartOfAnIndex:
    def test_an_upload_that_was_read_while_one_is_started_is_in_both(
        self, add: Upload, collection: Collection, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        document = add("tea.md", TEXT)
        filled, may_end = threading.Event(), threading.Event()
        fill = coverage.fill

        def slowly(generation: Generation) -> list[int]:
            rows = fill(generation)
            filled.set()
            assert may_end.wait(timeout=20)
            return rows

        monkeypatch.setattr(coverage, "fill", slowly)
        with in_a_thread(lambda: generations.start(collection, alice, preset="legal")) as starter:
            assert filled.wait(timeout=20)
            with in_a_thread(lambda: parse.parse(document.newest.pk)) as reader:
                reader.join(timeout=3)
                assert reader.is_alive(), "it waits to see the new index"
                may_end.set()
            starter.join()
        self.assert_it_is_in_both(document, collection)

    def test_an_upload_parsed_just_before_one_is_started_is_in_both(
        self, add: Upload, collection: Collection, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        document = add("tea.md", TEXT)
        added, may_end = threading.Event(), threading.Event()
        note = coverage.add

        def slowly(*args: Any) -> list[int]:
            rows = note(*args)
            added.set()
            assert may_end.wait(timeout=20)
            return rows

        monkeypatch.setattr(coverage, "add", slowly)
        with in_a_thread(lambda: parse.parse(document.newest.pk)) as reader:
            assert added.wait(timeout=20)
            with in_a_thread(lambda: generations.start(collection, alice, preset="legal")) as starter:
                starter.join(timeout=1)
                assert starter.is_alive(), "it waits to see the new text"
                may_end.set()
            reader.join()
        self.assert_it_is_in_both(document, collection)

    def assert_it_is_in_both(self, document: Document, collection: Collection) -> None:
        work()
        made = Generation.objects.get(state=Generation.State.BUILDING)
        assert parsing(document).status == Status.READY
        for generation in (made, collection.generation):
            assert [row.version for row in generation.versions.all()] == [document.newest.pk]
            assert indexing(document, generation).status == Status.READY
            assert_whole(generation)

    def test_of_two_concurrent_starts_one_is_refused(self, ready: Upload, collection: Collection, alice: User) -> None:
        ready("tea.md", TEXT)
        barrier = threading.Barrier(2)
        refused: list[str] = []

        def start() -> None:
            barrier.wait()
            try:
                generations.start(collection, alice, preset="legal")
            except GenerationError as error:
                refused.append(str(error))

        with in_a_thread(start), in_a_thread(start):
            pass
        assert len(refused) == 1
        assert Generation.objects.filter(state=Generation.State.BUILDING).count() == 1


@pytest.mark.django_db(transaction=True)
class TestEndOfAnIndex:
    def test_the_last_two_documents_end_at_the_same_time(
        self, ready: Upload, collection: Collection, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(2):
            ready(f"{number}.md", f"Tea number {number}.")
        made = generations.start(collection, alice, preset="legal", activate_when_complete=True)
        both = threading.Barrier(2)
        run = build.run

        def together(claim: Any) -> None:
            run(claim)
            both.wait(timeout=20)

        monkeypatch.setattr(build, "run", together)
        first, second = made.versions.values_list("pk", flat=True)
        with in_a_thread(lambda: build.build(first)), in_a_thread(lambda: build.build(second)):
            pass
        assert active(collection) == made

    def test_one_that_is_dropped_while_a_worker_publishes_leaves_nothing(
        self, ready: Upload, collection: Collection, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        document = ready("tea.md", TEXT)
        made = generations.start(collection, alice, preset="legal")
        publish = index.publish

        def slowly(*args: Any) -> None:
            with in_a_thread(lambda: generations.drop(collection, made, alice)):
                pass
            publish(*args)
            purge.start()
            purge.join(timeout=2)

        purge = threading.Thread(target=in_own_connection, args=(generations.purge_dropped,))
        monkeypatch.setattr(index, "publish", slowly)
        build.build(indexing(document, made).pk)
        purge.join()
        generations.purge_dropped()  # as the sweeper asks for
        assert list(Generation.objects.all()) == [collection.generation]
        for kind in (IndexedVersion, Passage, PassageVector, Segment, Posting):
            assert set(kind.objects.values_list("generation", flat=True)) == {collection.generation_id}, kind
        assert_whole(collection.generation)

    def test_two_purges_at_once(
        self, ready: Upload, collection: Collection, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(6):
            ready(f"{number}.md", f"Tea number {number}.")
        made = generations.start(collection, alice, preset="legal")
        work()
        generations.drop(collection, made, alice)
        monkeypatch.setattr(generations, "REMOVED_AT_ONCE", 1)
        with in_a_thread(generations.purge_dropped), in_a_thread(generations.purge_dropped):
            pass
        generations.purge_dropped()
        assert list(Generation.objects.all()) == [collection.generation]
        assert set(Passage.objects.values_list("generation", flat=True)) == {collection.generation_id}
        assert_whole(collection.generation)
