"""Hints to the workers. The database is the truth: a hint that is lost costs time, never a document."""

import logging
from time import monotonic

from django.conf import settings
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

from kb.celery import app

logger = logging.getLogger(__name__)

QUEUE = "celery"
PAUSE_SECONDS = 10.0  # after a hint that failed: five hundred files must not wait five hundred times
TIMEOUTS = {"socket_timeout": 3, "socket_connect_timeout": 2}

_silent_until = 0.0


def hint(task: str, *args: object) -> bool:
    """Asks a worker to run `task` soon. False when the queue is away: the sweeper will ask again."""
    global _silent_until
    if monotonic() < _silent_until:
        return False
    try:
        app.send_task(task, args, retry=False)
    except (OperationalError, RedisError) as error:
        logger.warning("The queue is away (%s): %s%s waits for the sweeper", error, task, args)
        _silent_until = monotonic() + PAUSE_SECONDS
        return False
    return True


def waiting() -> int:
    """How many hints no worker has taken yet. Raises redis.RedisError."""
    with Redis.from_url(settings.CELERY_BROKER_URL, **TIMEOUTS) as redis:
        return int(redis.llen(QUEUE))
