"""A supervised worker as in the product, and the tasks of beat."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from kb.models import Version
from kb.operations import upkeep
from retrieval.models import IndexedVersion

LEASE_SECONDS = "2"
SECONDS = 240
CHECKOUT = Path(__file__).resolve().parents[2]


@contextmanager
def workers(moment: str, folder: Path, kills: int) -> Iterator[list[int]]:
    """Runs a worker and restarts it when it dies; yields the exit codes so far."""
    name = connection.settings_dict["NAME"]
    environment = os.environ | {
        "DATABASE_URL": os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}",
        "FOOTNOTE_DATA": str(Path(settings.FILES_DIR).parent),
        "FOOTNOTE_LEASE_SECONDS": LEASE_SECONDS,
    }
    command = [sys.executable, "-m", "tests.crash.worker", moment, str(folder), str(kills)]
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
    """Waits, and sweeps as beat does."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, f"{what}: {unfinished()}"
        upkeep.sweep()
        time.sleep(0.2)


def all_ready() -> bool:
    return not unfinished()


def unfinished() -> list[dict[str, object]]:
    """Rows of both stages that are not ready."""
    fields = ("pk", "status", "attempt", "error_detail")
    kinds = (Version, IndexedVersion)
    return [row for kind in kinds for row in kind.objects.exclude(status="ready").values(*fields)]
