"""How often one person may call."""

import logging
from time import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:  # rest_framework.views itself imports this module, by its name in settings
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 60


class PerMinute(BaseThrottle):
    """Counts each person's calls in each minute of the clock, whichever token or session they come by.

    settings.RATES["general"] is for all calls together; a view's `rates` names one more for some of its methods.
    0 is no limit. When Redis is away, calls are let through and the log says so: a limit protects others from a
    busy script, and is no reason to serve nobody.
    """

    def allow_request(self, request: Request, view: "APIView") -> bool:
        minute, self._gone = divmod(time(), WINDOW_SECONDS)
        special = getattr(view, "rates", {}).get(request.method)
        names = ["general", special] if special else ["general"]
        return all(_within(name, f"rate:{name}:{request.user.pk}:{minute:.0f}") for name in names)

    def wait(self) -> float:
        """Seconds until the next minute begins, rounded up."""
        return WINDOW_SECONDS - int(self._gone)


def _within(name: str, key: str) -> bool:
    limit = settings.RATES[name]
    if not limit:
        return True
    try:
        return _counted(key) <= limit
    except RedisError as error:
        logger.warning("Redis is away (%s): calls are not counted", error)
        return True


def _counted(key: str) -> int:
    try:
        return cache.incr(key)
    except ValueError:  # the first in this minute
        return 1 if cache.add(key, 1, 2 * WINDOW_SECONDS) else cache.incr(key)
