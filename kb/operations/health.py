"""Health checks of the database, queue, workers and engine."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from embedding.engine import EngineError, EngineUnavailable
from kb.celery import app
from kb.indexing import queue
from retrieval.engines import engine

logger = logging.getLogger(__name__)

OK = "ok"
WORKER_SECONDS = 1.0
KEPT_SECONDS = 3.0


@dataclass(frozen=True)
class Readiness:
    """For each part "ok", or what is wrong."""

    parts: dict[str, str]

    @property
    def status(self) -> str:
        if self.parts["database"] != OK:
            return "unavailable"
        return "ready" if self.all_ok else "degraded"

    @property
    def all_ok(self) -> bool:
        return all(reason == OK for reason in self.parts.values())


class _Kept:
    """Keeps the result of the last check for KEPT_SECONDS. Requests during a check wait for its result.

    A check embeds a text, waits for a worker and reads all migrations: too much to run for every anonymous request.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: tuple[float, Readiness] | None = None

    def get(self) -> Readiness:
        with self._lock:
            if self._last is None or monotonic() - self._last[0] >= KEPT_SECONDS:
                found = check()
                self._last = monotonic(), found
            return self._last[1]


_kept = _Kept()


def readiness() -> Readiness:
    """The last result, at most KEPT_SECONDS old."""
    return _kept.get()


def check() -> Readiness:
    """Checks every part now. Among the engines only the default one: others affect only their own collections."""
    checks: dict[str, Callable[[], str]] = {
        "database": _database,
        "queue": _queue,
        "worker": _worker,
        "engine": _engine,
    }
    return Readiness({name: check() for name, check in checks.items()})


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "does not answer"
    return f"{len(missing)} migrations are missing: run manage.py migrate" if missing else OK


def _queue() -> str:
    try:
        queue.waiting()
    except RedisError:
        return "does not answer"
    return OK


def _worker() -> str:
    try:
        answers = app.control.ping(timeout=WORKER_SECONDS, limit=1)
    except (OperationalError, RedisError):
        return "unknown: the queue does not answer"
    return OK if answers else "no worker answers"


def _engine() -> str:
    try:
        engine(settings.DEFAULT_ENGINE).embed(["ready?"])
    except EngineUnavailable as error:
        logger.warning("The engine does not answer: %s", error)
        return "does not answer"
    except EngineError as error:
        logger.error("The engine cannot work: %s", error)
        return "is misconfigured: see the log"
    return OK
