"""Limits on calls per person and minute, across all pages, tokens and sessions."""

import logging
from time import time

from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 60


def seconds_to_wait(person: User, *names: str) -> int | None:
    """Counts a call under each of `names`, keys of settings.RATES. None if it is within all limits.

    Minutes are those of the clock, and a limit of 0 means no limit. If Redis is down, all calls are allowed and this is
    logged: limits protect others from a busy script, but must not stop the service.
    """
    minute, gone = divmod(time(), WINDOW_SECONDS)
    if all(_is_within(name, f"rate:{name}:{person.pk}:{minute:.0f}") for name in names):
        return None
    return WINDOW_SECONDS - int(gone)


def _is_within(name: str, key: str) -> bool:
    limit = settings.RATES[name]
    if not limit:
        return True
    try:
        return _count(key) <= limit
    except RedisError as error:
        logger.warning("Redis is down (%s): calls are not counted", error)
        return True


def _count(key: str) -> int:
    try:
        return cache.incr(key)
    except ValueError:  # first call in this minute
        return 1 if cache.add(key, 1, 2 * WINDOW_SECONDS) else cache.incr(key)
