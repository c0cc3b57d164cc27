"""Adding, replacing, retrying and removing documents: the only place that creates or removes them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import PurePath
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from kb.indexing import queue
from kb.models import (
    Action,
    Collection,
    Document,
    DocumentQuerySet,
    Status,
    Version,
    VersionQuerySet,
)
from kb.parsing.errors import ParsingError
from kb.parsing.media_type import detect
from kb.people import audit
from kb.storage import files
from kb.storage.files import Incoming
from kb.telemetry import metrics

UNKNOWN_TYPE = "application/octet-stream"
HINTS_AT_ONCE = 100  # the sweeper brings the rest
LOOKED_UP_AT_ONCE = 1000
LONGEST_NAME, LONGEST_ENDING = 255, 20


@dataclass(frozen=True)
class Added:
    document: Document
    duplicate: bool  # these bytes were there already


def add(
    collection: Collection,
    by: User | None,
    incoming: Incoming,
    *,
    metadata: dict[str, Any] | None = None,
    batch: str = "",
) -> Added:
    """Keeps an incoming file as a document and queues it.

    The same bytes again give the document that is there; if it failed, it is tried again.
    """
    with transaction.atomic():
        files.hold(incoming.sha256)
        there = (
            Document.objects.present()
            .filter(collection=collection, latest__sha256=incoming.sha256)
            .select_for_update(of=["self"])  # one that is being removed is waited for, and then not there
            .select_related("latest")
            .order_by("created_at")
            .first()
        )
        if there is not None:
            return _there_already(there, by, incoming)
        document = Document.objects.create(
            collection=collection, name=_name(incoming.name), metadata=metadata or {}, created_by=by
        )
        _add_version(document, incoming, number=1, batch=batch)
        audit.documents(by, Action.DOCUMENT_ADDED, [document])
    return Added(document, duplicate=False)


def replace(document: Document, by: User | None, incoming: Incoming) -> Added:
    """Keeps an incoming file as the document's next version and queues it; the last one is searched until then.

    The bytes of the latest version again change nothing; if it failed, it is tried again. Raises
    Document.DoesNotExist if the document was removed meanwhile.
    """
    with transaction.atomic():
        files.hold(incoming.sha256)
        held = Document.objects.present().select_for_update(of=["self"]).select_related("latest").get(pk=document.pk)
        if held.newest.sha256 == incoming.sha256:
            return _there_already(held, by, incoming)
        version = _add_version(held, incoming, number=held.newest.number + 1)
        audit.documents(by, Action.DOCUMENT_REPLACED, [held], version=version.number)
    return Added(held, duplicate=False)


def change(document: Document, by: User | None, **fields: Any) -> None:
    """Sets name, metadata or preset, with which it is then cut again.

    What stays as it was is no change, and what was removed meanwhile stays removed.
    """
    changed = {name: value for name, value in fields.items() if getattr(document, name) != value}
    before = {name: getattr(document, name) for name in changed}
    with transaction.atomic():
        if changed and Document.objects.present().filter(pk=document.pk).update(**changed):
            for name, value in changed.items():
                setattr(document, name, value)
            audit.documents(by, Action.DOCUMENT_CHANGED, [document], before=before, after=changed)
            if "preset" in changed:
                # Also from under a worker that cuts it the old way: it loses its claim.
                begun = Version.objects.filter(pk=document.newest.pk).exclude(status=Status.QUEUED)
                _queue_again(begun, by, Action.DOCUMENT_REINDEXED)


def retry(versions: VersionQuerySet, by: User | None) -> int:
    """Queues those of `versions` that failed; returns how many."""
    return _queue_again(versions.filter(status=Status.FAILED), by, Action.DOCUMENT_RETRIED)


def reindex(versions: VersionQuerySet, by: User | None) -> int:
    """Queues those of `versions` that are finished; returns how many. What they have in the index serves until then."""
    return _queue_again(versions.filter(status__in=[Status.READY, Status.FAILED]), by, Action.DOCUMENT_REINDEXED)


def remove(documents: DocumentQuerySet, by: User | None) -> int:
    """Removes documents with all their versions, passages and vectors in one transaction; returns how many.

    Bytes that nothing names any more go after it; if that is cut short or a backup runs, with the next
    `remove_unused_files`.
    """
    with transaction.atomic():
        ids = _held(documents, by)
        purge(Document.objects.filter(pk__in=ids))
    return len(ids)


def remove_soon(documents: DocumentQuerySet, by: User | None) -> int:
    """Takes documents out of sight at once, however many; a task removes the rest of them. Returns how many."""
    with transaction.atomic():
        ids = _held(documents, by)
        Document.objects.filter(pk__in=ids).update(removed_at=Now())
        transaction.on_commit(partial(queue.hint, "kb.indexing.tasks.finish_removals"))
    return len(ids)


def purge(documents: DocumentQuerySet) -> int:
    """The end of a removal: rows, index and bytes. Returns how many documents."""
    with transaction.atomic():
        held = Document.objects.filter(pk__in=documents.values("pk")).select_for_update()
        ids = list(held.values_list("pk", flat=True))
        digests = set(Version.objects.filter(document__in=ids).values_list("sha256", flat=True))
        Document.objects.filter(pk__in=ids).delete()
        transaction.on_commit(partial(_remove_if_unused, digests))
    return len(ids)


def remove_unused_files() -> int:
    """Removes kept bytes that no version names; returns how many files. While a backup runs, none."""
    kept, gone = files.kept(), 0
    while some := list(islice(kept, LOOKED_UP_AT_ONCE)):
        gone += _remove_if_unused(some)
    return gone


def _there_already(document: Document, by: User | None, incoming: Incoming) -> Added:
    """Bytes that are there are kept, or put back should the disk have lost them. What failed gets another chance,
    under the name that it has now: that may be what was wrong with it."""
    version = document.newest
    if not files.path_of(version.sha256).exists():
        files.place(incoming)
    elif version.status == Status.FAILED and version.filename != _name(incoming.name):
        version.filename, version.media_type = _name(incoming.name), _media_type(incoming)
        version.save(update_fields=["filename", "media_type"])
        document.name = version.filename
        document.save(update_fields=["name"])
    retry(Version.objects.filter(pk=version.pk), by)
    document.refresh_from_db()
    metrics.UPLOADS.labels("duplicate").inc()
    return Added(document, duplicate=True)


def _add_version(document: Document, incoming: Incoming, *, number: int, batch: str = "") -> Version:
    media_type = _media_type(incoming)
    files.place(incoming)
    version = Version.objects.create(
        document=document,
        number=number,
        filename=_name(incoming.name),
        media_type=media_type,
        size=incoming.size,
        sha256=incoming.sha256,
        batch=batch,
    )
    document.latest = version
    document.save(update_fields=["latest"])
    _hint_on_commit([version.pk])
    metrics.UPLOADS.labels("new").inc()
    metrics.UPLOADED_BYTES.inc(version.size)
    return version


def _queue_again(versions: VersionQuerySet, by: User | None, action: Action) -> int:
    with transaction.atomic():
        ids = list(versions.select_for_update().values_list("pk", flat=True))
        Version.objects.filter(pk__in=ids).update(
            status=Status.QUEUED,
            stage="",
            done=0,
            total=0,
            error_code="",
            error_detail="",
            tries=0,
            not_before=None,
            queued_at=Now(),
        )
        audit.documents(by, action, Document.objects.filter(versions__in=ids))
        _hint_on_commit(ids)
    return len(ids)


def _held(documents: DocumentQuerySet, by: User | None) -> list[str]:
    """Locks those of `documents` that are still there, notes who removes them, and gives their ids."""
    found = list(documents.present().select_for_update(of=["self"]))
    audit.documents(by, Action.DOCUMENT_REMOVED, found)
    return [document.pk for document in found]


def _remove_if_unused(digests: Iterable[str]) -> int:
    wanted = set(digests)
    named = Version.objects.filter(sha256__in=wanted).values_list("sha256", flat=True)
    gone = 0
    for sha256 in sorted(wanted - {*named}):
        with transaction.atomic():
            if not files.may_remove():
                break
            files.hold(sha256)
            if not Version.objects.filter(sha256=sha256).exists():  # an upload may have come first
                files.remove(sha256)
                gone += 1
    return gone


def _hint_on_commit(versions: Iterable[int]) -> None:
    def send() -> None:
        for version in list(versions)[:HINTS_AT_ONCE]:
            if not queue.hint("kb.indexing.tasks.ingest", version):
                return

    transaction.on_commit(send)


def _name(given: str) -> str:
    """A label of at most LONGEST_NAME characters without control characters, keeping the ending."""
    name = "".join(character for character in PurePath(given).name if character.isprintable()).strip()
    if len(name) > LONGEST_NAME:
        ending = PurePath(name).suffix
        if len(ending) > LONGEST_ENDING:
            ending = ""
        name = name[: LONGEST_NAME - len(ending)] + ending
    return name or "untitled"


def _media_type(incoming: Incoming) -> str:
    """By content. What is none of the supported types is refused later, by ingestion, with its reason."""
    try:
        return detect(incoming.path, incoming.name)
    except ParsingError:
        return UNKNOWN_TYPE
