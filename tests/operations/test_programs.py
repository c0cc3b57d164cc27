"""Web server, worker and scheduler, started as `make run` starts them: their logs and their metrics."""

import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from redis import Redis

from kb.local.environment import Options
from kb.local.folder import DataFolder
from kb.local.start import own_programs
from kb.models import Collection, Status, Version
from tests.conftest import bearer
from tests.operations.test_metrics import samples

SECONDS = 60
TOKEN = "scrape-me"
CHECKOUT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.django_db(transaction=True)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


class Running:
    """The three programs, and their output so far."""

    def __init__(self, folder: DataFolder) -> None:
        self.port, self.worker_port = free_port(), free_port()
        self._folder = folder
        self._options = Options(folder, self.port, workers=1)
        self._environment = os.environ | {
            "DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{connection.settings_dict['NAME']}",
            "FOOTNOTE_DATA": str(folder.path),
            "FOOTNOTE_LOG_FORMAT": "json",
            "FOOTNOTE_SWEEP_SECONDS": "1",
            "FOOTNOTE_METRICS_TOKEN": TOKEN,
            "FOOTNOTE_WORKER_METRICS": f"127.0.0.1:{self.worker_port}",
        }

    def start(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with self._log(name).open("wb") as log:
            return subprocess.Popen(command, cwd=CHECKOUT, env=self._environment, stdout=log, stderr=log)

    def programs(self) -> dict[str, list[str]]:
        return {program.name: list(program.command) for program in own_programs(self._options)}

    def lines(self, name: str) -> list[dict[str, Any]]:
        """Complete lines of the log; fails unless each is a JSON object."""
        whole, _end, _unfinished = self._log(name).read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, port: int = 0
    ) -> tuple[int, str, http.client.HTTPMessage]:
        with closing(http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=SECONDS)) as asked:
            asked.request(method, path, body, headers or {})
            answer = asked.getresponse()
            return answer.status, answer.read().decode(), answer.headers

    def scrape(self, port: int) -> dict[str, float]:
        status, text, _headers = self.ask("GET", "/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, port=port)
        assert status == 200
        return samples(text)

    def _log(self, name: str) -> Path:
        return self._folder.logs / name


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.1)


@pytest.fixture
def running(data: Path) -> Iterator[Running]:
    with Redis.from_url(settings.CELERY_BROKER_URL) as redis:
        redis.flushdb()
    folder = DataFolder(data)
    folder.create(None)
    running = Running(folder)

    def answers() -> bool:
        try:
            return (
                running.ask("GET", "/readyz?all=1")[0] in (200, 503)
                and "no worker" not in running.ask("GET", "/readyz")[1]
            )
        except OSError:
            return False

    with ExitStack() as stack:
        for name, command in running.programs().items():
            process = stack.enter_context(running.start(name, command))
            stack.callback(process.terminate)
        until(answers)
        yield running


def test_an_upload_can_be_followed_through_every_log(running: Running, alice: User, collection: Collection) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(100)
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="private.png"\r\n\r\n'
    part = head + picture + b"\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x", "X-Request-ID": "follow-me", **bearer(alice)}
    path = f"/api/v1/collections/{collection.pk}/documents/"
    status, text, given_back = running.ask("POST", path, part, headers)
    assert (status, given_back["X-Request-ID"]) == (202, "follow-me"), text
    assert running.ask("GET", "/search/?q=private")[0] == 302
    until(lambda: Version.objects.filter(status=Status.FAILED).exists())
    until(lambda: any("succeeded" in line["message"] for line in running.lines("worker")))
    until(lambda: any("Sending due task" in line["message"] for line in running.lines("beat")))

    for name in ("web", "worker", "beat"):
        for line in running.lines(name):
            assert {"time", "level", "logger", "message", "request_id"} <= set(line), line
            assert "private" not in str(line)
    (asked,) = [line for line in running.lines("web") if line["request_id"] == "follow-me"]
    assert (asked["request_id"], asked["status"], asked["user"]) == ("follow-me", 202, alice.pk)
    worked = [line for line in running.lines("worker") if line["request_id"] == "follow-me"]
    assert any("kb.indexing.parse.parse" in line["message"] and "succeeded" in line["message"] for line in worked)

    web, worker = running.scrape(running.port), running.scrape(running.worker_port)
    route = 'method="POST",route="/api/v1/collections/<slug:id>/documents/",status="202"'
    assert web[f"footnote_http_requests_total{{{route}}}"] == 1
    assert web['footnote_uploads_total{result="new"}'] == 1
    assert web['footnote_part_up{part="worker"}'] == 1
    assert web['footnote_documents_failed{error="unsupported"}'] == 1
    assert worker['footnote_ingested_total{error="unsupported",result="failed"}'] == 1
    assert worker['footnote_stage_seconds_count{stage="reading"}'] == 1
    assert running.ask("GET", "/metrics", port=running.worker_port)[0] == 404
