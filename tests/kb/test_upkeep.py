"""What beat starts: asking again for what was left behind, and taking away what nothing needs."""

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
from kb.indexing import ingest, queue, tasks
from kb.library import collections, documents
from kb.models import Collection, Document, Status, Version
from kb.storage import files
from retrieval.models import Generation
from tests.conftest import Upload, new_collection


@pytest.fixture(autouse=True)
def redis(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    monkeypatch.setattr(queue, "_silent_until", 0.0)
    with Redis.from_url(settings.CELERY_BROKER_URL) as connection:
        connection.delete(queue.QUEUE)
        yield connection


def hints() -> list[tuple[str, list[object]]]:
    """What the queue holds, oldest first: names of tasks and their arguments."""
    with Redis.from_url(settings.CELERY_BROKER_URL) as redis:
        messages = [json.loads(message) for message in reversed(redis.lrange(queue.QUEUE, 0, -1))]
        redis.delete(queue.QUEUE)
    return [(message["headers"]["task"], json.loads(base64.b64decode(message["body"]))[0]) for message in messages]


class TestHints:
    def test_adding_a_document_asks_for_its_ingestion_after_the_commit(self, add: Upload, on_commit: OnCommit) -> None:
        with on_commit() as callbacks:
            document = add("a.txt", "tea")
        assert queue.waiting() == 0
        for callback in callbacks:
            callback()
        assert hints() == [("kb.indexing.tasks.ingest", [document.newest.pk])]

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
    def test_what_waits_unasked_is_asked_for(self, add: Upload) -> None:
        first, second = add("a.txt", "tea"), add("b.txt", "milk")
        tasks.sweep()
        assert hints() == [
            ("kb.indexing.tasks.ingest", [first.newest.pk]),
            ("kb.indexing.tasks.ingest", [second.newest.pk]),
        ]

    def test_so_is_what_a_dead_worker_left(self, add: Upload) -> None:
        document = add("a.txt", "tea")
        ingest.claim(document.newest.pk)
        tasks.sweep()
        assert hints() == []
        Version.objects.update(lease_until=Now() - timedelta(seconds=1))
        tasks.sweep()
        assert hints() == [("kb.indexing.tasks.ingest", [document.newest.pk])]

    def test_what_is_finished_or_waits_for_later_is_left_alone(self, ready: Upload, add: Upload) -> None:
        ready("a.txt", "tea")
        add("b.txt", "milk")
        Version.objects.filter(status=Status.QUEUED).update(not_before=Now() + timedelta(minutes=1))
        tasks.sweep()
        assert hints() == []

    def test_a_full_queue_gets_no_more_hints(self, add: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
        add("a.txt", "tea")
        monkeypatch.setattr(tasks, "ENOUGH_HINTS", 1)
        tasks.sweep()
        tasks.sweep()
        assert len(hints()) == 1

    def test_an_unfinished_removal_is_asked_for(self, collection: Collection) -> None:
        collections.remove(collection, collection.members.get().user)
        tasks.sweep()
        assert hints() == [("kb.indexing.tasks.finish_removals", [])]


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
            tasks.finish_removals()
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
        monkeypatch.setattr(collections, "REMOVED_AT_ONCE", 2)
        purge = documents.purge

        def cut_off(found: object) -> int:
            monkeypatch.setattr(documents, "purge", lambda found: 1 / 0)
            return purge(found)  # type: ignore[arg-type]

        monkeypatch.setattr(documents, "purge", cut_off)
        with pytest.raises(ZeroDivisionError):
            tasks.finish_removals()
        assert Document.objects.count() == 1
        monkeypatch.setattr(documents, "purge", purge)
        tasks.finish_removals()
        assert not Collection.objects.exists()


class TestTidy:
    def test_bytes_that_nothing_names_go_and_others_stay(self, ready: Upload) -> None:
        kept = ready("a.txt", "tea").newest.sha256
        stray = files.path_of("0" * 64)
        stray.parent.mkdir()
        stray.write_bytes(b"left behind")
        tasks.tidy()
        assert list(files.kept()) == [kept]

    def test_what_somebody_else_put_among_the_files_is_left_alone(self, db: None, settings: Settings) -> None:
        foreign = settings.FILES_DIR / "ab" / ".nfs00001"
        foreign.parent.mkdir()
        foreign.write_bytes(b"not ours")
        tasks.tidy()
        assert foreign.exists()

    def test_abandoned_uploads_go_after_a_day(self, db: None, settings: Settings) -> None:
        old, new = settings.INCOMING_DIR / "old", settings.INCOMING_DIR / "new"
        for path in (old, new):
            path.write_bytes(b"half a file")
        yesterday = time.time() - tasks.ABANDONED_SECONDS - 1
        os.utime(old, (yesterday, yesterday))
        tasks.tidy()
        assert [path.name for path in settings.INCOMING_DIR.iterdir()] == ["new"]
