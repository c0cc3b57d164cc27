"""Counts and logs what engines tell about their work: see embedding.observation."""

import logging
from collections import defaultdict, deque

import numpy as np

from embedding.observation import OK, Call, Circuit, Event, Request
from embedding.prompts import Role
from kb.telemetry import metrics

logger = logging.getLogger(__name__)

KEPT = 1000  # durations
PERCENTILES = (50, 95, 99)
_questions: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=KEPT))  # seconds, by engine


def observe(event: Event) -> None:
    match event:
        case Call():
            _call(event)
        case Request():
            _request(event)
        case Circuit():
            metrics.ENGINE_CIRCUIT_OPEN.labels(event.engine, event.server).set(event.open)
            done = "does not answer and is left alone for now" if event.open else "answers again"
            fields = {"engine": event.engine, "server": event.server}
            logger.warning("Engine %s: the server %s %s", event.engine, event.server, done, extra=fields)


def percentiles(engine: str) -> tuple[int, list[float]] | None:
    """How many questions of this process are kept, and their PERCENTILES in milliseconds; None before the first."""
    seconds = list(_questions.get(engine, ()))
    if not seconds:
        return None
    return len(seconds), [float(value) * 1000 for value in np.percentile(seconds, PERCENTILES)]


def _call(call: Call) -> None:
    metrics.ENGINE_CALLS.labels(call.engine, call.role, call.result).inc()
    fields = {
        "engine": call.engine,
        "role": str(call.role),
        "texts": call.texts,
        "dimensions": call.dimensions,
        "instructed": call.instructed,
        "result": call.result,
        "ms": round(call.seconds * 1000, 1),
    }
    level = logging.INFO if call.result == OK else logging.WARNING
    message = "Engine %(engine)s: %(texts)s texts as %(role)s, %(ms)s ms, %(result)s"
    logger.log(level, message, fields, extra=fields)
    if call.result != OK:
        return
    metrics.ENGINE_SECONDS.labels(call.engine, call.role).observe(call.seconds)
    instruction = "yes" if call.instructed else "no"
    metrics.ENGINE_TEXTS.labels(call.engine, call.role, str(call.dimensions), instruction).inc(call.texts)
    if call.role is Role.QUERY:
        _questions[call.engine].append(call.seconds)


def _request(request: Request) -> None:
    metrics.ENGINE_REQUESTS.labels(request.engine, request.path, request.result).inc()
    metrics.ENGINE_REQUEST_SECONDS.labels(request.engine, request.path).observe(request.seconds)
    metrics.ENGINE_TOKENS.labels(request.engine).inc(request.tokens)
    metrics.ENGINE_RETRIES.labels(request.engine).inc(request.retries)
    fields = {
        "engine": request.engine,
        "path": request.path,
        "texts": request.texts,
        "tokens": request.tokens,
        "retries": request.retries,
        "result": request.result,
        "ms": round(request.seconds * 1000, 1),
    }
    level = logging.WARNING if request.retries or request.result != OK else logging.DEBUG
    message = "Engine %(engine)s: %(path)s, %(tokens)s tokens, %(ms)s ms, %(retries)s retries, %(result)s"
    logger.log(level, message, fields, extra=fields)
