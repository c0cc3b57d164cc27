"""Texts become vectors at an embedding server, over real HTTP."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from embedding.engine import EngineUnavailable
from embedding.prompts import E5, Prompts, Role
from embedding.server.client import ServerEngine
from embedding.transforms import truncated
from tests.embedding.conftest import Make
from tests.embedding.server import DIMENSIONS, WINDOW, EmbeddingServer, Kind, running


class TestVectors:
    def test_vectors_are_in_the_order_of_the_texts_whatever_the_order_of_the_response(
        self, served: ServerEngine, server: EmbeddingServer
    ) -> None:
        texts = ["black tea", "green tea", "a bicycle"]
        alone = np.vstack([served.embed([text]) for text in texts])
        server.change = lambda answer: {**answer, "data": answer["data"][::-1]}
        np.testing.assert_array_equal(served.embed(texts), alone)
        assert len(np.unique(alone, axis=0)) == 3

    def test_vectors_have_length_one_even_if_the_server_does_not_normalise(
        self, served: ServerEngine, server: EmbeddingServer
    ) -> None:
        right = served.embed(["black tea"])
        server.as_floats = True
        server.change = lambda answer: {
            **answer,
            "data": [{"index": 0, "embedding": [3 * value for value in answer["data"][0]["embedding"]]}],
        }
        vectors = served.embed(["black tea"])
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
        np.testing.assert_allclose(vectors, right, rtol=1e-5)

    def test_no_texts_need_no_request(self, served: ServerEngine, server: EmbeddingServer) -> None:
        assert served.embed([]).shape == (0, DIMENSIONS)
        assert server.asked == []

    def test_an_empty_text_has_one_too(self, served: ServerEngine) -> None:
        assert np.isfinite(served.embed([""])).all()

    def test_a_text_over_the_limit_is_truncated_at_its_end(self, served: ServerEngine) -> None:
        head = "alpha beta " * WINDOW
        cut, longer = served.embed([head, head + "something else entirely"])
        np.testing.assert_array_equal(cut, longer)

    def test_dimensions_are_sent_only_if_fewer_than_the_models(self, make: Make, server: EmbeddingServer) -> None:
        """vLLM refuses the parameter, even with the full number, for models not known to support truncation."""
        assert make(dimensions=4).embed(["tea"]).shape == (1, 4)
        make().embed(["tea"])
        assert [body.get("dimensions") for body in server.embedded()] == [4, None]

    @pytest.mark.parametrize("behaviour", ["made", "refused", "ignored"])
    def test_fewer_dimensions_are_the_same_whoever_truncates(
        self, make: Make, server: EmbeddingServer, behaviour: str
    ) -> None:
        server.kind = Kind(dimensions=behaviour)
        texts = ["black tea", "a bicycle and a bell"]
        whole, short = make().embed(texts), make(dimensions=4)
        np.testing.assert_allclose(short.embed(texts), truncated(whole, 4), atol=1e-6)
        assert short.capabilities.takes_dimensions == (behaviour == "made")
        assert server.embedded()[-1].get("dimensions") == (4 if behaviour == "made" else None)

    def test_what_the_model_reads_before_a_text_is_sent_with_it(self, make: Make, server: EmbeddingServer) -> None:
        engine = make(prompts=Prompts(query="q: ", document="d: ", instructed="{instruction} | "))
        engine.embed(["tea"])
        engine.embed(["tea"], role=Role.QUERY)
        engine.embed(["tea"], role=Role.QUERY, instruction="Find")
        assert [body["input"] for body in server.embedded()] == [["d: tea"], ["q: tea"], ["Find | tea"]]

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


class TestRequests:
    def test_a_text_longer_than_others_shares_no_request_with_them(self, make: Make, server: EmbeddingServer) -> None:
        """Texts of similar lengths are together, in requests of about the budget, and come back in their order."""
        engine = make(request_tokens=100)
        texts = ["short one", "word " * 70, "short two", "word " * 69, "short three"]
        vectors = engine.embed(texts)
        alone = np.vstack([engine.embed([text]) for text in texts])
        np.testing.assert_allclose(vectors, alone, atol=1e-6)
        shared = sorted(sorted(len(text) for text in body["input"]) for body in server.embedded()[:3])
        assert shared == [[9, 9, 11], [345], [350]]

    def test_several_are_under_way_at_once_and_never_more_than_allowed(
        self, make: Make, server: EmbeddingServer
    ) -> None:
        engine = make(request_tokens=10, requests_in_flight=3)
        server.seconds = 0.02
        engine.embed([f"text number {n} of some words" for n in range(20)])
        assert len(server.embedded()) == 20
        assert server.busiest == 3

    def test_a_question_does_not_wait_for_documents(self, make: Make, server: EmbeddingServer) -> None:
        engine = make(request_tokens=10, requests_in_flight=1)
        assert engine.capabilities.truncates
        server.seconds = 0.05
        with ThreadPoolExecutor() as pool:
            documents = pool.submit(engine.embed, [f"text number {n} of some words" for n in range(20)])
            while not server.embedded():
                pass
            engine.embed(["tea"], role=Role.QUERY)
            assert not documents.done()
            before = len(server.embedded())
            documents.result()
        assert before < 10

    @pytest.mark.parametrize("enabled", [True, False])
    def test_questions_overtake_documents_at_a_server_with_priorities(
        self, make: Make, server: EmbeddingServer, enabled: bool
    ) -> None:
        server.kind = Kind(priority=enabled)
        engine = make()
        engine.embed(["tea"])
        engine.embed(["tea?"], role=Role.QUERY)
        assert [body.get("priority") for body in server.embedded()] == [1 if enabled else None, None]
        told = engine.capabilities.facts()["questions"]
        assert told.startswith("before documents" if enabled else "in turn")

    def test_a_connection_is_used_again(self, make: Make, server: EmbeddingServer) -> None:
        engine = make(requests_in_flight=1)
        for n in range(5):
            engine.embed([f"text {n}"])
        assert server.connections == 1

    def test_a_gateway_gets_its_key_and_headers(self, make: Make, server: EmbeddingServer) -> None:
        server.key = "sesame"
        make(api_key="sesame", headers={"X-Team": "search"}).embed(["tea"])
        assert {headers["x-team"] for headers in server.headers} == {"search"}


class TestSeveralServers:
    def test_each_request_goes_to_the_least_busy(self, make: Make, server: EmbeddingServer) -> None:
        with running() as other:
            engine = make(url=f"{server.url}, {other.url}/v1", request_tokens=10, requests_in_flight=4)
            server.seconds, other.seconds = 0.1, 0.01
            engine.embed([f"text number {n} of some words" for n in range(40)])
        assert len(server.embedded()) + len(other.embedded()) == 40
        assert len(other.embedded()) > 2 * len(server.embedded())

    def test_what_one_does_not_answer_another_does(self, make: Make, server: EmbeddingServer) -> None:
        engine = make(url=f"http://127.0.0.1:1,{server.url}")
        assert [engine.embed([f"text {n}"]).shape for n in range(10)] == [(1, DIMENSIONS)] * 10

    def test_an_answer_never_tells_the_passwords_in_addresses(self, make: Make) -> None:
        engine = make(url="http://user:secret@127.0.0.1:1,http://127.0.0.1:2")
        with pytest.raises(EngineUnavailable, match=r"127\.0\.0\.1:[12] cannot be reached") as caught:
            engine.embed(["tea"])
        assert "secret" not in str(caught.value)


class TestSharing:
    def test_threads_share_an_engine(self, served: ServerEngine) -> None:
        texts = [f"text {n}" for n in range(8)]
        alone = {text: served.embed([text])[0] for text in texts}
        found: dict[str, Any] = {}
        threads = [threading.Thread(target=lambda t=t: found.update({t: served.embed([t])[0]})) for t in texts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for text in texts:
            np.testing.assert_array_equal(found[text], alone[text])

    def test_a_forked_child_opens_connections_of_its_own(self, served: ServerEngine) -> None:
        """Celery forks its pool. On a shared connection one process would read the other's response."""
        served.embed(["tea"])
        parents = served._connection.replicas()
        pid = os.fork()
        if pid == 0:
            try:
                own = served._connection.replicas() is not parents and served.embed(["tea"]).shape == (1, DIMENSIONS)
                served.close()
                os._exit(0 if own else 1)
            finally:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert served.embed(["tea"]).shape == (1, DIMENSIONS)
