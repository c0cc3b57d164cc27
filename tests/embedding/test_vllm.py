"""The client of an embedding server, against a real one over HTTP that can be made to misbehave."""

import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from embedding import vllm
from embedding.engine import EngineMisconfigured, EngineUnavailable
from embedding.prompts import E5, Prompts, Role
from embedding.vllm import VLLM
from tests.embedding.server import DIMENSIONS, END, MODEL, WINDOW, EmbeddingServer, running

Make = Callable[..., VLLM]


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with running() as server:
        yield server


@pytest.fixture
def make(server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Creates engines on the server, with optional other options."""
    monkeypatch.setattr(vllm, "FIRST_WAIT_SECONDS", 0.001)
    made: list[VLLM] = []

    def make(**options: Any) -> VLLM:
        usual: dict[str, Any] = {
            "url": server.url,
            "model": MODEL,
            "revision": "0123456789abcdef",
            "model_dimensions": DIMENSIONS,
            "dimensions": DIMENSIONS,
            "max_tokens": WINDOW,
            "timeout_seconds": 10,
        }
        made.append(VLLM(**{**usual, **options}))
        return made[-1]

    yield make
    for engine in made:
        engine.close()


@pytest.fixture
def engine(make: Make) -> VLLM:
    return make()


class TestVectors:
    def test_vectors_are_in_the_order_of_the_texts_whatever_the_order_of_the_response(
        self, engine: VLLM, server: EmbeddingServer
    ) -> None:
        texts = ["black tea", "green tea", "a bicycle"]
        alone = np.vstack([engine.embed([text]) for text in texts])
        server.change = lambda answer: {**answer, "data": answer["data"][::-1]}
        np.testing.assert_array_equal(engine.embed(texts), alone)
        assert len(np.unique(alone, axis=0)) == 3

    def test_vectors_have_length_one_even_if_the_server_does_not_normalise(
        self, engine: VLLM, server: EmbeddingServer
    ) -> None:
        right = engine.embed(["black tea"])
        server.as_floats = True
        server.change = lambda answer: {
            **answer,
            "data": [{"index": 0, "embedding": [3 * value for value in answer["data"][0]["embedding"]]}],
        }
        vectors = engine.embed(["black tea"])
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
        np.testing.assert_allclose(vectors, right, rtol=1e-5)

    def test_no_texts_need_no_request(self, engine: VLLM, server: EmbeddingServer) -> None:
        assert engine.embed([]).shape == (0, DIMENSIONS)
        assert server.asked == []

    def test_an_empty_text_has_one_too(self, engine: VLLM) -> None:
        assert np.isfinite(engine.embed([""])).all()

    def test_a_text_over_the_limit_is_truncated_at_its_end(self, engine: VLLM) -> None:
        head = "alpha beta " * WINDOW
        cut, longer = engine.embed([head, head + "something else entirely"])
        np.testing.assert_array_equal(cut, longer)

    def test_dimensions_are_sent_only_if_fewer_than_the_models(self, make: Make, server: EmbeddingServer) -> None:
        """vLLM refuses the parameter, even with the full number, for models not known to support truncation."""
        assert make(dimensions=4).embed(["tea"]).shape == (1, 4)
        make().embed(["tea"])
        assert [body.get("dimensions") for _path, body in server.asked] == [4, None]

    def test_what_the_model_reads_before_a_text_is_sent_with_it(self, make: Make, server: EmbeddingServer) -> None:
        engine = make(prompts=Prompts(query="q: ", document="d: ", instructed="{instruction} | "))
        engine.embed(["tea"])
        engine.embed(["tea"], role=Role.QUERY)
        engine.embed(["tea"], role=Role.QUERY, instruction="Find")
        assert [body["input"] for _path, body in server.asked] == [["d: tea"], ["q: tea"], ["Find | tea"]]

    def test_the_fingerprint_covers_everything_that_changes_vectors(self, make: Make) -> None:
        prints = {
            engine.fingerprint
            for engine in (
                make(),
                make(dimensions=4),
                make(revision="fedcba9876543210"),
                make(model="other"),
                make(prompts=E5),
            )
        }
        assert len(prints) == 5
        assert make().fingerprint == make(max_tokens=5, api_key="k").fingerprint


class TestTokens:
    @pytest.mark.parametrize("end", [END, None], ids=["model with a special token", "model without"])
    def test_they_are_counted_without_special_ones(
        self, engine: VLLM, server: EmbeddingServer, end: str | None
    ) -> None:
        server.end = end
        assert engine.count_tokens(["hello world", "", "知识库", "one"]) == [2, 0, 3, 1]

    def test_beyond_the_window_too(self, engine: VLLM) -> None:
        assert engine.count_tokens(["word " * 1000]) == [1000]

    def test_many_texts_are_one_request(self, engine: VLLM, server: EmbeddingServer) -> None:
        engine.count_tokens(["first"])
        before = len(server.asked)
        assert engine.count_tokens([f"text number {n}" for n in range(1000)]) == [3] * 1000
        assert len(server.asked) == before + 1

    def test_very_many_texts_are_several_requests(
        self, engine: VLLM, server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        engine.count_tokens(["first"])
        monkeypatch.setattr(vllm, "CHARACTERS_PER_REQUEST", 100)
        before = len(server.asked)
        assert engine.count_tokens(["a bit of text"] * 20) == [4] * 20
        assert len(server.asked) == before + 3

    def test_a_text_that_contains_the_special_token_is_counted_separately(self, engine: VLLM) -> None:
        assert engine.count_tokens(["one", f"two {END} words", "three", END]) == [1, 3, 1, 1]

    def test_a_token_that_does_not_separate_texts_is_not_used(self, engine: VLLM, server: EmbeddingServer) -> None:
        server.end = "s"  # this tokenizer takes it for a letter
        assert engine.count_tokens(["cat", "dog", "big dog"]) == [1, 1, 2]

    def test_no_texts_have_no_counts(self, engine: VLLM) -> None:
        assert engine.count_tokens([]) == []


class TestUnavailable:
    def test_an_unreachable_server(self, make: Make, server: EmbeddingServer) -> None:
        engine = make(url="http://user:secret@127.0.0.1:1")
        with pytest.raises(EngineUnavailable, match=r"127\.0\.0\.1:1 cannot be reached") as caught:
            engine.embed(["tea"])
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    def test_a_temporary_failure(self, engine: VLLM, server: EmbeddingServer, status: int) -> None:
        server.refusals = [(status, {"error": {"message": "Too busy."}})] * 5
        with pytest.raises(EngineUnavailable, match=rf"{status}: Too busy\."):
            engine.embed(["tea"])

    @pytest.mark.parametrize("status", [429, 502, 503, 504])
    def test_transient_failures_are_retried(self, engine: VLLM, server: EmbeddingServer, status: int) -> None:
        server.refusals = [(status, "busy")] * 2
        assert engine.embed(["tea"]).shape == (1, DIMENSIONS)
        assert len(server.asked) == 3

    def test_a_dropped_connection_is_retried(self, engine: VLLM, server: EmbeddingServer) -> None:
        server.drop = 1
        assert engine.count_tokens(["black tea"]) == [2]

    def test_retries_are_limited(self, engine: VLLM, server: EmbeddingServer) -> None:
        server.drop = 10
        with pytest.raises(EngineUnavailable, match="cannot be reached"):
            engine.embed(["tea"])
        assert len(server.asked) == vllm.ATTEMPTS

    def test_a_timeout_is_not_retried(self, make: Make, server: EmbeddingServer) -> None:
        server.wait.clear()
        with pytest.raises(EngineUnavailable, match="in time"):
            make(timeout_seconds=0.05).embed(["tea"])
        server.wait.set()
        assert len(server.asked) == 1

    def test_a_failed_token_count_can_be_repeated(self, engine: VLLM, server: EmbeddingServer) -> None:
        server.refusals = [(500, "no")]
        with pytest.raises(EngineUnavailable):
            engine.count_tokens(["tea"])
        assert engine.count_tokens(["tea"]) == [1]


class TestMisconfigured:
    def test_an_unknown_model_is_reported_with_the_servers_message(self, make: Make) -> None:
        with pytest.raises(EngineMisconfigured, match="The model `nope` does not exist"):
            make(model="nope").embed(["tea"])

    def test_a_server_with_another_model(self, engine: VLLM, server: EmbeddingServer) -> None:
        server.change = lambda answer: {**answer, "model": "other"}
        with pytest.raises(EngineMisconfigured, match="'other'"):
            engine.embed(["tea"])

    def test_a_wrong_key(self, make: Make, server: EmbeddingServer) -> None:
        server.key = "right"
        assert make(api_key="right").count_tokens(["tea"]) == [1]
        with pytest.raises(EngineMisconfigured, match=r"401 .*Unauthorized") as caught:
            make(api_key="wrong").embed(["tea"])
        assert "wrong" not in str(caught.value)

    def test_vectors_of_another_length(self, make: Make) -> None:
        with pytest.raises(EngineMisconfigured, match="16 dimensions, not 99"):
            make(model_dimensions=99, dimensions=99).embed(["tea"])

    def test_a_limit_above_the_servers_is_reported_with_the_servers_message(
        self, make: Make, server: EmbeddingServer
    ) -> None:
        with pytest.raises(EngineMisconfigured, match="greater than max_model_len"):
            make(max_tokens=WINDOW + 1).embed(["tea"])
        assert len(server.asked) == 1, "what will not help is not tried again"

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0])
    def test_vectors_without_a_direction(self, engine: VLLM, server: EmbeddingServer, value: float) -> None:
        vector = [value] * DIMENSIONS
        server.change = lambda answer: {**answer, "data": [{"index": 0, "embedding": vector}]}
        with pytest.raises(EngineMisconfigured, match="without a direction"):
            engine.embed(["tea"])

    @pytest.mark.parametrize("indices", [[0], [0, 0], [0, 2], [0, 1, 2]])
    def test_a_wrong_number_of_vectors(self, engine: VLLM, server: EmbeddingServer, indices: list[int]) -> None:
        vector = [1.0] * DIMENSIONS
        server.change = lambda answer: {**answer, "data": [{"index": n, "embedding": vector} for n in indices]}
        with pytest.raises(EngineMisconfigured, match="for 2 texts"):
            engine.embed(["tea", "milk"])

    @pytest.mark.parametrize(
        "body", ["<html>", "[]", "{}", {"model": MODEL, "data": 3}, {"model": MODEL, "data": [{"index": 0}]}]
    )
    def test_an_incompatible_server(self, engine: VLLM, server: EmbeddingServer, body: object) -> None:
        server.refusals = [(200, body)] * 2
        with pytest.raises(EngineMisconfigured, match="answer"):
            engine.embed(["tea"])
        with pytest.raises(EngineMisconfigured, match="answer"):
            engine.count_tokens(["tea"])

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"url": "vllm:8000"}, "http://"),
            ({"url": ""}, "http://"),
            ({"dimensions": 17}, "16 dimensions, not 17"),
            ({"dimensions": 0}, "16 dimensions, not 0"),
        ],
    )
    def test_invalid_options_are_refused_at_once(self, make: Make, options: dict[str, Any], words: str) -> None:
        with pytest.raises(EngineMisconfigured, match=words):
            make(**options)

    def test_the_address_may_end_with_v1(self, make: Make, server: EmbeddingServer) -> None:
        make(url=f"{server.url}/v1/").embed(["tea"])
        assert server.paths() == ["/v1/embeddings"]


class TestSharing:
    def test_threads_share_an_engine(self, engine: VLLM) -> None:
        texts = [f"text {n}" for n in range(8)]
        alone = {text: engine.embed([text])[0] for text in texts}
        found: dict[str, Any] = {}
        threads = [threading.Thread(target=lambda t=t: found.update({t: engine.embed([t])[0]})) for t in texts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for text in texts:
            np.testing.assert_array_equal(found[text], alone[text])

    def test_a_forked_child_opens_connections_of_its_own(self, engine: VLLM) -> None:
        """Celery forks its pool. On a shared connection one process would read the other's response."""
        engine.embed(["tea"])
        parents = engine._client()
        pid = os.fork()
        if pid == 0:
            try:
                own = engine._client() is not parents and engine.embed(["tea"]).shape == (1, DIMENSIONS)
                engine.close()
                os._exit(0 if own else 1)
            finally:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert engine.embed(["tea"]).shape == (1, DIMENSIONS)
