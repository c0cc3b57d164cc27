"""Counting tokens: by the server, by the model's tokenizer file, or by an estimate that is never too low."""

from pathlib import Path

import pytest

from embedding.e5.engine import E5Small
from embedding.engine import EngineMisconfigured
from embedding.minilm import TOKENIZER_SHA256, MiniLM, _package_file
from embedding.server import tokens
from embedding.server.client import ServerEngine
from embedding.server.tokens import Estimate
from tests.embedding.conftest import Make
from tests.embedding.server import END, EmbeddingServer, Kind


class TestByTheServer:
    @pytest.mark.parametrize("end", [END, None], ids=["model with a special token", "model without"])
    def test_they_are_counted_without_special_ones(self, make: Make, server: EmbeddingServer, end: str | None) -> None:
        server.end = end
        assert make().count_tokens(["hello world", "", "知识库", "one"]) == [2, 0, 3, 1]

    def test_beyond_the_window_too(self, served: ServerEngine) -> None:
        assert served.count_tokens(["word " * 1000]) == [1000]

    def test_many_texts_are_one_request(self, served: ServerEngine, server: EmbeddingServer) -> None:
        served.count_tokens(["first"])
        before = len(server.asked)
        assert served.count_tokens([f"text number {n}" for n in range(1000)]) == [3] * 1000
        assert len(server.asked) == before + 1

    def test_very_many_texts_are_several_requests(
        self, served: ServerEngine, server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        served.count_tokens(["first"])
        monkeypatch.setattr(tokens, "CHARACTERS_PER_REQUEST", 100)
        before = len(server.asked)
        assert served.count_tokens(["a bit of text"] * 20) == [4] * 20
        assert len(server.asked) == before + 3

    def test_a_text_that_contains_the_special_token_is_counted_separately(self, served: ServerEngine) -> None:
        assert served.count_tokens(["one", f"two {END} words", "three", END]) == [1, 3, 1, 1]

    def test_a_token_that_does_not_separate_texts_is_not_used(self, make: Make, server: EmbeddingServer) -> None:
        server.end = "s"  # this tokenizer takes it for a letter
        assert make().count_tokens(["cat", "dog", "big dog"]) == [1, 1, 2]

    def test_no_texts_have_no_counts(self, served: ServerEngine) -> None:
        assert served.count_tokens([]) == []


class TestByTheTokenizerFile:
    def test_the_server_is_not_asked(self, make: Make, server: EmbeddingServer, tmp_path: Path) -> None:
        file = _package_file("model/tokenizer.json", TOKENIZER_SHA256)
        texts = ["a cup of tea", "", "notwithstanding " * 300]
        expected = MiniLM(tmp_path).count_tokens(texts)
        assert make(tokenizer=str(file)).count_tokens(texts) == expected
        assert make(tokenizer=str(file.parent)).count_tokens(texts) == expected
        assert server.asked == []

    def test_one_that_cannot_be_read_is_said_at_once(self, make: Make, tmp_path: Path) -> None:
        with pytest.raises(EngineMisconfigured, match="tokenizer"):
            make(tokenizer=str(tmp_path / "nothing.json"))


class TestEstimated:
    TEXTS = (
        "The quick brown fox jumps over the lazy dog; nevertheless, 3,141.59 dogs remained unimpressed (see §4).",
        "Übermäßig lange Straßenbahnhaltestellenbezeichnungen verwirren fünf Fahrgäste.",
        "def total(items: list[int]) -> int:\n    return sum(x ** 2 for x in items if x != 0)  # squares\n",
        "注意力机制的计算复杂度随序列长度呈二次增长，因此需要分块处理。",
        "",
    )

    @pytest.mark.parametrize("text", TEXTS)
    @pytest.mark.parametrize("model", [MiniLM, E5Small])
    def test_it_is_never_too_low(self, text: str, model: type[MiniLM | E5Small], tmp_path: Path) -> None:
        [exact] = model(tmp_path).count_tokens([text])
        [estimate] = Estimate().count([text])
        assert exact <= estimate <= 4 * exact

    def test_a_server_without_a_tokenizer_route_is_said_to_be_one(self, make: Make, server: EmbeddingServer) -> None:
        server.kind = Kind(tokenize=None)
        engine = make()
        assert engine.count_tokens(["a cup of tea"]) == [6]
        assert "estimate from above" in engine.capabilities.facts()["tokens counted"]
