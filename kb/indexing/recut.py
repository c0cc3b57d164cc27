"""Brings postings up to date after the rules for cutting text into terms have changed, from the stored texts.

Nothing is embedded or split again: passages keep their ids and vectors. Until it is done, postings of the former cut
answer, too: they only lack what the new one adds. Each version is a transaction of its own, and `IndexedVersion.cut`
notes it, so this may be broken off at any time.
"""

import logging
from time import monotonic

from django.db import transaction

from kb.celery import app
from kb.indexing import queue
from kb.models import Document, Version
from retrieval import build as index
from retrieval.chunking.split import for_words
from retrieval.chunking.tree import Kind
from retrieval.models import IndexedVersion, Passage
from retrieval.terms import CUT

logger = logging.getLogger(__name__)

SECONDS = 30.0  # of one task, so that uploads and builds get their turn


@app.task
def recut(seconds: float = SECONDS) -> None:
    """Recuts versions for some seconds, then enqueues itself for the rest. Safe to run several at once."""
    end = monotonic() + seconds
    done = 0
    for row in IndexedVersion.objects.of_a_former_cut().order_by("pk").values_list("pk", flat=True).iterator():
        if monotonic() > end:
            queue.enqueue(recut, queue=queue.BUILDS)
            break
        done += recut_version(row)
    if done:
        logger.info("Brought the postings of %s versions up to date", done)


def recut_version(row: int) -> bool:
    """Replaces the postings of an IndexedVersion, unless another worker does, or it is no longer searched."""
    found = IndexedVersion.objects.of_a_former_cut().filter(pk=row).first()
    version = None if found is None else Version.objects.select_related("text").filter(pk=found.version).first()
    if found is None or version is None:
        return False
    passages = _passages(found)
    text = version.text.text
    inputs = for_words(text, version.title, [(tuple(one.heading_path), one.start, one.end) for one in passages])
    postings = index.postings(text, inputs, lambda: None)
    ids = [one.pk for one in passages]
    with transaction.atomic():
        # Locks the document first, as publishing and removal do: no deadlock.
        if not Document.objects.present().select_for_update().filter(pk=version.document_id).exists():
            return False
        held = IndexedVersion.objects.of_a_former_cut().select_related("generation")
        same = held.select_for_update(skip_locked=True, no_key=True, of=("self", "generation")).filter(pk=row).first()
        if same is None or [one.pk for one in _passages(same)] != ids:
            return False
        index.replace_postings(same.generation, version.pk, ids, postings)
        IndexedVersion.objects.filter(pk=row).update(cut=CUT)
    return True


def _passages(row: IndexedVersion) -> list[Passage]:
    found = Passage.objects.filter(generation=row.generation_id, version=row.version, kind=Kind.PASSAGE)
    return list(found.order_by("ordinal").only("pk", "heading_path", "start", "end"))
