import pytest
from django.conf import settings
from redis import Redis


@pytest.fixture(autouse=True)
def empty_queue() -> None:
    with Redis.from_url(settings.CELERY_BROKER_URL) as redis:
        redis.flushdb()
