"""kill -9 at every moment of a document's way, and Redis losing its data: each document ends ready, once."""

import os
import shutil
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
from django.db import connection
from fpdf import FPDF
from redis import Redis
from redis.exceptions import RedisError

from kb.models import Document, Status, Version
from kb.operations import upkeep
from retrieval.chunking.tree import Kind
from retrieval.models import IndexedVersion, Passage, PassageVector, Segment
from tests.conftest import Upload
from tests.crash.worker import MOMENTS, SLOWLY

TRIALS = 5
LEASE_SECONDS = "2"
SECONDS = 90
CHECKOUT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def empty_queue() -> None:
    with Redis.from_url(settings.CELERY_BROKER_URL) as redis:
        redis.flushdb()


@contextmanager
def workers(moment: str, folder: Path) -> Iterator[list[int]]:
    """A worker, started anew whenever it dies, as a supervisor would; gives the exit codes so far."""
    name = connection.settings_dict["NAME"]
    environment = os.environ | {
        "DATABASE_URL": os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}",
        "FOOTNOTE_DATA": str(Path(settings.FILES_DIR).parent),
        "FOOTNOTE_LEASE_SECONDS": LEASE_SECONDS,
    }
    command = [sys.executable, "-m", "tests.crash.worker", moment, str(folder)]
    ended = threading.Event()
    codes: list[int] = []
    running: list[subprocess.Popen[bytes]] = []

    def supervise() -> None:
        while not ended.is_set():
            with subprocess.Popen(command, cwd=CHECKOUT, env=environment) as worker:
                running.append(worker)
                codes.append(worker.wait())

    thread = threading.Thread(target=supervise)
    thread.start()
    try:
        yield codes
    finally:
        ended.set()
        running[-1].terminate()
        thread.join(timeout=30)


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Sweeps meanwhile, as beat does."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, f"{what}: {list(Version.objects.values('status', 'attempt', 'error_detail'))}"
        upkeep.sweep()
        time.sleep(0.2)


def all_ready() -> bool:
    return not Document.objects.with_progress().exclude(**{"status": Status.READY}).exists()


def pdf(number: int) -> bytes:
    """Three pages, enough passages for several batches."""
    made = FPDF()
    made.set_font("helvetica", size=10)
    for page in range(3):
        made.add_page()
        sentences = [f"Sentence {n} of page {page} in document {number} is here." for n in range(120)]
        made.multi_cell(0, 5, " ".join(sentences))
    return bytes(made.output())


def assert_each_is_there_once(documents: list[Document]) -> None:
    passages = Counter(Passage.objects.filter(kind=Kind.PASSAGE).values_list("version", flat=True))
    roots = Counter(Passage.objects.filter(kind=Kind.DOCUMENT).values_list("version", flat=True))
    embedded = PassageVector.objects.values_list("version", "passage_id").distinct()
    vectors = Counter(version for version, _passage in embedded)
    segments = dict(Segment.objects.values_list("version", "size"))
    for document in documents:
        version = Version.objects.get(document=document)
        count = version.progress.passage_count
        assert count > 10
        assert passages[version.pk] == vectors[version.pk] == segments[version.pk] == count
        assert roots[version.pk] == 1
    assert len(roots) == len(documents)
    texts = list(Passage.objects.filter(kind=Kind.PASSAGE).values_list("version", "start"))
    assert len(texts) == len(set(texts))


def orphaned_parsers(folder: Path) -> list[str]:
    """Parser processes that read files of this test."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().split(b"\0")
            environment = (process / "environ").read_bytes()
        except OSError:
            continue  # it has ended, or is not ours
        if b"kb.parsing" in command and str(folder).encode() in environment:
            found.append(process.name)
    return found


@pytest.mark.parametrize("moment", [moment for moment in MOMENTS if moment != SLOWLY])
def test_a_worker_killed_at_any_moment(moment: str, add: Upload, tmp_path: Path, data: Path) -> None:
    documents = [add(f"{number}.pdf", pdf(number)) for number in range(TRIALS)]
    kills = TRIALS * (2 if moment == "claimed" else 1)
    with workers(moment, tmp_path) as codes:
        wait_for(all_ready, f"killed at {moment}")
        wait_for(lambda: len(codes) >= kills, "not killed as often as wanted")
        assert codes == [-signal.SIGKILL] * kills
    assert_each_is_there_once(documents)
    parsing, building = (list(kind.objects.values_list("attempt", flat=True)) for kind in (Version, IndexedVersion))
    assert min(parsing) >= (2 if moment in ("claimed", "parsing") else 1), "some were not interrupted"
    assert min(building) >= (2 if moment in ("claimed", "embedding", "publishing") else 1), "some were not interrupted"
    assert orphaned_parsers(data) == []


def test_redis_killed_with_its_data_lost(add: Upload, tmp_path: Path) -> None:
    documents = []
    with workers(SLOWLY, tmp_path) as codes:
        for number in range(TRIALS):
            documents += [add(f"{number}-{part}.pdf", pdf(10 * number + part)) for part in range(3)]
            wait_for(lambda: IndexedVersion.objects.filter(status=Status.PROCESSING).exists(), "nobody begins")
            kill_redis_and_lose_its_data()
            wait_for(all_ready, f"trial {number}")
        assert codes == [], "the worker itself goes on"
    assert_each_is_there_once(documents)


def kill_redis_and_lose_its_data() -> None:
    with Redis.from_url(settings.CELERY_BROKER_URL, decode_responses=True) as redis:
        pid = redis.info("server")["process_id"]
        folder = Path(redis.config_get("dir")["dir"])
        for path in folder.iterdir():
            if path.suffix in (".aof", ".rdb"):
                path.unlink()
            elif path.name.startswith("appendonly"):
                shutil.rmtree(path)
        os.kill(pid, signal.SIGKILL)
        wait_until_redis_is_back(redis, pid)
        assert redis.dbsize() == 0 or not redis.exists("celery"), "its data was not lost"


def wait_until_redis_is_back(redis: "Redis", killed: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if redis.info("server")["process_id"] != killed:
                return
        except RedisError:
            time.sleep(0.1)
    pytest.fail("nobody started Redis again")
