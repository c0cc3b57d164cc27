"""After kill -9 at every moment, and after Redis loses its data, each document becomes ready exactly once."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from django.conf import settings
from fpdf import FPDF
from redis import Redis
from redis.exceptions import RedisError

from kb.models import Document, Status, Version
from retrieval.models import IndexedVersion
from tests.conftest import Upload
from tests.crash.supervision import all_ready, wait_for, workers
from tests.crash.worker import EMBEDDED, MOMENTS, SLOWLY, UNHARMED
from tests.indexing.conftest import assert_whole, passages

TRIALS = 5
MANY = 5  # passages, so that there are several batches of windows

pytestmark = pytest.mark.django_db(transaction=True)


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
    assert IndexedVersion.objects.count() == len(documents)
    for document in documents:
        row = IndexedVersion.objects.select_related("generation").get(version=document.newest.pk)
        assert row.passage_count > MANY
        assert_whole(row.generation)
    places = passages()
    assert len(places) == len(set(places))


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


# How often each stage was begun, at least, of a document whose worker was killed at a moment.
ATTEMPTS = {
    "claimed_to_parse": (2, 1),
    "parsing": (2, 1),
    "parsed": (1, 1),
    "claimed_to_build": (1, 2),
    "embedding": (1, 2),
    "publishing": (1, 2),
    "committed": (1, 1),
}


@pytest.mark.parametrize("moment", ATTEMPTS)
def test_a_worker_killed_at_any_moment(moment: str, add: Upload, tmp_path: Path, data: Path) -> None:
    documents = [add(f"{number}.pdf", pdf(number)) for number in range(TRIALS)]
    with workers(moment, tmp_path, TRIALS) as codes:
        wait_for(all_ready, f"killed at {moment}")
        wait_for(lambda: len(codes) >= TRIALS, "not killed as often as wanted")
        assert codes == [-signal.SIGKILL] * TRIALS
    assert_each_is_there_once(documents)
    parsing, building = ATTEMPTS[moment]
    assert min(Version.objects.values_list("attempt", flat=True)) >= parsing, "some were not interrupted"
    assert min(IndexedVersion.objects.values_list("attempt", flat=True)) >= building, "some were not interrupted"
    if parsing == 1:
        assert set(Version.objects.values_list("attempt", flat=True)) == {1}, "a file is read once"
    embedded = (tmp_path / EMBEDDED).read_text().split()
    assert len(embedded) == len(set(embedded)), "a text is embedded once"
    assert orphaned_parsers(data) == []


def test_every_moment_is_tried() -> None:
    assert set(ATTEMPTS) == set(MOMENTS) - {SLOWLY, UNHARMED}


def test_redis_killed_with_its_data_lost(add: Upload, tmp_path: Path) -> None:
    documents = []
    with workers(SLOWLY, tmp_path, 0) as codes:
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
