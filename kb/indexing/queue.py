"""Messages to the workers. The database is the truth: a message that is lost costs time, never a document."""

import logging
from time import monotonic
from typing import Any

from django.conf import settings
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# A worker takes from both in turn, so that an upload does not wait for a whole new index to be built.
QUEUE, BUILDS = "celery", "builds"
PAUSE_SECONDS = 10.0  # after a message that could not be sent: five hundred files must not wait five hundred times
TIMEOUTS = {"socket_timeout": 3, "socket_connect_timeout": 2}

_silent_until = 0.0


def enqueue(task: Any, *args: object, queue: str = QUEUE) -> bool:
    """Asks a worker to run a Celery task soon. False when the queue is away: the sweeper will ask again."""
    global _silent_until
    if monotonic() < _silent_until:
        return False
    try:
        task.apply_async(args, queue=queue, retry=False)
    except (OperationalError, RedisError) as error:
        logger.warning("The queue is away (%s): %s%s waits for the sweeper", error, task.name, args)
        _silent_until = monotonic() + PAUSE_SECONDS
        return False
    return True


def waiting(*queues: str) -> int:
    """How many messages in these queues (without names: in all) no worker has taken. Raises redis.RedisError."""
    with Redis.from_url(settings.CELERY_BROKER_URL, **TIMEOUTS) as redis:
        return sum(int(redis.llen(name)) for name in queues or (QUEUE, BUILDS))
