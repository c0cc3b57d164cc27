"""A server that is away, overloaded, wrong, or fails on one text."""

import time
from typing import Any

import numpy as np
import pytest

from embedding import observation
from embedding.engine import EngineMisconfigured, EngineRejected, EngineUnavailable
from embedding.prompts import Role
from embedding.server import connection, replica
from embedding.server.client import HARMLESS, ServerEngine
from tests.embedding.conftest import Make
from tests.embedding.server import DIMENSIONS, MODEL, WINDOW, EmbeddingServer, Kind


class TestUnavailable:
    def test_an_unreachable_server(self, make: Make, server: EmbeddingServer) -> None:
        engine = make(url="http://user:secret@127.0.0.1:1")
        with pytest.raises(EngineUnavailable, match=r"127\.0\.0\.1:1 cannot be reached") as caught:
            engine.embed(["tea"])
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    def test_a_temporary_failure(self, served: ServerEngine, server: EmbeddingServer, status: int) -> None:
        server.refusals = [(status, {"error": {"message": "Too busy."}})] * 5
        with pytest.raises(EngineUnavailable, match=rf"{status} .*: Too busy\."):
            served.embed(["tea"])

    @pytest.mark.parametrize("status", [429, 502, 503, 504])
    def test_transient_failures_are_retried(self, served: ServerEngine, server: EmbeddingServer, status: int) -> None:
        server.refusals = [(status, "busy")] * 2
        assert served.embed(["tea"]).shape == (1, DIMENSIONS)
        assert len(server.asked) == 3

    def test_a_dropped_connection_is_retried(self, served: ServerEngine, server: EmbeddingServer) -> None:
        server.drop = 1
        assert served.count_tokens(["black tea"]) == [2]

    def test_retries_are_limited(self, served: ServerEngine, server: EmbeddingServer) -> None:
        server.drop = 10
        with pytest.raises(EngineUnavailable, match="cannot be reached"):
            served.embed(["tea"])
        assert len(server.asked) == 2 * connection.ATTEMPTS, "and as many for a harmless text"

    def test_a_timeout_is_not_retried(self, make: Make, server: EmbeddingServer) -> None:
        engine = make(timeout_seconds=0.3)
        assert engine.capabilities.truncates
        server.asked.clear()
        server.wait.clear()
        with pytest.raises(EngineUnavailable, match="in time"):
            engine.embed(["tea"])
        server.wait.set()
        assert len(server.asked) == 1

    def test_a_failed_token_count_can_be_repeated(self, served: ServerEngine, server: EmbeddingServer) -> None:
        server.refusals = [(500, "no")]
        with pytest.raises(EngineUnavailable):
            served.count_tokens(["tea"])
        assert served.count_tokens(["tea"]) == [1]


