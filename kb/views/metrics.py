"""/metrics for Prometheus: counters of this process, and gauges of Footnote's present state."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from kb.indexing import queue
from kb.indexing.failures import FAILURES
from kb.indexing.progress import status_counts
from kb.models import Status
from kb.operations import overview
from kb.operations.health import OK, readiness
from kb.telemetry.worker_metrics import may_ask

logger = logging.getLogger(__name__)


@never_cache
@csrf_exempt
@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """404 without the token, for every method, so that strangers cannot tell that the page exists."""
    if not may_ask(request.headers.get("Authorization", "")):
        raise Http404
    now = CollectorRegistry()
    now.register(State())
    return HttpResponse(generate_latest(REGISTRY) + generate_latest(now), content_type=CONTENT_TYPE_LATEST)


class State(Collector):
    """Gauges, read at each scrape. If a part is down, its gauges are left out."""

    def collect(self) -> Iterator[Metric]:
        parts = readiness().parts
        up = GaugeMetricFamily("footnote_part_up", "Whether a part that Footnote needs is up", labels=["part"])
        for part, reason in parts.items():
            up.add_metric([part], float(reason == OK))
        yield up
        disk = shutil.disk_usage(settings.DATA_DIR)
        yield GaugeMetricFamily("footnote_disk_free_bytes", "Free space on the disk of the data folder", disk.free)
        yield GaugeMetricFamily("footnote_disk_bytes", "Size of the disk of the data folder", disk.total)
        # The readiness may be some seconds old, so each part can be down by now.
        if parts["queue"] == OK:
            with _left_out_on(RedisError):
                yield GaugeMetricFamily("footnote_queue_length", "Tasks that no worker has taken", queue.waiting())
        if parts["database"] == OK:
            with _left_out_on(DatabaseError):
                yield from _documents()


@contextmanager
def _left_out_on(error: type[Exception]) -> Iterator[None]:
    try:
        yield
    except error as reason:
        logger.warning("Metrics are incomplete: %s", reason)


def _documents() -> Iterator[Metric]:
    counts = status_counts()
    documents = GaugeMetricFamily("footnote_documents", "Documents by status", labels=["status"])
    for status in Status.values:
        documents.add_metric([status], counts[status])
    yield documents
    failed = GaugeMetricFamily("footnote_documents_failed", "Failed documents by error class", labels=["error"])
    by_class = dict(overview.failures())
    for code in FAILURES:
        failed.add_metric([code], by_class.get(code, 0))
    yield failed
    oldest = overview.oldest_waiting()
    waiting = (timezone.now() - oldest).total_seconds() if oldest else 0
    yield GaugeMetricFamily("footnote_oldest_waiting_seconds", "Waiting time of the oldest queued document", waiting)
