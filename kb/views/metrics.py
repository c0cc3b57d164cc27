"""/metrics for Prometheus: what this process counts, and the state of everything as it is now."""

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
    """404 for whoever brings no token, whatever the method: what may not be asked does not exist."""
    if not may_ask(request.headers.get("Authorization", "")):
        raise Http404
    now = CollectorRegistry()
    now.register(State())
    return HttpResponse(generate_latest(REGISTRY) + generate_latest(now), content_type=CONTENT_TYPE_LATEST)


class State(Collector):
    """Gauges read when they are asked for. What cannot be asked is left out, and its part is 0."""

    def collect(self) -> Iterator[Metric]:
        parts = readiness().parts
        up = GaugeMetricFamily("footnote_part_up", "Whether a part that Footnote needs does its work", labels=["part"])
        for part, reason in parts.items():
            up.add_metric([part], float(reason == OK))
        yield up
        disk = shutil.disk_usage(settings.DATA_DIR)
        yield GaugeMetricFamily("footnote_disk_free_bytes", "Free on the disk of the data folder", disk.free)
        yield GaugeMetricFamily("footnote_disk_bytes", "Size of the disk of the data folder", disk.total)
        # What was well some seconds ago may be away by now.
        if parts["queue"] == OK:
            with _left_out_if(RedisError):
                yield GaugeMetricFamily("footnote_queue_length", "Tasks that no worker has taken", queue.waiting())
        if parts["database"] == OK:
            with _left_out_if(DatabaseError):
                yield from _documents()


@contextmanager
def _left_out_if(away: type[Exception]) -> Iterator[None]:
    try:
        yield
    except away as error:
        logger.warning("Metrics are incomplete: %s", error)


def _documents() -> Iterator[Metric]:
    counts = status_counts()
    documents = GaugeMetricFamily("footnote_documents", "Documents, by how far they are", labels=["status"])
    for status in Status.values:
        documents.add_metric([status], counts[status])
    yield documents
    failed = GaugeMetricFamily("footnote_documents_failed", "Failed documents, by why", labels=["error"])
    by_class = dict(overview.failures())
    for code in FAILURES:
        failed.add_metric([code], by_class.get(code, 0))
    yield failed
    oldest = overview.oldest_waiting()
    waiting = (timezone.now() - oldest).total_seconds() if oldest else 0
    yield GaugeMetricFamily(
        "footnote_oldest_waiting_seconds", "How long the document waits that was queued first", waiting
    )
