"""The client, the search and the shapes of the other tests' server against the real vLLM: `make test-vllm`."""

import base64
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from embedding.engine import EngineMisconfigured, EngineUnavailable
from embedding.minilm import MiniLM
from embedding.prompts import Role
from embedding.server import replica
from embedding.server.capabilities import BEFORE_DOCUMENTS
from embedding.server.client import ServerEngine
from embedding.transforms import truncated
from kb.indexing import parse
from kb.library import collections
from kb.models import Status
from retrieval.engines import engine as engine_named
from tests.conftest import Upload, signed_in
from tests.embedding import server as imitation
from tests.indexing.conftest import indexing
from tests.real_vllm.conftest import Server
from tests.real_vllm.tiny_qwen import HIDDEN, TinyQwen

TEXTS = [
    "Green tea is steeped at seventy to eighty degrees.",
    "",
    "A bicycle has two wheels, a saddle and a bell; " * 12,
    *(f"Sentence number {n} tells of the {n}th day of the journey." for n in range(30)),
]
CHINESE = ["绿茶用八十度的水冲泡。", "Black tea, 红茶, takes boiling water.", "def f(x): return x", "tea"]


Make = Callable[..., ServerEngine]


@pytest.fixture
def make() -> Iterator[Make]:
    """Creates clients of a server."""
    made: list[ServerEngine] = []

    def make(server: Server, **options: Any) -> ServerEngine:
        usual = {"url": server.url, "model": server.name, "revision": "1", **server.model}
        made.append(ServerEngine(**{**usual, **options}))
        return made[-1]

    yield make
    for engine in made:
        engine.close()


class TestMiniLM:
    def test_vectors_equal_the_built_in_engines(self, make: Make, minilm_server: Server, minilm: MiniLM) -> None:
        engine = make(minilm_server, request_tokens=256)
        np.testing.assert_allclose(engine.embed(TEXTS), minilm.embed(TEXTS), atol=1e-4)

    def test_tokens_are_counted_alike_many_texts_a_request(
        self, make: Make, minilm_server: Server, minilm: MiniLM
    ) -> None:
        engine = make(minilm_server)
        assert engine.count_tokens(TEXTS) == minilm.count_tokens(TEXTS)
        assert engine.capabilities.facts() == {
            "software": "vLLM",
            "longest text": "256 tokens",
            "long texts": "truncated by the server",
            "fewer dimensions": "truncated here",
            "tokens counted": "by the server, many texts a request",
            "questions": BEFORE_DOCUMENTS,
        }

    def test_a_text_that_is_too_long_is_truncated_and_costs_no_other_its_vector(
        self, make: Make, minilm_server: Server, minilm: MiniLM
    ) -> None:
        texts = [*TEXTS[:4], "The journey went on and on. " * 400, *TEXTS[4:8]]
        np.testing.assert_allclose(make(minilm_server).embed(texts), minilm.embed(texts), atol=1e-4)

    def test_another_model_and_a_longer_text_are_refused_with_a_sentence(
        self, make: Make, minilm_server: Server
    ) -> None:
        with pytest.raises(EngineMisconfigured, match="serves all-MiniLM-L6-v2, and not nope as the settings say"):
            make(minilm_server, model="nope").embed(["tea"])
        with pytest.raises(EngineMisconfigured, match="at most 256 tokens, and the settings say 512"):
            make(minilm_server, max_tokens=512).embed(["tea"])

    def test_from_upload_to_search(self, minilm_server: Server, alice: User, add: Upload, settings: Settings) -> None:
        settings.ENGINES["served"] = {
            "class": "embedding.server.client.ServerEngine",
            "name": "served",
            "url": minilm_server.url,
            "model": minilm_server.name,
            "revision": "1",
            **minilm_server.model,
        }
        shelf = collections.create(alice, engine="served", preset="general", name="Shelf")
        tea = add(
            "tea.md", "# Tea\n\nGreen leaves are steeped at eighty degrees.\n\n" + "A long tale. " * 500, to=shelf
        )
        bicycle = add("bicycle.md", "# Bicycle\n\nTwo wheels and a bell.", to=shelf)
        for document in (tea, bicycle):
            parse.parse(document.newest.pk)
            assert indexing(document).status == Status.READY, indexing(document).error_detail
        question = {"query": "How hot should water be?", "mode": "dense", "explain": True}
        answer = signed_in(alice).post("/api/v1/search/", question, "application/json").json()
        assert answer["hits"][0]["document"]["id"] == tea.pk
        assert answer["hits"][0]["explanation"]["dense"]["rank"] == 1
        engine_named("served").close()  # type: ignore[attr-defined]


