"""Engines whose model is served over real HTTP."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from embedding.server import connection
from embedding.server.client import ServerEngine
from tests.embedding.server import DIMENSIONS, MODEL, WINDOW, EmbeddingServer, running

Make = Callable[..., ServerEngine]


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with running() as server:
        yield server


@pytest.fixture
def make(server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Creates engines on the server, with optional other options."""
    monkeypatch.setattr(connection, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(connection, "LONGEST_WAIT_SECONDS", 0.001)
    made: list[ServerEngine] = []

    def make(**options: Any) -> ServerEngine:
        usual: dict[str, Any] = {
            "url": server.url,
            "model": MODEL,
            "revision": "0123456789abcdef",
            "model_dimensions": DIMENSIONS,
            "dimensions": DIMENSIONS,
            "max_tokens": WINDOW,
            "timeout_seconds": 10,
        }
        made.append(ServerEngine(**{**usual, **options}))
        return made[-1]

    yield make
    for engine in made:
        engine.close()


@pytest.fixture
def served(make: Make, server: EmbeddingServer) -> ServerEngine:
    """One that knows its server already."""
    engine = make()
    assert engine.capabilities.truncates
    server.asked.clear()
    return engine
