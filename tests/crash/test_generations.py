"""Another index is built beside the one that is searched, while people upload, remove and search, and workers die."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from redis import Redis

from kb.indexing import activation, generations
from kb.library import documents
from kb.models import Collection, Document, Status, Version
from kb.operations import upkeep
from kb.searching import search
from retrieval import search as retrieval
from retrieval.chunking.tree import Kind
from retrieval.models import CachedEmbedding, Generation, IndexedVersion, Passage, PassageVector, Segment
from retrieval.options import SearchOptions
from tests.conftest import Upload, work
from tests.crash.worker import EMBEDDED, UNDISTURBED

UPLOADS, REMOVALS, SEARCHES, KILLS = 200, 50, 1000, 5
KEPT = 20  # documents that nobody removes
SEARCHERS = 2
SECONDS = 180
CHECKOUT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.django_db(transaction=True)


class Worker:
    """A worker process that is started again whenever it dies."""

    def __init__(self, folder: Path) -> None:
        database = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{connection.settings_dict['NAME']}"
        data = str(Path(settings.FILES_DIR).parent)
        self._environment = os.environ | {
            "DATABASE_URL": database,
            "FOOTNOTE_DATA": data,
            "FOOTNOTE_LEASE_SECONDS": "2",
        }
        self._command = [sys.executable, "-m", "tests.crash.worker", UNDISTURBED, str(folder)]
        self._ended = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._supervise)

    def _supervise(self) -> None:
        while not self._ended.is_set():
            with subprocess.Popen(self._command, cwd=CHECKOUT, env=self._environment) as self._process:
                self._process.wait()

    @contextmanager
    def running(self) -> Iterator["Worker"]:
        with Redis.from_url(settings.CELERY_BROKER_URL) as redis:
            redis.flushdb()
        self._thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            self.send(signal.SIGTERM)
            self._thread.join(timeout=30)

    def send(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Sweeps meanwhile, as the scheduler does."""
    end = time.monotonic() + SECONDS
    while not condition():
        states = Counter(IndexedVersion.objects.values_list("generation", "status", "error_detail"))
        assert time.monotonic() < end, f"{what}: {states}, {Counter(Version.objects.values_list('status'))}"
        upkeep.sweep()
        time.sleep(0.1)


def text_of(number: int) -> str:
    """A word that no other document has, in several passages that no other document has."""
    sentences = [f"Ledger{number} line {line} tells of barrel {number * 1000 + line}." for line in range(60)]
    return f"# Ledger{number}\n\n" + " ".join(sentences)


