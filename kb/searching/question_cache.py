"""Caches vectors and hits of questions in Redis for some minutes, so that further pages of the same results are cheap.

Keys are hashes, so Redis contains no questions. Without Redis, engines are called as if there were no cache.
"""

import logging
from dataclasses import dataclass
from time import monotonic

from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache as redis
from redis.exceptions import RedisError

from kb.telemetry import metrics
from retrieval.cache import Cache

PAUSE_SECONDS = 5  # after a failure: a Redis that hangs must not delay every search

logger = logging.getLogger(__name__)


class QuestionCache:
    """Looks up and keeps bytes in Redis. Threads can share it."""

    def __init__(self) -> None:
        self._paused_until = 0.0

    def get(self, kind: str, key: str) -> bytes | None:
        if monotonic() < self._paused_until:
            metrics.QUESTION_CACHE.labels(kind, "away").inc()
            return None
        try:
            kept = redis.get(_name(kind, key))
        except RedisError as error:
            self._pause(error)
            metrics.QUESTION_CACHE.labels(kind, "away").inc()
            return None
        metrics.QUESTION_CACHE.labels(kind, "miss" if kept is None else "hit").inc()
        return kept if isinstance(kept, bytes) else None

    def put(self, kind: str, key: str, value: bytes) -> None:
        if monotonic() < self._paused_until:
            return
        try:
            redis.set(_name(kind, key), value, settings.QUESTION_CACHE_SECONDS)
        except RedisError as error:  # also if Redis is full
            self._pause(error)

    def _pause(self, error: RedisError) -> None:
        self._paused_until = monotonic() + PAUSE_SECONDS
        logger.warning("Redis is away (%s): nothing of questions is cached", error)


_SHARED = QuestionCache()


@dataclass(frozen=True)
class _Own:
    """One person's part of the cache: a quick answer must not tell anybody that someone else asked the same."""

    user: int

    def get(self, kind: str, key: str) -> bytes | None:
        return _SHARED.get(kind, f"{self.user}:{key}")

    def put(self, kind: str, key: str, value: bytes) -> None:
        _SHARED.put(kind, f"{self.user}:{key}", value)


def cache(user: User) -> Cache | None:
    """The cache of the questions of `user`; None if the settings disable it."""
    return _Own(user.pk) if settings.QUESTION_CACHE_SECONDS else None


def _name(kind: str, key: str) -> str:
    return f"question:{kind}:{key}"
