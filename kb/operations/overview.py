"""What an administrator wants to know at a glance: queue, documents, failures, disk, what people did not find."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from time import perf_counter

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.utils import timezone
from redis.exceptions import RedisError

from kb.indexing import queue
from kb.models import AuditEntry, Document, Status, Version, VersionQuerySet, ZeroResultSearch
from retrieval.engines import engine

RECENT = timedelta(days=7)
SHOWN = 8  # misses and changes
PASSAGE = "Green tea is steeped at seventy to eighty degrees for two minutes; black tea bears boiling water. " * 6
QUESTION = "How hot should the water for green tea be?"


@dataclass(frozen=True)
class Overview:
    hints: int | None  # messages that no worker has taken; None when the queue is away
    oldest_waiting: datetime | None  # since when the document waits that has waited longest
    documents: Mapping[Status, int]  # how many in each status
    failures: list[tuple[str, int]]  # error class and how many, of documents queued since `since`; most first
    since: datetime
    disk_free: int  # bytes, where the data folder is
    disk_total: int
    misses: list[ZeroResultSearch]
    changes: list[AuditEntry]


@dataclass(frozen=True)
class Holding:
    """What a collection holds."""

    documents: int = 0
    passages: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Speed:
    """Of one engine, asked by this process."""

    question_ms: float
    passages_per_second: float


def overview() -> Overview:
    disk = shutil.disk_usage(settings.DATA_DIR)
    since = timezone.now() - RECENT
    return Overview(
        hints=_hints(),
        oldest_waiting=_oldest_waiting(),
        documents=_by_status(),
        failures=_failures(since),
        since=since,
        disk_free=disk.free,
        disk_total=disk.total,
        misses=list(ZeroResultSearch.objects.select_related("user")[:SHOWN]),
        changes=list(AuditEntry.objects.all()[:SHOWN]),
    )


def holdings(collections: Iterable[str]) -> dict[str, Holding]:
    """By the collections' ids, in one statement for all of them; those without documents are not in it."""
    there = Document.objects.present().filter(collection__in=list(collections)).order_by()
    rows = there.values_list("collection").annotate(
        documents=Count("pk"),
        passages=Sum("latest__passage_count", default=0),
        failed=Count("pk", filter=Q(latest__status=Status.FAILED)),
    )
    return {collection: Holding(*numbers) for collection, *numbers in rows}


def speed(name: str) -> Speed:
    """Asks the engine called `name` a few small things and takes the time. Raises EngineError."""
    found = engine(name)
    questions = [_seconds(name, [QUESTION]) for _once in range(3)]
    passages = [PASSAGE] * 8
    found.embed(passages[:1])  # what is made on first use is no part of the speed
    return Speed(median(questions) * 1000, len(passages) / _seconds(name, passages))


def _seconds(name: str, texts: list[str]) -> float:
    begun = perf_counter()
    engine(name).embed(texts)
    return perf_counter() - begun


def _hints() -> int | None:
    try:
        return queue.waiting()
    except RedisError:
        return None


def _current() -> VersionQuerySet:
    """The newest version of each document that is there."""
    return Version.objects.filter(pk__in=Document.objects.present().values("latest"))


def _oldest_waiting() -> datetime | None:
    waiting = Version.objects.filter(status=Status.QUEUED, document__removed_at=None)
    return waiting.order_by("queued_at").values_list("queued_at", flat=True).first()


def _by_status() -> dict[Status, int]:
    """Those that are ready are most, so they are what is left of the whole: the others have indexes."""
    others = _current().exclude(status=Status.READY).values_list("status").annotate(n=Count("pk"))
    counts = dict.fromkeys(Status, 0) | {Status(status): n for status, n in others}
    counts[Status.READY] = Document.objects.present().count() - sum(counts.values())
    return counts


def _failures(since: datetime) -> list[tuple[str, int]]:
    failed = _current().filter(status=Status.FAILED, queued_at__gte=since)
    return list(failed.values_list("error_code").annotate(n=Count("pk")).order_by("-n", "error_code"))
