"""The worker's /metrics: a small HTTP server in its main process, which sums up the metrics of the pool's processes."""

import logging
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from secrets import compare_digest
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from kb.telemetry import metrics

logger = logging.getLogger(__name__)


def serve() -> WSGIServer | None:
    """Serves in a thread at settings.WORKER_METRICS ("host:port"; "" disables it).

    Raises SystemExit with instructions on failure, because Celery only logs other exceptions of signal receivers.
    """
    if not settings.WORKER_METRICS:
        return None
    host, _colon, port = settings.WORKER_METRICS.rpartition(":")
    if not (host and port.isdecimal()):
        raise SystemExit(f"FOOTNOTE_WORKER_METRICS is '{settings.WORKER_METRICS}', and must be like 127.0.0.1:9101.")
    if not settings.METRICS_TOKEN:
        raise SystemExit("FOOTNOTE_WORKER_METRICS is set: set FOOTNOTE_METRICS_TOKEN too, or nobody has access.")
    if not metrics.SHARED:
        raise SystemExit(
            "FOOTNOTE_WORKER_METRICS is set: the worker also needs PROMETHEUS_MULTIPROC_DIR, a folder of its own, in "
            "the environment."
        )
    _remove_other_processes(Path(metrics.SHARED))
    try:
        server = make_server(host, int(port), answer, server_class=_Threading, handler_class=_Silent)
    except OSError as error:
        raise SystemExit(f"The worker cannot serve its metrics at {host}:{port}: {error.strerror}.") from error
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    logger.info("Metrics of this worker are at http://%s:%s/metrics", host, server.server_port)
    return server


def answer(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """A WSGI application that serves only /metrics, and only with the token."""
    given = environ.get("HTTP_AUTHORIZATION", "")
    if environ["PATH_INFO"] != "/metrics" or not may_ask(given):
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"There is nothing here.\n"]
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    start_response("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
    return [generate_latest(registry)]


def may_ask(authorization: str) -> bool:
    """Whether the header `Authorization` contains settings.METRICS_TOKEN; false if that is not set."""
    expected = f"Bearer {settings.METRICS_TOKEN}"
    return bool(settings.METRICS_TOKEN) and compare_digest(authorization.encode(), expected.encode())


def _remove_other_processes(folder: Path) -> None:
    """Removes files of an earlier worker's processes, so that counters restart at 0 as Prometheus expects."""
    for file in folder.glob("*.db"):
        if not file.name.endswith(f"_{os.getpid()}.db"):
            file.unlink()


class _Threading(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Does not log scrapes, which come every few seconds."""