class People:
    """Uploads, removals and searches at the same time. What goes wrong in a thread is kept in `problems`."""

    def __init__(self, user: User, collection: Collection, add: Upload, share: float) -> None:
        self._user, self._collection, self._add = user, collection, add
        self._uploads, self._removals = int(UPLOADS * share), int(REMOVALS * share)
        self._searches = int(SEARCHES * share / SEARCHERS)
        self._generations: set[int] = {collection.generation_id}
        self.problems: list[str] = []
        self.searched = 0

    @contextmanager
    def busy(self, first: int) -> Iterator[None]:
        jobs: list[Callable[[], None]] = [lambda: self._upload(first), self._remove, *[self._search] * SEARCHERS]
        threads = [threading.Thread(target=self._noting_problems, args=[job]) for job in jobs]
        for thread in threads:
            thread.start()
        yield
        for thread in threads:
            thread.join(timeout=SECONDS)
        assert not any(thread.is_alive() for thread in threads)

    def _noting_problems(self, job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:
            self.problems.append(repr(error))
            raise
        finally:
            connection.close()

    def _upload(self, first: int) -> None:
        for number in range(first, first + self._uploads):
            self._add(f"{number}.md", text_of(number))

    def _remove(self) -> None:
        for turn in range(self._removals):
            some = Document.objects.present().exclude(name__in=[f"{number}.md" for number in range(KEPT)])
            chosen = some.order_by("?").values("pk")[:1]
            (documents.remove if turn % 2 else documents.remove_soon)(Document.objects.filter(pk__in=chosen), None)
            time.sleep(0.05)

    def _search(self) -> None:
        choose = random.Random(threading.get_ident())
        for _turn in range(self._searches):
            word = f"ledger{choose.randrange(KEPT)}"
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                searched = Generation.objects.select_related("vector_space").get(
                    collection=self._collection.pk, state=Generation.State.ACTIVE
                )
                found = search.search(self._user, None, word, SearchOptions(limit=3))
                expected = retrieval.search([searched], word, SearchOptions(limit=3))
            assert found.hits[0].document.name == f"{word.removeprefix('ledger')}.md"
            assert [hit.hit for hit in found.hits] == expected.hits, "the answer is that of the active generation"
            assert {hit.passage.generation_id for hit in found.hits} == {searched.pk}
            self.searched += 1


def embedded(folder: Path) -> list[str]:
    return (folder / EMBEDDED).read_text().split()


def activate_when_possible(collection: Collection, generation: Generation) -> None:
    def activated() -> bool:
        try:
            activation.activate(Collection.objects.get(pk=collection.pk), generation, None)
        except activation.NotComplete:
            return False
        return True

    wait_for(activated, "activated")


def assert_whole(generation: Generation) -> None:
    """Every document that is there is in it once, with all its passages, and nothing else is."""
    newest = dict(Document.objects.present().values_list("latest", "name"))
    rows = IndexedVersion.objects.filter(generation=generation)
    assert Counter(rows.values_list("version", flat=True)) == Counter(newest)
    assert set(rows.values_list("status", flat=True)) == {Status.READY}
    passages = Passage.objects.filter(generation=generation, kind=Kind.PASSAGE)
    counts = Counter(passages.values_list("version", flat=True))
    assert counts == dict(rows.values_list("version", "passage_count"))
    places = list(passages.values_list("version", "start"))
    assert len(places) == len(set(places)), "a passage is doubled"
    assert set(PassageVector.objects.filter(generation=generation).values_list("passage", flat=True)) == set(
        passages.values_list("pk", flat=True)
    )
    assert dict(Segment.objects.filter(generation=generation).values_list("version", "size")) == counts
    generation.refresh_from_db()
    assert generation.passage_count == sum(counts.values())


def test_two_indexes_are_built_one_after_the_other_while_everybody_goes_on(
    alice: User, collection: Collection, add: Upload, tmp_path: Path
) -> None:
    for number in range(KEPT):
        add(f"{number}.md", text_of(number))
    work()
    first = collection.generation
    people = People(alice, collection, add, share=0.5)
    with Worker(tmp_path).running():
        with people.busy(first=1000):
            by_preset = generations.start(collection, alice, preset="paper")
            activate_when_possible(collection, by_preset)
        with people.busy(first=2000):
            shorter = generations.start(Collection.objects.get(), alice, dimensions=32)
            activate_when_possible(collection, shorter)
        wait_for(lambda: not Document.objects.exclude(removed_at=None).exists(), "removed")
        wait_for(lambda: not Version.objects.unfinished().exists(), "parsed")
        wait_for(lambda: not IndexedVersion.objects.claimable().exists(), "indexed")
    assert people.problems == []
    assert people.searched == SEARCHES
    assert Document.objects.count() == KEPT + UPLOADS - REMOVALS
    assert_whole(shorter)
    states = dict(Generation.objects.values_list("pk", "state"))
    assert states == {first.pk: "retired", by_preset.pk: "retired", shorter.pk: "active"}
    assert len(set(embedded(tmp_path))) == len(embedded(tmp_path)), "a text was embedded twice"
    gone = set(IndexedVersion.objects.values_list("version", flat=True)) - set(
        Version.objects.values_list("pk", flat=True)
    )
    assert gone == set()


def test_a_worker_killed_in_the_middle_of_a_build_embeds_no_text_twice(
    alice: User, collection: Collection, add: Upload, tmp_path: Path
) -> None:
    for number in range(60):
        add(f"{number}.md", text_of(number))
    work()
    CachedEmbedding.objects.all().delete()
    with Worker(tmp_path).running() as worker:
        built = generations.start(collection, alice, preset="paper")
        for kill in range(1, KILLS + 1):
            goal = kill * 10
            ready = IndexedVersion.objects.filter(generation=built, status=Status.READY)
            wait_for(lambda ready=ready, goal=goal: ready.count() >= goal, f"kill {kill}")  # type: ignore[misc]
            worker.send(signal.SIGKILL)
        activate_when_possible(collection, built)
    assert_whole(built)
    times = Counter(embedded(tmp_path))
    windows = PassageVector.objects.filter(generation=built).count()
    assert len(times) <= windows
    twice = sum(n - 1 for n in times.values())
    assert twice == 0, f"{twice} texts were embedded twice"
