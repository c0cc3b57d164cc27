"""Periodic tasks: enqueuing forgotten work, and deleting what is no longer needed."""

import base64
import json
import os
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models.functions import Now
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks as OnCommit
from pytest_django import Settings
from redis import Redis

from kb.celery import app
from kb.indexing import build, generations, queue
from kb.library import collections, removal
from kb.models import Collection, Document, Status, Version
from kb.operations import upkeep
from kb.storage import files
from retrieval.models import CachedEmbedding, Generation, IndexedVersion
from tests.conftest import Upload, new_collection, work
from tests.engines import WordsEngine
from tests.indexing.conftest import claim_indexed, claim_version, expire_leases, indexing


@pytest.fixture(autouse=True)
def redis(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    monkeypatch.setattr(queue, "_silent_until", 0.0)
    with Redis.from_url(settings.CELERY_BROKER_URL) as connection:
        connection.delete(queue.QUEUE, queue.BUILDS)
        yield connection


def messages(name: str = queue.QUEUE) -> list[tuple[str, list[object]]]:
    """The tasks in a queue with their arguments, oldest first."""
    with Redis.from_url(settings.CELERY_BROKER_URL) as redis:
        messages = [json.loads(message) for message in reversed(redis.lrange(name, 0, -1))]
        redis.delete(name)
    return [(message["headers"]["task"], json.loads(base64.b64decode(message["body"]))[0]) for message in messages]


PARSE, BUILD = "kb.indexing.parse.parse", "kb.indexing.build.build"


class TestMessages:
    def test_adding_a_document_asks_for_its_parsing_after_the_commit(self, add: Upload, on_commit: OnCommit) -> None:
        with on_commit() as callbacks:
            document = add("a.txt", "tea")
        assert queue.waiting() == 0
        for callback in callbacks:
            callback()
        assert messages() == [(PARSE, [document.newest.pk])]

    def test_another_index_is_built_from_a_queue_of_its_own(
        self, ready: Upload, collection: Collection, alice: User, on_commit: OnCommit
    ) -> None:
        """So that an upload does not wait for thousands of documents."""
        document = ready("a.txt", "tea")
        with on_commit(execute=True):
            generation = generations.start(collection, alice, preset="legal")
        assert messages() == []
        assert messages(queue.BUILDS) == [(BUILD, [indexing(document, generation).pk])]

    def test_without_a_queue_a_document_is_accepted_all_the_same(
        self,
        add: Upload,
        on_commit: OnCommit,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        asked = []

        def away(*args: object, **options: object) -> None:
            asked.append(args)
            raise OperationalError("connection refused")

        monkeypatch.setattr(app, "send_task", away)
        with on_commit(execute=True):
            documents = [add("a.txt", "tea"), add("b.txt", "milk")]
        assert {document.newest.status for document in documents} == {Status.QUEUED}
        assert len(asked) == 1, "the second upload does not wait for the queue again"


class TestSweep:
    def test_waiting_versions_are_enqueued(self, add: Upload) -> None:
        first, second = add("a.txt", "tea"), add("b.txt", "milk")
        upkeep.sweep()
        assert messages() == [(PARSE, [first.newest.pk]), (PARSE, [second.newest.pk])]

    def test_waiting_indexed_versions_are_enqueued(
        self, ready: Upload, collection: Collection, alice: User, engine: WordsEngine
    ) -> None:
        engine.away = True
        document = ready("a.txt", "tea")
        generation = generations.start(collection, alice, preset="legal")
        upkeep.sweep()
        assert messages() == [], "the engine gets some seconds"
        assert messages(queue.BUILDS) == [(BUILD, [indexing(document, generation).pk])]
        IndexedVersion.objects.update(not_before=None)
        upkeep.sweep()
        assert messages() == [(BUILD, [indexing(document).pk])]

    def test_work_of_a_dead_worker_is_enqueued(self, add: Upload) -> None:
        document = add("a.txt", "tea")
        claim_version(document)
        upkeep.sweep()
        assert messages() == []
        expire_leases()
        upkeep.sweep()
        assert messages() == [(PARSE, [document.newest.pk])]

    def test_whichever_stage_it_died_in(self, ready: Upload) -> None:
        row = indexing(ready("a.txt", "tea"))
        IndexedVersion.objects.all().queue_again()
        claim_indexed(row)
        upkeep.sweep()
        assert messages() == []
        expire_leases()
        upkeep.sweep()
        assert messages() == [(BUILD, [row.pk])]

    def test_what_is_finished_or_waits_for_later_is_left_alone(self, ready: Upload, add: Upload) -> None:
        ready("a.txt", "tea")
        add("b.txt", "milk")
        Version.objects.filter(status=Status.QUEUED).update(not_before=Now() + timedelta(minutes=1))
        upkeep.sweep()
        assert messages() == []

    def test_a_paused_build_is_not_asked_for(self, ready: Upload, collection: Collection, alice: User) -> None:
        ready("a.txt", "tea")
        generation = generations.start(collection, alice, preset="legal")
        generations.pause(generation)
        upkeep.sweep()
        assert messages(queue.BUILDS) == []

    def test_a_full_queue_gets_no_more_messages(self, add: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
        add("a.txt", "tea")
        monkeypatch.setattr(upkeep, "ENOUGH", 1)
        upkeep.sweep()
        upkeep.sweep()
        assert len(messages()) == 1

    def test_a_queue_full_of_uploads_holds_up_no_build_and_the_other_way_round(
        self, ready: Upload, add: Upload, collection: Collection, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ready("a.txt", "tea")
        generations.start(collection, alice, preset="legal")
        add("b.txt", "milk")
        monkeypatch.setattr(upkeep, "ENOUGH", 1)
        for full, other in ((queue.QUEUE, queue.BUILDS), (queue.BUILDS, queue.QUEUE)):
            upkeep.sweep()
            assert len(messages(other)) == 1
            upkeep.sweep()
            assert (len(messages(full)), len(messages(other))) == (1, 1)

    def test_without_a_queue_it_waits_for_the_next_time(self, add: Upload, settings: Settings) -> None:
        add("a.txt", "tea")
        settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
        upkeep.sweep()
        assert Version.objects.get().status == Status.QUEUED

    def test_an_unfinished_removal_is_asked_for(self, collection: Collection) -> None:
        collections.remove(collection, collection.members.get().user)
        upkeep.sweep()
        assert messages() == [("kb.library.removal.finish_removals", [])]

    def test_an_unfinished_purge_is_enqueued(self, ready: Upload, collection: Collection, alice: User) -> None:
        ready("a.txt", "tea")
        generations.drop(collection, generations.start(collection, alice, preset="legal"), alice)
        upkeep.sweep()
        assert messages(queue.BUILDS) == [("kb.indexing.generations.purge_dropped", [])]

    def test_an_index_whose_last_worker_died_before_the_swap_is_activated(
        self, collection: Collection, ready: Upload, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        document = ready("a.txt", "tea")
        generation = generations.start(collection, alice, preset="legal", activate_when_complete=True)
        monkeypatch.setattr("kb.indexing.build.activate_if_complete", lambda generation: None)
        build.build(indexing(document, generation).pk)
        collection.refresh_from_db()
        assert collection.generation != generation
        upkeep.sweep()
        collection.refresh_from_db()
        assert collection.generation == generation


class TestRemoval:
    def test_a_removed_collection_leaves_nothing(
        self,
        collection: Collection,
        ready: Upload,
        alice: User,
        on_commit: OnCommit,
    ) -> None:
        other = new_collection(alice, "Other")
        kept = ready("kept.txt", "milk", to=other)
        for number in range(3):
            ready(f"{number}.txt", f"tea {number}")
        collections.remove(collection, collection.members.get().user)
        with on_commit(execute=True):
            removal.finish_removals()
        assert list(Collection.objects.all()) == [other]
        assert list(Document.objects.all()) == [kept]
        assert list(Generation.objects.values_list("collection", flat=True)) == [other.pk]
        assert list(files.kept()) == [kept.newest.sha256]

    def test_removal_goes_on_where_it_was_cut_off(
        self, collection: Collection, ready: Upload, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(3):
            ready(f"{number}.txt", f"tea {number}")
        collections.remove(collection, collection.members.get().user)
        monkeypatch.setattr(removal, "REMOVED_AT_ONCE", 2)
        purge = removal.purge

        def cut_off(found: object) -> int:
            monkeypatch.setattr(removal, "purge", lambda found: 1 / 0)
            return purge(found)  # type: ignore[arg-type]

        monkeypatch.setattr(removal, "purge", cut_off)
        with pytest.raises(ZeroDivisionError):
            removal.finish_removals()
        assert Document.objects.count() == 1
        monkeypatch.setattr(removal, "purge", purge)
        removal.finish_removals()
        assert not Collection.objects.exists()


class TestTidy:
    def test_bytes_that_nothing_names_go_and_others_stay(self, ready: Upload) -> None:
        kept = ready("a.txt", "tea").newest.sha256
        stray = files.path_of("0" * 64)
        stray.parent.mkdir()
        stray.write_bytes(b"left behind")
        upkeep.tidy()
        assert list(files.kept()) == [kept]

    def test_unknown_files_in_the_folder_are_left_alone(self, db: None, settings: Settings) -> None:
        foreign = settings.FILES_DIR / "ab" / ".nfs00001"
        foreign.parent.mkdir()
        foreign.write_bytes(b"not ours")
        upkeep.tidy()
        assert foreign.exists()

    def test_abandoned_uploads_go_after_a_day(self, db: None, settings: Settings) -> None:
        old, new = settings.INCOMING_DIR / "old", settings.INCOMING_DIR / "new"
        for path in (old, new):
            path.write_bytes(b"half a file")
        yesterday = time.time() - upkeep.ABANDONED_SECONDS - 1
        os.utime(old, (yesterday, yesterday))
        upkeep.tidy()
        assert [path.name for path in settings.INCOMING_DIR.iterdir()] == ["new"]

    def test_vectors_that_no_build_needs_any_more_go_after_a_week(self, ready: Upload) -> None:
        ready("old.txt", "tea")
        CachedEmbedding.objects.update(created_at=Now() - upkeep.KEEP_EMBEDDINGS - timedelta(minutes=1))
        ready("new.txt", "milk")
        upkeep.tidy()
        assert CachedEmbedding.objects.count() == 1

    def test_an_outdated_index_is_dropped(
        self, ready: Upload, collection: Collection, alice: User, settings: Settings
    ) -> None:
        ready("a.txt", "tea")
        generations.start(collection, alice, preset="legal", activate_when_complete=True)
        work()
        retired = Generation.objects.filter(state=Generation.State.RETIRED)
        kept = timedelta(days=settings.KEEP_RETIRED_INDEX_DAYS)
        retired.update(retired_at=Now() - kept + timedelta(minutes=1))
        upkeep.tidy()
        assert retired.count() == 1
        retired.update(retired_at=Now() - kept - timedelta(minutes=1))
        upkeep.tidy()
        assert retired.count() == 0
        generations.purge_dropped()
        collection.refresh_from_db()
        assert list(Generation.objects.all()) == [collection.generation]
