"""Shared by the tests of indexing: the state of rows, the clock of leases and delays, threads."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from kb.indexing import claims
from kb.indexing.claims import Claim
from kb.models import AuditEntry, Collection, Document, Stage, Status, Version
from retrieval.chunking.tree import Kind
from retrieval.models import Generation, IndexedVersion, Passage, PassageVector, Posting, Segment
from tests.conftest import Upload

TEXT = "# Soup\n\nBoil the bones.\n\n## Salt\n\nA pinch of salt."


@pytest.fixture
def shelf(collection: Collection, ready: Upload) -> Collection:
    """Five documents, ready."""
    for number in range(5):
        ready(f"{number}.md", f"{TEXT}\n\nNumber {number}.")
    return collection


def state(generation: Generation) -> str:
    return Generation.objects.values_list("state", flat=True).get(pk=generation.pk)


def active(collection: Collection) -> Generation:
    return Collection.objects.select_related("generation").get(pk=collection.pk).generation


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def parsing(document: Document) -> Version:
    """The newest version, reloaded from the database."""
    return Version.objects.select_related("document").get(document=document, number=document.newest.number)


def indexing(document: Document, generation: Generation | None = None) -> IndexedVersion:
    """The newest version's row in a generation; in the active one unless another is given."""
    wanted = generation.pk if generation else document.collection.generation_id
    return IndexedVersion.objects.get(generation=wanted, version=document.newest.pk)


def claim_version(document: Document) -> Claim[Version] | None:
    return claims.take(Version.objects.claimable().select_related("document"), document.newest.pk, Stage.READING)


def claim_indexed(row: IndexedVersion) -> Claim[IndexedVersion] | None:
    rows = IndexedVersion.objects.claimable().select_related("generation__vector_space")
    return claims.take(rows, row.pk, Stage.EMBEDDING)


def expire_leases() -> None:
    for rows in (Version.objects, IndexedVersion.objects):
        rows.filter(status=Status.PROCESSING).update(lease_until=Now() - timedelta(seconds=1))


def let_time_pass() -> None:
    """Makes all waiting work due now."""
    Version.objects.update(not_before=None)
    IndexedVersion.objects.update(not_before=None)


def passages(generation: Generation | int | None = None) -> list[tuple[int, int, str]]:
    """Version, start and text of each passage, in one generation or in all."""
    found = Passage.objects.filter(kind=Kind.PASSAGE)
    if generation is not None:
        found = found.filter(generation=generation)
    return list(found.order_by("generation", "version", "start").values_list("version", "start", "text"))


def assert_whole(generation: Generation | int) -> None:
    """Asserts that each ready version has its passages, vectors and postings once, and that there is nothing else."""
    rows = IndexedVersion.objects.filter(generation=generation)
    ready = {row.version: row.passage_count for row in rows.filter(status=Status.READY)}
    nodes = Passage.objects.filter(generation=generation)
    for version, count in ready.items():
        own = nodes.filter(version=version)
        assert own.filter(kind=Kind.DOCUMENT).count() == 1
        assert own.filter(kind=Kind.PASSAGE).count() == count > 0
        vectors = PassageVector.objects.filter(generation=generation, version=version)
        assert vectors.values("passage").distinct().count() == count
        assert Segment.objects.get(generation=generation, version=version).size == count
    unfinished = set(rows.exclude(status=Status.READY).values_list("version", flat=True))
    for rows_of_index in (nodes, PassageVector.objects.filter(generation=generation)):
        assert set(rows_of_index.values_list("version", flat=True)) <= {*ready, *unfinished}
    segments = Segment.objects.filter(generation=generation)
    assert not Posting.objects.filter(generation=generation).exclude(segment__in=segments).exists()
    stored = Generation.objects.values_list("passage_count", flat=True).get(pk=getattr(generation, "pk", generation))
    assert stored == nodes.filter(kind=Kind.PASSAGE).count()


def in_own_connection(action: Callable[[], object]) -> None:
    try:
        action()
    finally:
        connection.close()


@contextmanager
def in_a_thread(action: Callable[[], object]) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=in_own_connection, args=(action,))
    thread.start()
    try:
        yield thread
    finally:
        thread.join()
