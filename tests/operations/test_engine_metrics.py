"""What engines tell about their work becomes metrics, log lines and figures on the panel; and docs/grafana.json."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from prometheus_client import REGISTRY
from pytest_django import Settings

from embedding.observation import Call, Circuit, Request
from embedding.prompts import Role
from kb.telemetry import engines
from retrieval.engines import engine as engine_named
from tests.conftest import Upload, signed_in
from tests.embedding.server import DIMENSIONS, MODEL, WINDOW, EmbeddingServer, running
from tests.engines import WordsEngine
from tests.operations.conftest import Log
from tests.operations.test_metrics import CHECKOUT, counted, scraped

__all__ = ["scraped"]  # a fixture


@pytest.fixture
def server(settings: Settings) -> Iterator[EmbeddingServer]:
    """An embedding server, which the engine called "tiny" asks."""
    with running() as server:
        settings.ENGINES["tiny"] = {
            "class": "embedding.server.client.ServerEngine",
            "name": "tiny",
            "url": server.url,
            "model": MODEL,
            "revision": "1",
            "model_dimensions": DIMENSIONS,
            "dimensions": DIMENSIONS,
            "max_tokens": WINDOW,
        }
        yield server
        engine_named("tiny").close()  # type: ignore[attr-defined]


class TestCounted:
    def test_questions(self, ready: Upload, alice: User, engine: WordsEngine) -> None:
        def now() -> list[float]:
            role = {"engine": "words", "role": "query"}
            return [
                counted("footnote_engine_calls_total", **role, result="ok"),
                counted("footnote_engine_calls_total", **role, result="EngineUnavailable"),
                counted("footnote_engine_texts_total", **role, dimensions="64", instruction="no"),
                counted("footnote_engine_seconds_count", **role),
            ]

        ready("a.txt", "tea")
        before = now()
        signed_in(alice).get("/search/?q=tea")
        engine.away = True
        signed_in(alice).get("/search/?q=tea")
        assert [after - earlier for after, earlier in zip(now(), before, strict=True)] == [1, 1, 1, 1]

    def test_requests_to_servers(self, server: EmbeddingServer, alice: User) -> None:
        def now() -> list[float]:
            return [
                counted("footnote_engine_requests_total", engine="tiny", path="/v1/embeddings", result="ok"),
                counted("footnote_engine_tokens_total", engine="tiny"),
                counted("footnote_engine_retries_total", engine="tiny"),
                counted("footnote_engine_request_seconds_count", engine="tiny", path="/v1/embeddings"),
            ]

        api = signed_in(alice)
        question: dict[str, Any] = {"engine": "tiny", "texts": ["black tea"]}
        assert api.post("/api/v1/embeddings/", question, "application/json").status_code == 200
        before = now()
        server.refusals = [(429, "slow down")]
        assert api.post("/api/v1/embeddings/", question, "application/json").status_code == 200
        assert [after - earlier for after, earlier in zip(now(), before, strict=True)] == [1, 3, 1, 1]

    def test_a_text_that_the_engine_fails_on_is_named_by_the_api(self, server: EmbeddingServer, alice: User) -> None:
        server.poison = "hemlock"
        question = {"engine": "tiny", "texts": ["black tea", "hemlock tea"]}
        answer = signed_in(alice).post("/api/v1/embeddings/", question, "application/json")
        assert answer.status_code == 400
        assert answer.json()["error"]["fields"] == {"texts.1": ["The embedding engine fails on this text every time."]}

    def test_servers_that_are_left_alone(self) -> None:
        labels = {"engine": "tiny", "server": "gpu:8000"}
        for is_open in (True, False):
            engines.observe(Circuit(**labels, open=is_open))
            assert counted("footnote_engine_circuit_open", **labels) == is_open


class TestLogged:
    def test_each_call_and_what_went_wrong_on_the_way(self, log: Log) -> None:
        engines.observe(Call("tiny", Role.QUERY, 1, 2560, True, 0.0123, "ok"))
        engines.observe(Request("tiny", "/v1/embeddings", 8, 900, 2, 1.5, "EngineUnavailable"))
        call, request = (line for line in log.lines() if line["logger"] == "kb.telemetry.engines")
        assert (call["level"], call["role"], call["texts"], call["ms"]) == ("INFO", "query", 1, 12.3)
        assert (call["dimensions"], call["instructed"], call["result"]) == (2560, True, "ok")
        assert (request["level"], request["tokens"], request["retries"]) == ("WARNING", 900, 2)
        assert request["message"] == (
            "Engine tiny: /v1/embeddings, 900 tokens, 1500.0 ms, 2 retries, EngineUnavailable"
        )


def test_the_panel_tells_percentiles_and_what_the_server_can_do(
    server: EmbeddingServer, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(engines._questions, "tiny", raising=False)  # those of other tests
    for milliseconds in range(1, 101):
        engines.observe(Call("tiny", Role.QUERY, 1, 16, False, milliseconds / 1000, "ok"))
    panel = signed_in(User.objects.create_superuser("ada", password="correct horse"))
    shown = re.sub(r"<[^>]*>|\s+", " ", panel.post("/admin/speed/tiny/").content.decode())
    assert re.search(r"P50 50[.,]5 ms, +P95 95[.,]\d ms, +P99 99[.,]0 ms", shown)
    assert re.search(r"Software +vLLM", shown)
    assert re.search(r"Longest text +200 tokens", shown)
    assert re.search(r"Tokens counted +by the server, many texts a request", shown)


def test_every_metric_of_the_dashboard_exists(db: None, scraped: Callable[[], dict[str, float]]) -> None:
    """And every metric of engines is on it."""
    dashboard = json.loads((CHECKOUT / "docs" / "grafana.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    named = {name for expression in asked for name in re.findall(r"\bfootnote_\w+", expression)}
    families = {family.name: family.type for family in REGISTRY.collect() if family.name.startswith("footnote_")}
    endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "gauge": [""]}
    exist = {name + ending for name, kind in families.items() for ending in endings[kind]}
    exist |= {sample.partition("{")[0] for sample in scraped()} | {"footnote_documents_failed", "footnote_queue_length"}
    assert named <= exist
    assert {name for name in families if "_engine_" in name} <= {
        re.sub(r"_(total|bucket)$", "", name) for name in named
    }
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
