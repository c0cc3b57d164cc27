"""Documents and searches while the embedding server is down, and after it is back, with the real client."""

import html
import socket
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from embedding.server import connection, replica
from embedding.server.client import ServerEngine
from kb.indexing import parse
from kb.library import collections
from kb.models import Collection, Document, Status, Version
from kb.searching.search import NOTICES
from retrieval.engines import engine as engine_named
from retrieval.models import IndexedVersion, PassageVector
from retrieval.search import Notice
from tests.conftest import Upload, signed_in, work
from tests.embedding.server import DIMENSIONS, MODEL, WINDOW, running
from tests.indexing.conftest import assert_whole, indexing, let_time_pass


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def shelf(alice: User, settings: Settings, port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collection]:
    """A collection whose engine is a server on `port`, which is not started yet."""
    for name in ("FIRST_WAIT_SECONDS", "LONGEST_WAIT_SECONDS"):
        monkeypatch.setattr(connection, name, 0.001)
    monkeypatch.setattr(replica, "OPEN_SECONDS", 0)  # the tests move the clock of documents, not of the circuit
    options = {
        "class": "embedding.server.client.ServerEngine",
        "name": "tiny",
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
    assert isinstance(engine, ServerEngine)
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
    monkeypatch.setattr(engine_named("tiny"), "batch_tokens", 100)
    text = "\n\n".join(f"# Chapter {n}\n\n" + f"word{n} " * 60 for n in range(6))
    document = add("book.md", text, to=shelf)

    with running(port) as server:

        def die_after_the_fourth(answer: dict[str, object]) -> dict[str, object]:
            if len(server.embedded()) == 4:
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
        assert len(server.embedded()) == 2, "of six"
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


WRONG = {"error": {"message": "The model `tests/other` does not exist.", "type": "BadRequestError", "code": 400}}
AWAY, MISFIT = (str(NOTICES[notice]) for notice in (Notice.ENGINE_AWAY, Notice.ENGINE_DOES_NOT_FIT))


class Queue:
    """A hundred uploads, with searches meanwhile."""

    def __init__(self, shelf: Collection, add: Upload, alice: User, size: int = 100) -> None:
        self.shelf = shelf
        self.api = signed_in(alice)
        self.documents = [add(f"{n}.md", f"# Tea {n}\n\nWater at {n} degrees.", to=shelf) for n in range(size)]

    def parse(self, some: slice) -> None:
        for document in self.documents[some]:
            parse.parse(document.newest.pk)

    def ready(self) -> int:
        return Document.objects.with_progress().in_status(Status.READY).count()

    def wait_and_work(self, times: int) -> None:
        for _some_seconds in range(times):
            let_time_pass()
            work()

    def notices(self) -> list[str]:
        """The notices of a search, which must find what is indexed whatever the engine does."""
        answer = self.api.post("/api/v1/search/", {"query": "water degrees"}, "application/json")
        assert answer.status_code == 200
        assert len(answer.json()["hits"]) == 10
        page = self.api.get("/search/?q=water+degrees")
        assert (page.status_code, len(page.context["results"].hits)) == (200, 10)
        notices: list[str] = answer.json()["notices"]
        assert all(notice in html.unescape(page.content.decode()) for notice in notices)
        return notices


def test_a_hundred_uploads_while_the_engine_stops_answers_nonsense_and_is_right_again(
    shelf: Collection,
    add: Upload,
    alice: User,
    port: int,
    settings: Settings,
) -> None:
    queue = Queue(shelf, add, alice)
    with running(port):
        queue.parse(slice(0, 40))
        assert (queue.ready(), queue.notices()) == (40, [])

    queue.parse(slice(40, 70))
    queue.wait_and_work(times=settings.MAX_TRIES + 2)
    assert (queue.ready(), queue.notices()) == (40, [AWAY])

    with running(port) as server:
        server.refusals = [(400, WRONG)] * 10_000
        queue.parse(slice(70, 100))
        queue.wait_and_work(times=settings.MAX_TRIES + 2)
        assert (queue.ready(), queue.notices()) == (40, [MISFIT])
        waiting = IndexedVersion.objects.exclude(status=Status.READY)
        assert set(waiting.values_list("status", "error_code", "tries")) == {(Status.QUEUED, "engine_down", 0)}
        assert all("answers 400" in detail for detail in waiting.values_list("error_detail", flat=True))
        assert waiting.count() == 60

        server.refusals = []
        queue.wait_and_work(times=1)
        assert (queue.ready(), queue.notices()) == (100, [])
    assert set(Version.objects.values_list("status", "attempt")) == {(Status.READY, 1)}
    assert set(IndexedVersion.objects.values_list("status", "error_code", "tries")) == {(Status.READY, "", 0)}
    assert_whole(shelf.generation)


def test_one_poisoned_text_among_a_hundred(shelf: Collection, add: Upload, alice: User, port: int) -> None:
    """It makes the server fail every time: its document fails and names the passage, and the other 99 are ready."""
    with running(port) as server:
        server.poison = "hemlock"
        queue = Queue(shelf, add, alice, size=99)
        text = "\n\n".join(
            ["# Herbs", *(f"## Herb {n}\n\n" + f"leaf{n} " * 60 for n in range(5)), "## Hemlock\n\nA hemlock tea."]
        )
        poisoned = add("herbs.md", text, to=shelf)
        queue.wait_and_work(times=2)
        assert queue.ready() == 99
        row = indexing(poisoned)
        assert (row.status, row.error_code) == (Status.FAILED, "engine_rejected")
        assert row.error_detail.startswith("Passage 6 of 6, which begins “A hemlock tea.”. It fails on this text every")
        assert "list index out of range" in row.error_detail

        page = html.unescape(queue.api.get(f"/collections/{shelf.pk}/").content.decode())
        assert "The embedding engine fails on a passage." in page
        answer = queue.api.get(f"/api/v1/documents/{poisoned.pk}/").json()
        assert answer["error"]["code"] == "engine_rejected"

        server.poison = "\0"
        assert queue.api.post(f"/api/v1/documents/{poisoned.pk}/retry/").status_code == 202
        queue.wait_and_work(times=1)
        assert queue.ready() == 100
    assert_whole(shelf.generation)
