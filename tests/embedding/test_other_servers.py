"""Servers other than vLLM, in the shapes of their documentation: contract tests, not run against the programs.

- SGLang: https://docs.sglang.ai/basic_usage/openai_api_embeddings.html and /native_api.html; its source says that
  answers name the path of the model, and that /tokenize takes a list of texts.
- llama.cpp: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md (/v1/models, /v1/embeddings,
  /tokenize with `content`); a text longer than the physical batch is an error 500.
- Text Embeddings Inference: https://huggingface.github.io/text-embeddings-inference/ (/info, /tokenize with `inputs`,
  at most `max_client_batch_size` texts a request, 413 for a text that is too long).
- Ollama: https://github.com/ollama/ollama/blob/main/docs/openai.md; it truncates without being told, and has no route
  that counts tokens.
"""

from collections.abc import Iterator

import numpy as np
import pytest

from embedding.engine import EngineMisconfigured
from embedding.transforms import truncated
from tests.embedding.conftest import Make
from tests.embedding.server import DIMENSIONS, MODEL, WINDOW, EmbeddingServer, Kind, running

SGLANG = Kind(
    owned_by="sglang",
    truncates=False,
    tokenize="sglang",
    base64=False,
    answers_as="/models/tiny",
    too_long=(400, "Input length (601 tokens) exceeds the maximum allowed length (200 tokens)."),
)
LLAMA_CPP = Kind(
    owned_by="llamacpp",
    says_window=False,
    truncates=False,
    dimensions="ignored",
    tokenize="llama.cpp",
    too_long=(500, "input (601 tokens) is too large to process. increase the physical batch size"),
)
TEI = Kind(
    models=False,
    info={"model_id": MODEL, "max_input_length": WINDOW, "max_client_batch_size": 32, "version": "1.8.3"},
    truncates=False,
    dimensions="ignored",
    tokenize="tei",
    base64=False,
    too_long=(413, "Input validation error: `inputs` must have less than 200 tokens. Given: 601"),
)
OLLAMA = Kind(owned_by="library", says_window=False, truncates=False, cuts=True, tokenize=None)
SERVERS = {"SGLang": SGLANG, "llama.cpp": LLAMA_CPP, "Text Embeddings Inference": TEI, "Ollama": OLLAMA}
TEXTS = ["black tea", "绿茶", *(f"text number {n}" for n in range(70))]


@pytest.fixture(params=SERVERS)
def other(request: pytest.FixtureRequest, make: Make) -> Iterator[EmbeddingServer]:
    with running(kind=SERVERS[request.param]) as other:
        other.most_texts = 32 if request.param == "Text Embeddings Inference" else 1000
        yield other


@pytest.fixture
def name(other: EmbeddingServer) -> str:
    return next(name for name, kind in SERVERS.items() if kind is other.kind)


def test_vectors_are_those_of_vllm(make: Make, other: EmbeddingServer) -> None:
    np.testing.assert_allclose(make(url=other.url).embed(TEXTS), make().embed(TEXTS), atol=1e-6)


def test_fewer_dimensions_are_made_by_the_server_or_here(make: Make, other: EmbeddingServer, name: str) -> None:
    engine = make(url=other.url, dimensions=4)
    np.testing.assert_allclose(engine.embed(TEXTS), truncated(make().embed(TEXTS), 4), atol=1e-6)
    assert engine.capabilities.takes_dimensions == (name in ("SGLang", "Ollama"))


def test_one_text_that_is_too_long_costs_no_other_its_vector(make: Make, other: EmbeddingServer) -> None:
    texts = [*TEXTS[:5], "leaf " * 3 * WINDOW, *TEXTS[5:9]]
    np.testing.assert_allclose(make(url=other.url).embed(texts), make().embed(texts), atol=1e-3)


def test_tokens_are_counted_as_well_as_the_server_lets_us(make: Make, other: EmbeddingServer, name: str) -> None:
    engine = make(url=other.url)
    counts = engine.count_tokens(TEXTS)
    exact = make().count_tokens(TEXTS)
    other.asked.clear()
    if name == "Ollama":
        assert all(count >= right for count, right in zip(counts, exact, strict=True))
        assert engine.count_tokens(TEXTS) == counts
        assert other.asked == []
    else:
        assert counts == exact
        assert engine.count_tokens(TEXTS) == exact
        assert len(other.asked) == (3 if name == "Text Embeddings Inference" else 1), "many texts a request"


def test_what_was_found_is_told(make: Make, other: EmbeddingServer, name: str) -> None:
    facts = make(url=other.url).capabilities.facts()
    assert facts["software"] == name
    assert facts["longest text"] == ("200 tokens" if name in ("SGLang", "Text Embeddings Inference") else "not said")
    assert facts["long texts"] == "truncated here if the server refuses one"
    assert facts["tokens counted"].startswith("by an estimate" if name == "Ollama" else "by the server, many")


def test_another_model_is_refused(make: Make, other: EmbeddingServer) -> None:
    other.serves = "someone/else"
    if other.kind.info:
        other.kind.info["model_id"] = "someone/else"
    try:
        with pytest.raises(EngineMisconfigured, match="serves someone/else, and not tests/tiny"):
            make(url=other.url).embed(["tea"])
    finally:
        if other.kind.info:
            other.kind.info["model_id"] = MODEL


def test_a_server_that_says_nothing_of_itself_is_judged_by_its_answers(make: Make) -> None:
    with running(kind=Kind(models=False)) as unknown:
        engine = make(url=unknown.url)
        assert engine.embed(["tea"]).shape == (1, DIMENSIONS)
        assert engine.capabilities.facts()["software"] == "not said"
    with (
        running(kind=Kind(models=False, answers_as="someone/else")) as stranger,
        pytest.raises(EngineMisconfigured, match="someone/else, and not tests/tiny"),
    ):
        make(url=stranger.url).embed(["tea"])
