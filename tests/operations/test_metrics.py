"""Metrics, which only Prometheus can read."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from kb.indexing import parse
from kb.models import Collection, Document, Version
from kb.telemetry import worker_metrics
from retrieval.chunking.tree import Kind
from retrieval.models import Passage
from tests.conftest import Upload, bearer, signed_in
from tests.engines import WordsEngine
from tests.operations.conftest import Ask

CHECKOUT = Path(__file__).resolve().parents[2]
TOKEN = "scrape-me"


@pytest.fixture
def scraped(settings: Settings) -> Callable[[], dict[str, float]]:
    """Samples by name and labels, as in `footnote_documents{status="ready"}`."""
    settings.METRICS_TOKEN = TOKEN

    def scrape() -> dict[str, float]:
        answer = Client().get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        return samples(answer.content.decode())

    return scrape


def samples(text: str) -> dict[str, float]:
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


class TestDoor:
    @pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
    def test_without_the_token_there_is_no_such_page(self, db: None, settings: Settings, given: str | None) -> None:
        settings.METRICS_TOKEN = TOKEN
        headers = {} if given is None else {"authorization": given}
        strict = Client(enforce_csrf_checks=True)
        assert strict.get("/metrics", headers=headers).status_code == 404
        assert strict.post("/metrics", headers=headers).status_code == 404

    def test_administrators_and_api_tokens_have_no_access(self, alice: User, settings: Settings) -> None:
        settings.METRICS_TOKEN = TOKEN
        User.objects.update(is_superuser=True, is_staff=True)
        assert signed_in(alice).get("/metrics").status_code == 404
        assert Client().get("/metrics", headers=bearer(alice)).status_code == 404

    @pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", "Bearer None"])
    def test_unless_a_token_is_set_nobody_may_ask(self, db: None, settings: Settings, given: str) -> None:
        settings.METRICS_TOKEN = ""
        assert Client().get("/metrics", headers={"authorization": given}).status_code == 404


class TestState:
    def test_documents_by_status_and_failures_by_class(
        self, scraped: Callable[[], dict[str, float]], ready: Upload, add: Upload
    ) -> None:
        ready("a.txt", "tea")
        ready("b.txt", "")
        add("c.txt", "milk")
        told = scraped()
        assert {name: value for name, value in told.items() if name.startswith("footnote_documents{")} == {
            'footnote_documents{status="queued"}': 1,
            'footnote_documents{status="processing"}': 0,
            'footnote_documents{status="ready"}': 1,
            'footnote_documents{status="failed"}': 1,
        }
        assert told['footnote_documents_failed{error="no_text"}'] == 1
        assert told['footnote_documents_failed{error="password"}'] == 0

    def test_how_long_the_oldest_waits(self, scraped: Callable[[], dict[str, float]], add: Upload) -> None:
        assert scraped()["footnote_oldest_waiting_seconds"] == 0
        add("a.txt", "tea")
        Version.objects.update(queued_at="2020-01-01T00:00:00Z")
        assert scraped()["footnote_oldest_waiting_seconds"] > 10**8

    def test_parts_queue_and_disk(self, scraped: Callable[[], dict[str, float]], db: None, engine: WordsEngine) -> None:
        told = scraped()
        assert told['footnote_part_up{part="database"}'] == told['footnote_part_up{part="engine"}'] == 1
        assert told["footnote_queue_length"] >= 0
        assert 0 < told["footnote_disk_free_bytes"] < told["footnote_disk_bytes"]
        engine.away = True
        assert scraped()['footnote_part_up{part="engine"}'] == 0

    def test_without_its_queue_it_still_answers(
        self, scraped: Callable[[], dict[str, float]], db: None, settings: Settings
    ) -> None:
        settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
        told = scraped()
        assert told['footnote_part_up{part="queue"}'] == 0
        assert "footnote_queue_length" not in told


class TestCounters:
    def test_requests_by_route_and_never_by_path(self, ask: Ask, alice: User, collection: Collection) -> None:
        labels = {"route": "/collections/<slug:id>/", "method": "GET"}
        before = counted("footnote_http_requests_total", **labels, status="302")
        timed = counted("footnote_http_request_seconds_count", **labels)
        ask(f"/collections/{collection.pk}/")
        assert counted("footnote_http_requests_total", **labels, status="302") == before + 1
        assert counted("footnote_http_request_seconds_count", **labels) == timed + 1

    def test_searches_by_part(self, alice: User, ready: Upload) -> None:
        ready("a.txt", "tea")

        def now() -> list[float]:
            parts = ("embed", "dense", "lexical", "fuse", "total")
            return [counted("footnote_search_seconds_count", part=part) for part in parts]

        before = now()
        signed_in(alice).get("/search/?q=tea")
        assert now() == [count + 1 for count in before]

    def test_uploads(self, add: Upload) -> None:
        new, again = (counted("footnote_uploads_total", result=result) for result in ("new", "duplicate"))
        size = counted("footnote_uploaded_bytes_total")
        add("a.txt", "tea")
        add("b.txt", "tea")
        assert counted("footnote_uploads_total", result="new") == new + 1
        assert counted("footnote_uploads_total", result="duplicate") == again + 1
        assert counted("footnote_uploaded_bytes_total") == size + 3

    def test_what_a_worker_does(self, ready: Upload) -> None:
        def now() -> list[float]:
            stages = [counted("footnote_stage_seconds_count", stage=s) for s in ("reading", "embedding", "publishing")]
            return [
                counted("footnote_ingested_total", result="ready", error=""),
                counted(
                    "footnote_engine_texts_total", engine="words", role="document", dimensions="64", instruction="no"
                ),
                counted("footnote_engine_calls_total", engine="words", role="document", result="ok"),
                counted("footnote_engine_seconds_count", engine="words", role="document"),
                *stages,
            ]

        before = now()
        ready("a.md", "# Soup\n\nBoil the bones.\n\n## Salt\n\nA pinch.")
        assert [after - earlier for after, earlier in zip(now(), before, strict=True)] == [1, 2, 1, 1, 1, 1, 1]
        assert Passage.objects.filter(kind=Kind.PASSAGE).count() == 2

    def test_how_documents_fail(self, ready: Upload, add: Upload, engine: WordsEngine) -> None:
        refused = counted("footnote_ingested_total", result="failed", error="no_text")
        waits = counted("footnote_ingested_total", result="queued", error="engine_down")
        failed = {"engine": "words", "role": "document", "result": "EngineUnavailable"}
        calls = counted("footnote_engine_calls_total", **failed)
        ready("a.txt", "")
        engine.away = True
        ready("b.txt", "tea")
        assert counted("footnote_ingested_total", result="failed", error="no_text") == refused + 1
        assert counted("footnote_ingested_total", result="queued", error="engine_down") == waits + 1
        assert counted("footnote_engine_calls_total", **failed) == calls + 1

    def test_an_unexpected_end(self, add: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
        before = counted("footnote_ingested_total", result="queued", error="internal")
        monkeypatch.setattr("kb.indexing.build._publish", lambda *args: 1 / 0)
        parse.parse(add("a.txt", "tea").newest.pk)
        assert counted("footnote_ingested_total", result="queued", error="internal") == before + 1
        assert Document.objects.count() == 1


class TestWorkerRefusesToStart:
    @pytest.mark.parametrize(
        ("address", "token", "why"),
        [
            ("9101", TOKEN, r"is '9101', and must be like 127\.0\.0\.1:9101"),
            ("localhost:http", TOKEN, "must be like"),
            ("127.0.0.1:9101", "", "set FOOTNOTE_METRICS_TOKEN too"),
            ("127.0.0.1:9101", TOKEN, "needs PROMETHEUS_MULTIPROC_DIR"),
        ],
    )
    def test_with_half_a_configuration(self, settings: Settings, address: str, token: str, why: str) -> None:
        settings.WORKER_METRICS, settings.METRICS_TOKEN = address, token
        with pytest.raises(SystemExit, match=why):
            worker_metrics.serve()

    def test_it_serves_nothing_unless_asked_to(self, settings: Settings) -> None:
        settings.WORKER_METRICS = ""
        assert worker_metrics.serve() is None


def test_counts_of_several_processes_are_added_up(tmp_path: Path) -> None:
    """The main process adds up its children's counts, and forgets those of earlier workers."""
    script = """
import os, threading, urllib.error, urllib.request
import django; django.setup()
from kb.telemetry import metrics
from kb.telemetry import worker_metrics
for _child in range(3):
    if os.fork() == 0:
        metrics.INGESTED.labels("ready", "").inc()
        os._exit(0)
    os.wait()
server = worker_metrics.serve() if {serve} else None
url = f"http://127.0.0.1:{{server.server_port}}" if server else ""
def ask(path, token):
    request = urllib.request.Request(url + path, headers={{"Authorization": f"Bearer {{token}}"}})
    try:
        return urllib.request.urlopen(request).read().decode()
    except urllib.error.HTTPError as error:
        return str(error.code)
if server:
    if os.fork() == 0:
        metrics.INGESTED.labels("failed", "no_text").inc()
        os._exit(0)
    os.wait()
    print(ask("/", "scrape-me"), ask("/metrics", "wrong"), ask("/metrics", "scrape-me"))
"""

    def run(serve: bool) -> str:
        environment: dict[str, Any] = os.environ | {
            "DJANGO_SETTINGS_MODULE": "kb.settings",
            "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "counts"),
            "FOOTNOTE_WORKER_METRICS": "127.0.0.1:0",
            "FOOTNOTE_METRICS_TOKEN": TOKEN,
        }
        command = [sys.executable, "-c", script.format(serve=serve)]
        done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run(serve=False)
    assert len(list((tmp_path / "counts").glob("counter_*.db"))) >= 3
    told = run(serve=True)
    assert told.startswith("404 404 # HELP")
    assert 'footnote_ingested_total{error="no_text",result="failed"} 1.0' in told
    assert 'result="ready"' not in told
