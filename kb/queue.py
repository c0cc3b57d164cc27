"""Hints to the workers. The database is the truth: a hint that is lost costs time, never a document."""

import logging

from django.conf import settings
from kombu.exceptions import OperationalError
from redis import Redis

from kb.celery import app

logger = logging.getLogger(__name__)

QUEUE = "celery"


def hint(task: str, *args: object) -> bool:
    """Asks a worker to run `task` soon. False when the queue is away: the sweeper will ask again."""
    try:
        app.send_task(task, args, retry=False)
    except OperationalError as error:
        logger.warning("The queue is away (%s): %s%s waits for the sweeper", error, task, args)
        return False
    return True


def waiting() -> int:
    """How many hints no worker has taken yet. Raises redis.RedisError."""
    with Redis.from_url(settings.CELERY_BROKER_URL) as redis:
        return int(redis.llen(QUEUE))
