"""These tests embed with the real weights."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from embedding import minilm
from embedding.engine import EngineMisconfigured
from embedding.minilm import MiniLM


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def engine(cache: Path) -> MiniLM:
    return MiniLM(cache)


def test_vectors_are_those_of_the_model_card(engine: MiniLM) -> None:
    """The first values of the model card's example."""
    vectors = engine.embed(["This is an example sentence", "Each sentence is converted"])
    assert vectors.shape == (2, 384)
    np.testing.assert_allclose(vectors[0, :3], [0.0677, 0.0635, 0.0487], atol=1e-4)
    np.testing.assert_allclose(vectors[1, :3], [0.0864, 0.1028, 0.0054], atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_similar_meaning_gives_similar_vectors(engine: MiniLM) -> None:
    cat, kitten, invoice = engine.embed(["A cat sleeps on the sofa", "The kitten naps", "The invoice is due on Monday"])
    assert cat @ kitten > 2 * abs(cat @ invoice)


def test_a_text_over_the_limit_is_truncated_at_its_end(engine: MiniLM) -> None:
    head = "alpha beta gamma " * 100
    cut, longer = engine.embed([head, head + "something else entirely"])
    np.testing.assert_array_equal(cut, longer)


def test_an_empty_text_has_a_vector_too(engine: MiniLM) -> None:
    assert np.isfinite(engine.embed([""])).all()
    assert engine.embed([]).shape == (0, 384)


def test_tokens_are_counted_without_special_ones(engine: MiniLM) -> None:
    assert engine.count_tokens(["hello world", "", "知识库"]) == [2, 0, 3]


def test_an_incomplete_graph_is_rebuilt(tmp_path: Path) -> None:
    MiniLM(tmp_path).embed(["tea"])
    graph = next(tmp_path.glob("*.onnx"))
    whole = graph.read_bytes()
    graph.write_bytes(whole[:1000])
    assert MiniLM(tmp_path).embed(["tea"]).shape == (1, 384)
    assert graph.read_bytes() == whole


def test_the_runtime_sends_no_telemetry(cache: Path, tmp_path: Path) -> None:
    """It would store pending telemetry in the user's folders."""
    script = (
        f"from pathlib import Path; from embedding.minilm import MiniLM; MiniLM(Path({str(cache)!r})).embed(['tea'])"
    )
    home = tmp_path / "home"
    home.mkdir()
    folders = {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "GITHUB_ACTIONS")}
    subprocess.run([sys.executable, "-c", script], env=environment | folders, check=True)
    assert list(home.iterdir()) == []


def test_threads_that_build_the_graph_at_once_agree(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    engines = [MiniLM(folder) for _thread in range(2)]
    vectors: dict[int, object] = {}
    threads = [threading.Thread(target=lambda n=n: vectors.update({n: engines[n].embed(["tea"])[0]})) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(vectors[0], vectors[1])
    assert sorted(path.suffix for path in folder.iterdir()) == [".onnx", ".sha256"]


def test_missing_weights_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "WEIGHTS_PACKAGE", "no_such_package")
    with pytest.raises(EngineMisconfigured, match="make run"):
        MiniLM(tmp_path).embed(["tea"])


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(EngineMisconfigured, match="SHA-256"):
        MiniLM(tmp_path).embed(["tea"])
