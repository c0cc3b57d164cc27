"""Data of the panel's overview page: queue, documents, failures, disk, zero-result searches, changes."""

import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db.models import Count, Min
from django.utils import timezone
from redis.exceptions import RedisError

from embedding.engine import EmbeddingEngine
from embedding.prompts import Role
from embedding.server.client import ServerEngine
from kb.indexing import queue
from kb.indexing.progress import status_counts
from kb.models import AuditEntry, Document, Status, Version, ZeroResultSearch
from kb.telemetry import engines
from retrieval.engines import engine
from retrieval.models import Generation, IndexedVersion

RECENT = timedelta(days=7)
SHOWN = 8  # zero-result searches and changes
PASSAGE = "Green tea is steeped at seventy to eighty degrees for two minutes; black tea bears boiling water. " * 6
QUESTION = "How hot should the water for green tea be?"


@dataclass(frozen=True)
class Overview:
    messages: int | None  # waiting in the queue; None if the queue is down
    oldest_waiting: datetime | None  # when the oldest waiting document was queued
    documents: Mapping[str, int]  # number in each status
    failures: list[tuple[str, int]]  # error class and number of documents queued after `since`, most frequent first
    since: datetime
    disk_free: int  # bytes on the disk of the data folder
    disk_total: int
    zero_result_searches: list[ZeroResultSearch]
    changes: list[AuditEntry]


@dataclass(frozen=True)
class Speed:
    """Speed of an engine, measured by this process."""

    question_ms: float
    passages_per_second: float
    questions: int  # of people since the process started, at most engines.KEPT
    percentiles: list[tuple[int, float]]  # of these: the percentile and its milliseconds
    facts: dict[str, str]  # about the server, for an engine that has one


def overview() -> Overview:
    disk = shutil.disk_usage(settings.DATA_DIR)
    since = timezone.now() - RECENT
    return Overview(
        messages=_messages(),
        oldest_waiting=oldest_waiting(),
        documents=status_counts(),
        failures=failures(since),
        since=since,
        disk_free=disk.free,
        disk_total=disk.total,
        zero_result_searches=list(ZeroResultSearch.objects.select_related("user")[:SHOWN]),
        changes=list(AuditEntry.objects.all()[:SHOWN]),
    )


def failed_documents(collections: Iterable[str]) -> dict[str, int]:
    """The number of failed documents by collection id, in one statement. Collections without any are left out."""
    documents = Document.objects.present().filter(collection__in=list(collections)).order_by()
    unparsed = documents.filter(latest__status=Status.FAILED).values_list("collection").annotate(n=Count("pk"))
    failed = IndexedVersion.objects.filter(
        status=Status.FAILED, generation__state=Generation.State.ACTIVE, visible=True
    )
    unindexed = documents.filter(latest__in=failed.values("version")).values_list("collection").annotate(n=Count("pk"))
    return dict(Counter(dict(unparsed)) + Counter(dict(unindexed)))


def speed(name: str) -> Speed:
    """Times a few small requests to the engine `name`. Raises EngineError."""
    found = engine(name)
    questions = [_seconds(found, [QUESTION], Role.QUERY) for _once in range(3)]
    passages = [PASSAGE] * 8
    found.embed(passages[:1])  # initialisation on first use does not count
    count, values = engines.percentiles(name) or (0, [])
    return Speed(
        question_ms=median(questions) * 1000,
        passages_per_second=len(passages) / _seconds(found, passages, Role.DOCUMENT),
        questions=count,
        percentiles=list(zip(engines.PERCENTILES, values, strict=False)),
        facts=found.capabilities.facts() if isinstance(found, ServerEngine) else {},
    )


def _seconds(asked: EmbeddingEngine, texts: list[str], role: Role) -> float:
    begun = perf_counter()
    asked.embed(texts, role=role)
    return perf_counter() - begun


def _messages() -> int | None:
    try:
        return queue.waiting()
    except RedisError:
        return None


def oldest_waiting() -> datetime | None:
    unparsed = Version.objects.filter(status=Status.QUEUED, document__removed_at=None)
    unindexed = IndexedVersion.objects.claimable().filter(
        status=Status.QUEUED, generation__state=Generation.State.ACTIVE
    )
    oldest = [rows.aggregate(at=Min("queued_at"))["at"] for rows in (unparsed, unindexed)]
    return min((at for at in oldest if at is not None), default=None)


def failures(since: datetime | None = None) -> list[tuple[str, int]]:
    """Error classes and numbers of failed documents, most frequent first."""
    newest = Document.objects.present().values("latest")
    failed: dict[str, Any] = {"status": Status.FAILED} | ({"queued_at__gte": since} if since else {})
    unparsed = Version.objects.filter(pk__in=newest, **failed)
    active = {"generation__state": Generation.State.ACTIVE, "visible": True}
    unindexed = IndexedVersion.objects.filter(version__in=newest, **active, **failed)
    counts: Counter[str] = Counter()
    for rows in (unparsed, unindexed):
        counts.update(dict(rows.order_by().values_list("error_code").annotate(n=Count("pk"))))
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))
