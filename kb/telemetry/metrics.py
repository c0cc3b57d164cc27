"""Prometheus metrics. No label contains text, names or questions of people.

A worker has several processes. With PROMETHEUS_MULTIPROC_DIR in the environment they share a folder, and
kb.telemetry.worker_metrics sums them up. See https://prometheus.github.io/client_python/multiprocess/.
"""

import os
from pathlib import Path

from prometheus_client import Counter, Gauge, Histogram

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
    "footnote_question_cache",
    "Look-ups of a question's vector or hits in Redis: hit, miss, or away: not asked",
    ["kind", "result"],
)
UPLOADS = Counter("footnote_uploads", "Files received: new ones, and ones that existed already", ["result"])
UPLOADED_BYTES = Counter("footnote_uploaded_bytes", "Bytes of new files")

# Worker
INGESTED = Counter("footnote_ingested", "Attempts to parse or index a document, by outcome", ["result", "error"])
STAGE_SECONDS = Histogram("footnote_stage_seconds", "Time of each stage of an attempt", ["stage"], buckets=_LONG)
PARSER_STARTS = Counter("footnote_parser_starts", "Parser processes started, including replacements")

# Engines, in web server and worker. `role`: query or document.
ENGINE_CALLS = Counter("footnote_engine_calls", "Calls of an engine", ["engine", "role", "result"])
ENGINE_SECONDS = Histogram("footnote_engine_seconds", "Time of an engine's call", ["engine", "role"], buckets=_SHORT)
ENGINE_TEXTS = Counter(
    "footnote_engine_texts",
    "Texts embedded: questions, and windows of passages",
    ["engine", "role", "dimensions", "instruction"],
)
# Only of engines that another program serves. `path`: of the server, such as /v1/embeddings.
ENGINE_REQUESTS = Counter("footnote_engine_requests", "Requests to embedding servers", ["engine", "path", "result"])
ENGINE_REQUEST_SECONDS = Histogram(
    "footnote_engine_request_seconds", "Time of a request with its retries", ["engine", "path"], buckets=_SHORT
)
ENGINE_TOKENS = Counter("footnote_engine_tokens", "Tokens embedded, as the server counted them", ["engine"])
ENGINE_RETRIES = Counter("footnote_engine_retries", "Requests sent again", ["engine"])
ENGINE_CIRCUIT_OPEN = Gauge(
    "footnote_engine_circuit_open",
    "1 for a server that did not answer and is left alone for some seconds",
    ["engine", "server"],
    multiprocess_mode="mostrecent",
)