class TestCircuit:
    def test_nobody_waits_for_a_server_that_does_not_answer_until_it_does_again(
        self, make: Make, server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(replica, "OPEN_SECONDS", 0.2)
        engine = make(timeout_seconds=0.2)
        assert engine.capabilities.truncates
        server.wait.clear()
        for _once in range(replica.FAILURES):
            with pytest.raises(EngineUnavailable, match="in time"):
                engine.embed(["tea"], role=Role.QUERY)
        asked, begun = len(server.asked), time.monotonic()
        for _once in range(20):
            with pytest.raises(EngineUnavailable, match="in time"):
                engine.embed(["tea"], role=Role.QUERY)
        assert time.monotonic() - begun < 0.15
        assert len(server.asked) == asked
        server.wait.set()
        time.sleep(0.2)
        assert engine.embed(["tea"]).shape == (1, DIMENSIONS)
        assert engine.embed(["tea"]).shape == (1, DIMENSIONS)

    def test_one_request_at_a_time_looks_whether_it_is_back(
        self, served: ServerEngine, server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(replica, "OPEN_SECONDS", 0.1)
        server.refusals = [(503, "starting")] * 4
        for _once in range(5):
            with pytest.raises(EngineUnavailable, match="503"):
                served.embed(["tea"])
        assert len(server.asked) == replica.FAILURES
        time.sleep(0.1)
        for _once in range(5):
            with pytest.raises(EngineUnavailable, match="503"):
                served.embed(["tea"])
        assert len(server.asked) == replica.FAILURES + 1

    def test_an_overloaded_server_is_there(self, served: ServerEngine, server: EmbeddingServer) -> None:
        server.refusals = [(429, "slow down")] * 6
        for _once in range(2):
            with pytest.raises(EngineUnavailable, match="429"):
                served.embed(["tea"])
        assert served.embed(["tea"]).shape == (1, DIMENSIONS)


class TestOneTextOfMany:
    TEXTS = tuple(f"text number {n}" for n in range(40))

    @pytest.mark.parametrize("way", ["answers 500", "hangs up"])
    def test_the_one_that_makes_the_server_fail_is_named(
        self, served: ServerEngine, server: EmbeddingServer, way: str
    ) -> None:
        if way == "hangs up":
            server.drops_on = "number 23"
        else:
            server.poison = "number 23"
        with pytest.raises(EngineRejected, match="fails on this text every time") as caught:
            served.embed(self.TEXTS)
        assert caught.value.index == 23

    def test_it_costs_few_requests(self, served: ServerEngine, server: EmbeddingServer) -> None:
        server.poison = "number 23"
        with pytest.raises(EngineRejected):
            served.embed(self.TEXTS)
        assert sum(body["input"] != [HARMLESS] for body in server.embedded()) < 15

    def test_a_failure_that_passes_names_nobody(self, served: ServerEngine, server: EmbeddingServer) -> None:
        server.refusals = [(500, "out of memory")]
        assert served.embed(self.TEXTS).shape == (40, DIMENSIONS)

    def test_a_server_that_refuses_every_text_is_to_blame_itself(
        self, served: ServerEngine, server: EmbeddingServer
    ) -> None:
        server.poison = ""
        with pytest.raises(EngineUnavailable, match="list index out of range"):
            served.embed(self.TEXTS)
        assert len(server.embedded()) == 2

    @pytest.mark.parametrize("tokenize", ["vllm", "llama.cpp", "tei", None])
    def test_one_that_is_too_long_is_truncated_and_its_batch_embedded(
        self, make: Make, server: EmbeddingServer, tokenize: str | None
    ) -> None:
        """As for a server that truncates by itself; where nobody counts tokens it loses more than it would have to."""
        long = "leaf " * (3 * WINDOW)
        texts = [*self.TEXTS[:5], long, *self.TEXTS[5:]]
        truncating = make().embed(texts)
        server.kind = Kind(truncates=False, tokenize=tokenize)
        np.testing.assert_allclose(make().embed(texts), truncating, atol=1e-3)

    def test_a_limit_below_the_settings_is_not_worked_around(self, make: Make, server: EmbeddingServer) -> None:
        """llama.cpp's physical batch is 512 tokens unless it is told otherwise: passages would lose their ends."""
        server.kind = Kind(truncates=False, says_window=False, too_long=(500, "input is too large to process"))
        server.window = 50
        with pytest.raises(EngineMisconfigured, match=r"refuses a text of 60 tokens.* that it takes 200"):
            make().embed(["short", "word " * 60])


class TestObserved:
    def test_requests_retries_and_circuits_are_told(self, make: Make, server: EmbeddingServer) -> None:
        told: list[observation.Event] = []
        observation.subscribe(told.append)
        try:
            engine = make(name="tiny")
            assert engine.capabilities.truncates
            told.clear()
            server.refusals = [(503, "starting")] * 2
            engine.embed(["black tea", "milk"])
            server.refusals = [(503, "starting")] * 3
            with pytest.raises(EngineUnavailable):
                engine.embed(["tea"])
        finally:
            observation.unsubscribe(told.append)
        requests = [one for one in told if isinstance(one, observation.Request)]
        assert [(one.engine, one.texts, one.tokens, one.retries, one.result) for one in requests] == [
            ("tiny", 2, 5, 2, "ok"),
            ("tiny", 1, 0, 2, "EngineUnavailable"),
        ]
        assert observation.Circuit("tiny", f"127.0.0.1:{server.server_port}", open=True) in told


class TestMisconfigured:
    def test_an_unknown_model_is_reported_with_the_servers_message(self, make: Make, server: EmbeddingServer) -> None:
        server.kind = Kind(models=False)
        with pytest.raises(EngineMisconfigured, match="The model `nope` does not exist"):
            make(model="nope").embed(["tea"])

    def test_a_server_that_lists_other_models_is_not_asked_for_vectors(
        self, make: Make, server: EmbeddingServer
    ) -> None:
        with pytest.raises(EngineMisconfigured, match="serves tests/tiny, and not nope as the settings say"):
            make(model="nope").embed(["tea"])
        assert server.asked == []

    def test_a_server_with_another_model(self, served: ServerEngine, server: EmbeddingServer) -> None:
        server.change = lambda answer: {**answer, "model": "other"}
        with pytest.raises(EngineMisconfigured, match="'other'"):
            served.embed(["tea"])

    def test_a_wrong_key(self, make: Make, server: EmbeddingServer) -> None:
        server.key = "right"
        assert make(api_key="right").count_tokens(["tea"]) == [1]
        with pytest.raises(EngineMisconfigured, match=r"401 .*Unauthorized") as caught:
            make(api_key="wrong").embed(["tea"])
        assert "wrong" not in str(caught.value)

    def test_vectors_of_another_length(self, make: Make) -> None:
        with pytest.raises(EngineMisconfigured, match="16 dimensions, not 99"):
            make(model_dimensions=99, dimensions=99).embed(["tea"])

    def test_a_limit_above_the_servers_is_refused_with_what_to_set(self, make: Make, server: EmbeddingServer) -> None:
        server.window = 150
        with pytest.raises(EngineMisconfigured, match=r"at most 150 tokens.* FOOTNOTE_VLLM_MAX_TOKENS to 150"):
            make().embed(["tea"])
        assert server.asked == [], "what will not help is not tried"

    def test_a_server_that_is_put_right_is_asked_anew(self, make: Make, server: EmbeddingServer) -> None:
        engine = make()
        server.window = 150
        with pytest.raises(EngineMisconfigured):
            engine.embed(["tea"])
        server.window = WINDOW
        assert engine.embed(["tea"]).shape == (1, DIMENSIONS)

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0])
    def test_vectors_without_a_direction(self, served: ServerEngine, server: EmbeddingServer, value: float) -> None:
        vector = [value] * DIMENSIONS
        server.change = lambda answer: {**answer, "data": [{"index": 0, "embedding": vector}]}
        with pytest.raises(EngineMisconfigured, match="without a direction"):
            served.embed(["tea"])

    @pytest.mark.parametrize("indices", [[0], [0, 0], [0, 2], [0, 1, 2]])
    def test_a_wrong_number_of_vectors(self, served: ServerEngine, server: EmbeddingServer, indices: list[int]) -> None:
        vector = [1.0] * DIMENSIONS
        server.change = lambda answer: {**answer, "data": [{"index": n, "embedding": vector} for n in indices]}
        with pytest.raises(EngineMisconfigured, match="for 2 texts"):
            served.embed(["tea", "milk"])

    @pytest.mark.parametrize(
        "body", ["<html>", "[]", "{}", {"model": MODEL, "data": 3}, {"model": MODEL, "data": [{"index": 0}]}]
    )
    def test_an_incompatible_server(self, served: ServerEngine, server: EmbeddingServer, body: object) -> None:
        server.refusals = [(200, body)] * 2
        with pytest.raises(EngineMisconfigured, match="answer"):
            served.embed(["tea"])
        with pytest.raises(EngineMisconfigured, match="answer"):
            served.count_tokens(["tea"])

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
        assert len(server.embedded()) == 1
