"""Celery's doors. Each task may come twice, late, or never: the rows say what is to be done."""

import logging
import time
from datetime import timedelta
from functools import cache

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from redis.exceptions import RedisError

from kb.celery import app
from kb.indexing import ingest as ingestion
from kb.indexing import queue
from kb.library import collections, documents
from kb.models import Collection, Document, Version, ZeroResultSearch
from kb.parsing import recognition
from kb.parsing.process import Parser
from kb.storage import files
from kb.telemetry import metrics
from retrieval import embedding_cache

logger = logging.getLogger(__name__)

ENOUGH_HINTS = 100  # with so many in the queue, the workers have no want of more
KEEP_EMBEDDED = timedelta(days=7)
KEEP_ZERO_RESULT_SEARCHES = timedelta(days=30)
ABANDONED_SECONDS = 24 * 3600


@app.task
def ingest(version: int) -> None:
    """Brings one version to ready or failed. Does nothing if somebody else has it or had it."""
    claim = ingestion.claim(version)
    if claim is None:
        return
    try:
        try:
            ingestion.run(claim, parser())
        except ingestion.LeaseLost:
            raise
        except Exception as error:
            logger.exception("Version %s failed in attempt %s", version, claim.attempt)
            ingestion.put_back(claim, error)
    except ingestion.LeaseLost:
        logger.info("Version %s went to another attempt than %s, or was removed", version, claim.attempt)


@app.task
def sweep() -> None:
    """Asks again for whatever waits and is not in the queue: hints get lost, workers die, engines come back."""
    try:
        if queue.waiting() >= ENOUGH_HINTS:
            return
    except RedisError as error:
        logger.warning("The queue is away: %s", error)
        return
    for version in Version.objects.claimable().order_by("created_at").values_list("pk", flat=True)[:ENOUGH_HINTS]:
        queue.hint("kb.indexing.tasks.ingest", version)
    if any(kind.objects.exclude(removed_at=None).exists() for kind in (Collection, Document)):
        queue.hint("kb.indexing.tasks.finish_removals")


@app.task
def finish_removals() -> None:
    collections.finish_removals()


@app.task
def tidy() -> None:
    """Takes away what nothing needs: unnamed bytes, abandoned uploads, old vectors and questions, expired sessions."""
    documents.remove_unused_files()
    files.remove_abandoned(ABANDONED_SECONDS, time.time())
    embedding_cache.purge(KEEP_EMBEDDED)
    ZeroResultSearch.objects.filter(at__lt=timezone.now() - KEEP_ZERO_RESULT_SEARCHES).delete()
    SessionStore.clear_expired()


@cache
def parser() -> Parser:
    """This process's parser, which keeps a child process alive between documents."""
    return Parser(
        seconds=settings.PARSE_SECONDS,
        memory_bytes=settings.PARSE_MEMORY_BYTES,
        max_characters=settings.MAX_TEXT_CHARACTERS,
        recognition=recognition.find(settings.OCR_LANGUAGES, settings.OCR_DATA),
        page_seconds=settings.OCR_PAGE_SECONDS,
        extra_seconds=settings.OCR_SECONDS,
        on_start=metrics.PARSER_STARTS.inc,
    )
