"""Periodic tasks: enqueue everything that waits, delete everything that nobody needs."""

import logging
import time
from datetime import timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from redis.exceptions import RedisError

from kb.celery import app
from kb.indexing import generations, queue
from kb.indexing.activation import activate_if_complete
from kb.indexing.build import build, queue_of
from kb.indexing.parse import parse
from kb.indexing.recut import recut
from kb.library import removal
from kb.models import Collection, Document, Version, ZeroResultSearch
from kb.storage import files
from retrieval import embedding_cache
from retrieval.models import Generation, IndexedVersion

logger = logging.getLogger(__name__)

ENOUGH = 100  # messages that keep the workers busy until the next sweep
KEEP_EMBEDDINGS = timedelta(days=7)
KEEP_ZERO_RESULT_SEARCHES = timedelta(days=30)
ABANDONED_SECONDS = 24 * 3600


@app.task
def sweep() -> None:
    """Enqueues all work that is due: messages get lost, workers die, engines come back."""
    try:
        has_room = {name: queue.waiting(name) < ENOUGH for name in (queue.QUEUE, queue.BUILDS)}
    except RedisError as error:
        logger.warning("The queue is down: %s", error)
        return
    if has_room[queue.QUEUE]:
        for version in Version.objects.claimable().order_by("created_at").values_list("pk", flat=True)[:ENOUGH]:
            queue.enqueue(parse, version)
    for state in (Generation.State.ACTIVE, Generation.State.BUILDING):
        name = queue_of(state)
        if has_room[name]:
            rows = IndexedVersion.objects.claimable().filter(generation__state=state).order_by("queued_at")
            for row in rows.values_list("pk", flat=True)[:ENOUGH]:
                queue.enqueue(build, row, queue=name)
    complete = Generation.objects.filter(state=Generation.State.BUILDING, activate_when_complete=True)
    for generation in complete.values_list("pk", flat=True):
        activate_if_complete(generation)
    _enqueue_upkeep()


def _enqueue_upkeep() -> None:
    """Enqueues what is left of removals, dropped indexes, and postings of a former cut."""
    if Generation.objects.filter(state=Generation.State.DROPPED).exists():
        queue.enqueue(generations.purge_dropped, queue=queue.BUILDS)
    if IndexedVersion.objects.of_a_former_cut().exists():
        queue.enqueue(recut, queue=queue.BUILDS)
    if any(kind.objects.exclude(removed_at=None).exists() for kind in (Collection, Document)):
        queue.enqueue(removal.finish_removals)


@app.task
def tidy() -> None:
    """Deletes unused files, abandoned uploads, outdated indexes, old vectors and questions, expired sessions."""
    removal.remove_unused_files()
    files.remove_abandoned(ABANDONED_SECONDS, time.time())
    generations.drop_outdated()
    being_built = Generation.objects.filter(state=Generation.State.BUILDING)
    at_work = list(being_built.values_list("vector_space__engine_fingerprint", flat=True).distinct())
    embedding_cache.purge(KEEP_EMBEDDINGS, keep=at_work)
    ZeroResultSearch.objects.filter(at__lt=timezone.now() - KEEP_ZERO_RESULT_SEARCHES).delete()
    SessionStore.clear_expired()
