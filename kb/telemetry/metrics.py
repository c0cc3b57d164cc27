"""Prometheus metrics. No label contains text, names or questions of people.

A worker has several processes. With PROMETHEUS_MULTIPROC_DIR in the environment they share a folder, and
kb.telemetry.worker_metrics sums them up. See https://prometheus.github.io/client_python/multiprocess/.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, cast

from prometheus_client import Counter, Histogram

from embedding.engine import EmbeddingEngine, EngineError, Vectors
from embedding.prompts import Role

SHARED = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
if SHARED:
    Path(SHARED).mkdir(parents=True, exist_ok=True)  # the metrics below open files in it

_SHORT = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LONG = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)

# Web
REQUESTS = Counter("footnote_http_requests", "Requests answered", ["route", "method", "status"])
REQUEST_SECONDS = Histogram(
    "footnote_http_request_seconds", "Time until the end of a response", ["route", "method"], buckets=_SHORT
)
SEARCH_SECONDS = Histogram(
    "footnote_search_seconds", "Time of each part of a search, and in total", ["part"], buckets=(0.001, 0.0025, *_SHORT)
)
QUESTION_VECTORS = Counter(
    "footnote_question_vectors",
    "Vectors that searches were made with, by the name of their instruction: custom is one of an owner's own",
    ["engine", "instruction"],
)
QUESTION_CACHE = Counter(
    "footnote_question_cache", "Look-ups of a question's vector in Redis: hit, miss, or away: not asked", ["result"]
)
UPLOADS = Counter("footnote_uploads", "Files received: new ones, and ones that existed already", ["result"])
UPLOADED_BYTES = Counter("footnote_uploaded_bytes", "Bytes of new files")

# Worker
INGESTED = Counter("footnote_ingested", "Attempts to parse or index a document, by outcome", ["result", "error"])
STAGE_SECONDS = Histogram("footnote_stage_seconds", "Time of each stage of an attempt", ["stage"], buckets=_LONG)
PASSAGES_EMBEDDED = Counter("footnote_passages_embedded", "Windows of passages embedded by an engine", ["engine"])
ENGINE_CALLS = Counter("footnote_engine_calls", "Engine calls for passages", ["engine", "result"])
ENGINE_SECONDS = Histogram("footnote_engine_seconds", "Time of an engine call for passages", ["engine"], buckets=_SHORT)
PARSER_STARTS = Counter("footnote_parser_starts", "Parser processes started, including replacements")


def measured(name: str, engine: EmbeddingEngine) -> EmbeddingEngine:
    """Wraps the engine to count and time embeddings under `name`."""
    return cast(EmbeddingEngine, _Measured(name, engine))


class _Measured:
    def __init__(self, name: str, engine: EmbeddingEngine) -> None:
        self._name = name
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def embed(self, texts: Sequence[str], *, role: Role = Role.DOCUMENT, instruction: str = "") -> Vectors:
        started = perf_counter()
        try:
            vectors = self._engine.embed(texts, role=role, instruction=instruction)
        except EngineError as error:
            ENGINE_CALLS.labels(self._name, type(error).__name__).inc()
            raise
        ENGINE_SECONDS.labels(self._name).observe(perf_counter() - started)
        ENGINE_CALLS.labels(self._name, "ok").inc()
        PASSAGES_EMBEDDED.labels(self._name).inc(len(texts))
        return vectors
