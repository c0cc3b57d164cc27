"""Documents and questions while the embedding server is away, and when it is back: the real client, a real server."""

import socket
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from embedding.vllm import VLLM
from kb.indexing import parse
from kb.library import collections
from kb.models import Collection, Status
from retrieval.engines import engine as engine_named
from retrieval.models import PassageVector
from tests.conftest import Upload, signed_in, work
from tests.embedding.server import DIMENSIONS, MODEL, WINDOW, running
from tests.indexing.conftest import indexing, let_time_pass


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def shelf(alice: User, settings: Settings, port: int) -> Iterator[Collection]:
    """A collection whose engine is a server on `port`, which is not started yet."""
    options = {
        "class": "embedding.vllm.VLLM",
        "url": f"http://127.0.0.1:{port}",
        "model": MODEL,
        "revision": "1",
        "model_dimensions": DIMENSIONS,
        "dimensions": DIMENSIONS,
        "max_tokens": WINDOW,
    }
    settings.ENGINES = {**settings.ENGINES, "tiny": options}
    yield collections.create(alice, engine="tiny", preset="general", name="Shelf")
    engine = engine_named("tiny")
    assert isinstance(engine, VLLM)
    engine.close()


def test_a_document_waits_for_the_server_and_goes_on_by_itself(shelf: Collection, add: Upload, port: int) -> None:
    document = add("tea.md", "# Tea\n\nWater at eighty degrees.", to=shelf)
    parse.parse(document.newest.pk)
    row = indexing(document)
    assert (row.status, row.error_code, row.tries) == (Status.QUEUED, "engine_down", 0)
    assert f"127.0.0.1:{port} cannot be reached" in row.error_detail

    with running(port):
        let_time_pass()
        work()
    row.refresh_from_db()
    assert (row.status, row.error_code) == (Status.READY, "")
    assert PassageVector.objects.filter(version=row.version).exists()


def test_one_that_dies_halfway_costs_only_the_batch_in_hand(
    shelf: Collection, add: Upload, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VLLM, "batch_tokens", 100)
    text = "\n\n".join(f"# Chapter {n}\n\n" + f"word{n} " * 60 for n in range(6))
    document = add("book.md", text, to=shelf)

    with running(port) as server:

        def die_after_the_fourth(answer: dict[str, object]) -> dict[str, object]:
            if server.paths().count("/v1/embeddings") == 4:
                server.refusals = [(503, "shutting down")] * 10
            return answer

        server.change = die_after_the_fourth
        parse.parse(document.newest.pk)
        row = indexing(document)
        assert (row.status, row.error_code) == (Status.QUEUED, "engine_down")

        server.change = lambda answer: answer
        server.refusals = []
        server.asked.clear()
        let_time_pass()
        work()
        assert server.paths().count("/v1/embeddings") == 2, "of six"
    row.refresh_from_db()
    assert row.status == Status.READY


def test_a_question_is_answered_when_it_is_there_and_says_so_when_not(
    shelf: Collection, add: Upload, alice: User, port: int
) -> None:
    api = signed_in(alice)
    question = {"query": "hot water", "explain": True}
    with running(port):
        parse.parse(add("tea.md", "# Tea\n\nWater at eighty degrees.", to=shelf).newest.pk)
        answer = api.post("/api/v1/search/", question, "application/json")
        (hit,) = answer.json()["hits"]
        assert hit["explanation"]["dense"]["rank"] == 1

    answer = api.post("/api/v1/search/", question, "application/json")
    (hit,) = answer.json()["hits"]
    assert hit["explanation"]["dense"] is None, "found by its words alone"
    assert "does not answer" in answer.json()["notices"][0]
    assert str(port) not in answer.content.decode()
