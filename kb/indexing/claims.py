"""Claims: the right of one worker to parse a version, or to index it in a generation.

A claim is a conditional update that sets an attempt number and a lease. All later writes are fenced by that number, so
a worker that lost its lease (because it hung or was cut off) cannot disturb its successor.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from kb.models import Stage, Status, Version
from kb.telemetry import metrics
from retrieval.models import IndexedVersion, WorkQuerySet

logger = logging.getLogger(__name__)

ENGINE_RETRY = timedelta(seconds=20)
INTERNAL_RETRY = timedelta(seconds=5)  # times the square of the number of tries
PROGRESS_SECONDS = 0.3  # nobody sees more frequent updates

W = TypeVar("W", Version, IndexedVersion)


class LeaseLost(Exception):
    """Another attempt took over, or the document was removed: this attempt must stop."""


@dataclass
class Claim(Generic[W]):
    """The right to work on a row, until another worker takes it over."""

    work: W
    attempt: int
    tries: int
    renewed: float = field(default_factory=monotonic)

    def renew(self, **fields: object) -> None:
        """Extends the lease and updates `fields`. Raises LeaseLost."""
        if not self._mine().update(lease_until=_lease_end(), **fields):
            raise LeaseLost(str(self.work))
        self.renewed = monotonic()

    def keep(self) -> None:
        """Extends the lease once a quarter of it has passed. Cheap to call often. Raises LeaseLost."""
        if monotonic() - self.renewed > settings.LEASE_SECONDS / 4:
            self.renew()

    def progress(self, done: int, total: int) -> None:
        if done in (0, total) or monotonic() - self.renewed > PROGRESS_SECONDS:
            self.renew(done=done, total=total)

    def hold(self) -> None:
        """Prevents a takeover until the transaction ends, even after the lease. Raises LeaseLost."""
        if not self._mine().select_for_update().exists():
            raise LeaseLost(str(self.work))

    def end(self, **fields: object) -> None:
        """Releases the row with a last update of `fields`. Raises LeaseLost."""
        if not self._mine().update(lease_until=None, stage="", **fields):
            raise LeaseLost(str(self.work))

    def succeed(self, **fields: object) -> None:
        self.end(status=Status.READY, error_code="", error_detail="", tries=0, **fields)

    def fail(self, code: str, detail: str) -> None:
        self.end(status=Status.FAILED, error_code=code, error_detail=detail[:2000])
        metrics.INGESTED.labels(Status.FAILED, code).inc()

    def wait_for_engine(self, reason: str) -> None:
        """Returns the row to the queue. It costs no try, however long the engine is down."""
        self.end(
            status=Status.QUEUED,
            error_code="engine_down",
            error_detail=reason[:2000],
            tries=F("tries") - 1,
            not_before=Now() + ENGINE_RETRY,
        )
        metrics.INGESTED.labels(Status.QUEUED, "engine_down").inc()

    def put_back(self, error: Exception) -> None:
        """Returns the row to the queue after an unexpected error, with growing delays; the last try fails it."""
        if self.tries < settings.MAX_TRIES:
            self.end(status=Status.QUEUED, not_before=Now() + INTERNAL_RETRY * self.tries**2)
            metrics.INGESTED.labels(Status.QUEUED, "internal").inc()
        else:
            self.fail("internal", f"{type(error).__name__}: {error}")

    def _mine(self) -> "WorkQuerySet[Any]":
        rows: WorkQuerySet[Any] = type(self.work).objects.all()
        return rows.filter(pk=self.work.pk, attempt=self.attempt, status=Status.PROCESSING)


def take(claimable: "WorkQuerySet[W]", id: int, stage: Stage) -> Claim[W] | None:
    """Claims a row that is due or whose worker died; None if it is not claimable, or has no try left."""
    with transaction.atomic():
        # A locked row is skipped: its worker is publishing, see Claim.hold.
        found = claimable.select_for_update(skip_locked=True, of=["self"]).filter(pk=id).first()
        if found is None:
            return None
        type(found).objects.filter(pk=id).update(
            status=Status.PROCESSING,
            stage=stage,
            done=0,
            total=0,
            error_code="",
            error_detail="",
            attempt=F("attempt") + 1,
            tries=F("tries") + 1,
            lease_until=_lease_end(),
            not_before=None,
        )
    claim = Claim(found, found.attempt + 1, found.tries + 1)
    if claim.tries > settings.MAX_TRIES:
        claim.fail("internal", "every attempt was cut off")
        return None
    return claim


@contextmanager
def worked_on(claim: "Claim[Any]") -> Iterator[None]:
    """Around all work on a claim: after any error, the row is released, unless it belongs to another attempt."""
    try:
        try:
            yield
        except LeaseLost:
            raise
        except Exception as error:
            logger.exception("%r failed in attempt %s", claim.work, claim.attempt)
            claim.put_back(error)
    except LeaseLost:
        logger.info("%r was taken over from attempt %s, or removed", claim.work, claim.attempt)


def _lease_end() -> Combinable:
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)