class TestQwen:
    @pytest.mark.parametrize("dimensions", [32, 64, 127, HIDDEN])
    def test_vectors_of_every_size_equal_the_models(
        self, make: Make, qwen_server: Server, tiny: TinyQwen, dimensions: int
    ) -> None:
        engine = make(qwen_server, dimensions=dimensions)
        expected = truncated(tiny.embed(CHINESE), dimensions)
        np.testing.assert_allclose(engine.embed(CHINESE), expected, atol=1e-4)
        assert engine.capabilities.takes_dimensions == (dimensions < HIDDEN)

    def test_questions_get_their_instruction_and_documents_none(
        self, make: Make, qwen_server: Server, tiny: TinyQwen
    ) -> None:
        engine = make(qwen_server)
        asked = engine.embed(["how hot?"], role=Role.QUERY, instruction="Find a temperature")
        np.testing.assert_allclose(asked, tiny.embed(["Instruct: Find a temperature\nQuery:how hot?"]), atol=1e-4)
        np.testing.assert_allclose(engine.embed(["how hot?"]), tiny.embed(["how hot?"]), atol=1e-4)

    def test_tokens(self, make: Make, qwen_server: Server, tiny: TinyQwen) -> None:
        by_file = make(qwen_server, tokenizer=str(tiny.folder))
        assert make(qwen_server).count_tokens(CHINESE) == tiny.count(CHINESE) == by_file.count_tokens(CHINESE)

    def test_a_server_killed_in_the_middle_is_waited_for_and_asked_again(
        self, make: Make, qwen_server: Server, tiny: TinyQwen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(replica, "OPEN_SECONDS", 0.5)
        engine = make(qwen_server, request_tokens=512)
        texts = [f"{text} {n}" for n in range(500) for text in CHINESE]
        killer = threading.Timer(0.3, qwen_server.kill)
        killer.start()
        with pytest.raises(EngineUnavailable):
            again_and_again(engine, texts)
        killer.join()
        begun = time.monotonic()
        with pytest.raises(EngineUnavailable):
            engine.embed(["tea"], role=Role.QUERY)
        assert time.monotonic() - begun < 2
        qwen_server.start()
        qwen_server.wait()
        time.sleep(replica.OPEN_SECONDS)
        np.testing.assert_allclose(engine.embed(CHINESE), tiny.embed(CHINESE), atol=1e-4)


class TestShapes:
    """The server that the other tests use answers as this one does: names and types, also of errors."""

    @pytest.fixture
    def imitated(self) -> Any:
        with imitation.running() as server:
            yield server

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/v1/models", None),
            ("/v1/embeddings", {"input": ["tea", "milk"], "encoding_format": "base64", "truncate_prompt_tokens": 4}),
            ("/v1/embeddings", {"input": ["tea"]}),
            ("/v1/embeddings", {"input": ["tea " * 9000]}),
            ("/v1/embeddings", {"input": ["tea"], "truncate_prompt_tokens": 100_000}),
            ("/v1/embeddings", {"input": ["tea"], "model": "nope"}),
            ("/tokenize", {"prompt": "tea", "add_special_tokens": True, "return_token_strs": True}),
            ("/tokenize", {"prompt": "tea", "add_special_tokens": False}),
            ("/tokenize", {"prompt": ["tea", "milk"], "add_special_tokens": False}),
            ("/nothing", {}),
        ],
    )
    def test_of_an_answer(
        self, qwen_server: Server, imitated: imitation.EmbeddingServer, path: str, body: dict[str, Any] | None
    ) -> None:
        def ask(url: str, model: str) -> httpx.Response:
            return httpx.get(url + path) if body is None else httpx.post(url + path, json={"model": model, **body})

        real, other = ask(qwen_server.url, qwen_server.name), ask(imitated.url, imitation.MODEL)
        assert real.status_code == other.status_code
        expected, found = shape(other.json()), shape(real.json())
        assert {name: found.get(name) for name in expected} == {
            name: kind or found.get(name, "missing") for name, kind in expected.items()
        }

    def test_base64_is_of_little_endian_floats(self, qwen_server: Server, tiny: TinyQwen) -> None:
        body = {"model": qwen_server.name, "input": ["tea"], "encoding_format": "base64"}
        [row] = httpx.post(f"{qwen_server.url}/v1/embeddings", json=body).json()["data"]
        vector = np.frombuffer(base64.b64decode(row["embedding"]), dtype="<f4")
        np.testing.assert_allclose(vector, tiny.embed(["tea"])[0], atol=1e-4)


def again_and_again(engine: ServerEngine, texts: list[str]) -> None:
    for _again in range(100):
        engine.embed(texts)


def shape(value: Any, name: str = "") -> dict[str, str | None]:
    """The type of each field, None of one that is null; a list has the fields of its first item."""
    found = {name: None if value is None else type(value).__name__}
    if isinstance(value, dict):
        for key, item in value.items():
            found |= shape(item, f"{name}.{key}")
    if isinstance(value, list) and value:
        found |= shape(value[0], f"{name}[]")
    return found
