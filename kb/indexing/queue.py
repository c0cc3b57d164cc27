"""Messages to the workers. The database is the source of truth: a lost message costs time, never a document."""

import logging
from time import monotonic
from typing import Any

from django.conf import settings
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# A worker alternates between both, so that an upload does not wait until a new index is built.
QUEUE, BUILDS = "celery", "builds"
PAUSE_SECONDS = 10.0  # without attempts after one has failed: five hundred files must not wait five hundred times
TIMEOUTS = {"socket_timeout": 3, "socket_connect_timeout": 2}

_silent_until = 0.0


def enqueue(task: Any, *args: object, queue: str = QUEUE) -> bool:
    """Enqueues a Celery task. False if the queue is down: kb.operations.upkeep will enqueue it later."""
    global _silent_until
    if monotonic() < _silent_until:
        return False
    try:
        task.apply_async(args, queue=queue, retry=False)
    except (OperationalError, RedisError) as error:
        logger.warning("The queue is down (%s): %s%s is enqueued later", error, task.name, args)
        _silent_until = monotonic() + PAUSE_SECONDS
        return False
    return True


def waiting(*queues: str) -> int:
    """The number of waiting messages in these queues, or in all. Raises redis.RedisError."""
    with Redis.from_url(settings.CELERY_BROKER_URL, **TIMEOUTS) as redis:
        return sum(int(redis.llen(name)) for name in queues or (QUEUE, BUILDS))
