"""/metrics for Prometheus: what this process counts, and the state of everything as it is now."""

import shutil
from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Min
from django.db.models.functions import Extract, Now
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from kb.indexing import queue
from kb.indexing.failures import FAILURES
from kb.models import Document, Status, Version
from kb.operations.health import OK, readiness
from kb.telemetry.worker_metrics import may_ask


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
        if parts["queue"] == OK:
            yield GaugeMetricFamily("footnote_queue_length", "Tasks that no worker has taken", queue.waiting())
        if parts["database"] == OK:
            yield from _documents()


def _documents() -> Iterator[Metric]:
    by_status = dict(Document.objects.present().values_list("latest__status").annotate(n=Count("pk")).order_by())
    documents = GaugeMetricFamily("footnote_documents", "Documents, by the status of their file", labels=["status"])
    for status in Status.values:
        documents.add_metric([status], by_status.get(status, 0))
    yield documents
    failed = Document.objects.present().filter(latest__status=Status.FAILED)
    by_class = dict(failed.values_list("latest__error_code").annotate(n=Count("pk")).order_by())
    failures = GaugeMetricFamily("footnote_documents_failed", "Failed documents, by why", labels=["error"])
    for code in FAILURES:
        failures.add_metric([code], by_class.get(code, 0))
    yield failures
    waiting = Version.objects.unfinished().aggregate(seconds=Extract(Now() - Min("queued_at"), "epoch"))["seconds"]
    yield GaugeMetricFamily(
        "footnote_oldest_waiting_seconds", "How long the document waits or works that was queued first", waiting or 0
    )
