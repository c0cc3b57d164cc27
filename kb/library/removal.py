"""Deletes the data of removed documents and collections: rows, index and files."""

from collections.abc import Iterable
from itertools import islice

from django.db import transaction
from django.db.models import Q

from kb.celery import app
from kb.models import Collection, Document, DocumentQuerySet, Version
from kb.storage import files
from retrieval import build as index
from retrieval.models import Generation, IndexedVersion

REMOVED_AT_ONCE = 50  # documents in one transaction
LOOKED_UP_AT_ONCE = 1000  # files


@app.task
def finish_removals() -> None:
    """Deletes the data of everything marked as removed, in batches. Safe to run twice at once."""
    removed = Q(removed_at__isnull=False) | Q(collection__removed_at__isnull=False)
    while purge(Document.objects.filter(removed)[:REMOVED_AT_ONCE]):
        pass
    for collection in Collection.objects.exclude(removed_at=None):
        with transaction.atomic():
            if not Document.objects.filter(collection=collection).exists():  # another run may have locked the last ones
                Collection.objects.filter(pk=collection.pk).delete()
                Generation.objects.filter(collection=collection.pk).delete()


def purge(documents: DocumentQuerySet) -> int:
    """Deletes documents with everything derived from them; returns their number."""
    with transaction.atomic():
        held = Document.objects.filter(pk__in=documents.values("pk")).select_for_update()
        ids = list(held.values_list("pk", flat=True))
        versions = dict(Version.objects.filter(document__in=ids).values_list("pk", "sha256"))
        indexed = IndexedVersion.objects.filter(version__in=versions)
        for generation in Generation.objects.filter(pk__in=indexed.values("generation")).order_by("pk"):
            index.remove(generation, list(versions))
        Document.objects.filter(pk__in=ids).delete()
        transaction.on_commit(lambda: _remove_if_unused(versions.values()))
    return len(ids)


def remove_unused_files() -> int:
    """Deletes stored files that no version refers to; returns their number. None while a backup runs."""
    kept, gone = files.kept(), 0
    while some := list(islice(kept, LOOKED_UP_AT_ONCE)):
        gone += _remove_if_unused(some)
    return gone


def _remove_if_unused(digests: Iterable[str]) -> int:
    wanted = set(digests)
    named = Version.objects.filter(sha256__in=wanted).values_list("sha256", flat=True)
    gone = 0
    for sha256 in sorted(wanted - {*named}):
        with transaction.atomic():
            if not files.may_remove():
                break
            files.hold(sha256)
            if not Version.objects.filter(sha256=sha256).exists():  # an upload may have been faster
                files.remove(sha256)
                gone += 1
    return gone
