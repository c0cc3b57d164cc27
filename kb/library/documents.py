"""Adds, replaces, retries and removes documents. No other module creates or removes them."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from kb.indexing import build, parse, queue
from kb.library import removal
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
from retrieval import build as index
from retrieval.models import Generation, IndexedVersion, IndexedVersionQuerySet

UNKNOWN_TYPE = "application/octet-stream"
LONGEST_NAME, LONGEST_ENDING = 255, 20
_BLANK = re.compile(r"\t|[^\S\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Added:
    document: Document
    duplicate: bool  # the file existed already


def add(
    collection: Collection,
    by: User | None,
    incoming: Incoming,
    *,
    metadata: dict[str, Any] | None = None,
    batch: str = "",
) -> Added:
    """Stores an incoming file as a new, queued document.

    If the collection has this file already, returns its document, and retries it if it failed.
    """
    with transaction.atomic():
        files.hold(incoming.sha256)
        existing = (
            Document.objects.present()
            .filter(collection=collection, latest__sha256=incoming.sha256)
            .select_for_update(of=["self"])  # waits for a concurrent removal, and then does not find the document
            .select_related("latest")
            .order_by("created_at")
            .first()
        )
        if existing is not None:
            return _duplicate(existing, by, incoming)
        document = Document.objects.create(
            collection=collection, name=_name(incoming.name), metadata=metadata or {}, created_by=by
        )
        _add_version(document, incoming, number=1, batch=batch)
        audit.documents(by, Action.DOCUMENT_ADDED, [document])
        _count(collection.pk, 1)
    return Added(document, duplicate=False)


def replace(document: Document, by: User | None, incoming: Incoming) -> Added:
    """Stores an incoming file as the document's next, queued version. Until it is ready, the last one is searched.

    If it is the same file as the latest version, only retries that if it failed. Raises Document.DoesNotExist if the
    document was removed meanwhile.
    """
    with transaction.atomic():
        files.hold(incoming.sha256)
        held = Document.objects.present().select_for_update(of=["self"]).select_related("latest").get(pk=document.pk)
        if held.newest.sha256 == incoming.sha256:
            return _duplicate(held, by, incoming)
        number = held.newest.number + 1
        _add_version(held, incoming, number=number)
        audit.documents(by, Action.DOCUMENT_REPLACED, [held], version=number)
    return Added(held, duplicate=False)


def change(document: Document, by: User | None, **fields: Any) -> None:
    """Sets name, metadata or preset. With another preset it is split and indexed again.

    Ignores unchanged values, and documents that were removed meanwhile.
    """
    changed = {name: value for name, value in fields.items() if getattr(document, name) != value}
    before = {name: getattr(document, name) for name in changed}
    with transaction.atomic():
        if changed and Document.objects.present().filter(pk=document.pk).update(**changed):
            for name, value in changed.items():
                setattr(document, name, value)
            audit.documents(by, Action.DOCUMENT_CHANGED, [document], before=before, after=changed)
            if "preset" in changed:
                # Also if a worker is indexing it. A retired index is now out of date, as after an upload.
                _build_again(IndexedVersion.objects.filter(version__in=document.versions.values("pk")))


def retry(versions: VersionQuerySet, by: User | None) -> int:
    """Queues failed versions again, each at the stage that failed; returns their number."""
    with transaction.atomic():
        unread = list(versions.filter(status=Status.FAILED).select_for_update(of=["self"]).values_list("pk", flat=True))
        Version.objects.filter(pk__in=unread).queue_again()
        parse.enqueue(unread)
        read = list(versions.parsed().values_list("pk", flat=True))
        unread += _build_again(_indexed(read).filter(status=Status.FAILED))
        audit.documents(by, Action.DOCUMENT_RETRIED, Document.objects.filter(versions__in=unread).distinct())
    return len(set(unread))


def reindex(versions: VersionQuerySet, by: User | None) -> int:
    """Indexes parsed versions again; returns their number. Until then, searches use their present passages."""
    with transaction.atomic():
        read = list(versions.parsed().values_list("pk", flat=True))
        begun = _build_again(_indexed(read).filter(status__in=[Status.READY, Status.FAILED]))
        audit.documents(by, Action.DOCUMENT_REINDEXED, Document.objects.filter(versions__in=begun))
    return len(set(begun))


def parse_again(documents: DocumentQuerySet, by: User | None) -> int:
    """Parses the newest file of each document again, as another version; returns their number.

    For a better parser, or after text recognition was installed. Citations of the previous version stay valid.
    Documents that are waiting to be parsed are left out.
    """
    with transaction.atomic():
        held = documents.present().select_for_update(of=["self"]).select_related("latest")
        found = [one for one in held if one.newest.status in (Status.READY, Status.FAILED)]
        for document in found:
            newest = document.newest
            _write_version(document, newest.number + 1, newest.filename, newest.media_type, newest.size, newest.sha256)
        audit.documents(by, Action.DOCUMENT_PARSED_AGAIN, found)
    return len(found)


def remove(documents: DocumentQuerySet, by: User | None) -> int:
    """Removes documents with all their versions, passages and vectors in one transaction; returns their number.

    Unused files are deleted afterwards. If that is interrupted or a backup is running, the next
    `removal.remove_unused_files` deletes them.
    """
    with transaction.atomic():
        held = _held(documents, by)
        removal.purge(Document.objects.filter(pk__in=[document.pk for document in held]))
        _count_removed(held)
    return len(held)


def remove_soon(documents: DocumentQuerySet, by: User | None) -> int:
    """Hides documents at once, however many, for a task to delete; returns their number."""
    with transaction.atomic():
        held = _held(documents, by)
        ids = [document.pk for document in held]
        Document.objects.filter(pk__in=ids).update(removed_at=Now())
        index.hide(list(Version.objects.filter(document__in=ids).values_list("pk", flat=True)))
        _count_removed(held)
        transaction.on_commit(lambda: queue.enqueue(removal.finish_removals))
    return len(held)


def _duplicate(document: Document, by: User | None, incoming: Incoming) -> Added:
    """Handles a file that exists already. Restores it if the disk lost it, and retries a failed version, with its new
    name: the old one may have been the reason.
    """
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


def _add_version(document: Document, incoming: Incoming, *, number: int, batch: str = "") -> None:
    media_type = _media_type(incoming)
    files.place(incoming)
    _write_version(document, number, _name(incoming.name), media_type, incoming.size, incoming.sha256, batch)
    metrics.UPLOADS.labels("new").inc()
    metrics.UPLOADED_BYTES.inc(incoming.size)


def _write_version(
    document: Document, number: int, filename: str, media_type: str, size: int, sha256: str, batch: str = ""
) -> None:
    document.latest = Version.objects.create(
        document=document,
        number=number,
        filename=filename,
        media_type=media_type,
        size=size,
        sha256=sha256,
        batch=batch,
    )
    document.save(update_fields=["latest"])
    parse.enqueue([document.latest.pk])


def _indexed(versions: Iterable[int]) -> IndexedVersionQuerySet:
    """Rows of some versions in active and building generations."""
    live = [Generation.State.ACTIVE, Generation.State.BUILDING]
    return IndexedVersion.objects.filter(version__in=list(versions), generation__state__in=live)


def _build_again(rows: IndexedVersionQuerySet) -> list[int]:
    """Queues rows again; returns their versions. Workers lose their claims on them."""
    held = dict(rows.select_for_update(of=["self"]).values_list("pk", "version"))
    IndexedVersion.objects.filter(pk__in=held).queue_again()
    build.enqueue(list(held))
    return list(held.values())


def _count_removed(documents: Iterable[Document]) -> None:
    for collection, n in sorted(Counter(document.collection_id for document in documents).items()):
        _count(collection, -n)


def _count(collection: str, change: int) -> None:
    """Call it last in a transaction: it blocks other uploads to and removals from the collection until the end."""
    Collection.objects.filter(pk=collection).update(document_count=F("document_count") + change)


def _held(documents: DocumentQuerySet, by: User | None) -> list[Document]:
    """Locks those of `documents` that are present, and logs their removal."""
    found = list(documents.present().select_for_update(of=["self"]))
    audit.documents(by, Action.DOCUMENT_REMOVED, found)
    return found


def _name(given: str) -> str:
    """A label of at most LONGEST_NAME characters without control characters, keeping the ending.

    Any other blank becomes a space: programs put no-break spaces into names (U+00A0, and U+202F before AM and PM).
    """
    name = _BLANK.sub(" ", PurePath(given).name)
    name = "".join(character for character in name if character.isprintable()).strip()
    if len(name) > LONGEST_NAME:
        ending = PurePath(name).suffix
        if len(ending) > LONGEST_ENDING:
            ending = ""
        name = name[: LONGEST_NAME - len(ending)] + ending
    return name or "untitled"


def _media_type(incoming: Incoming) -> str:
    """The media type, from the content. Parsing will fail for an unknown one, with a reason."""
    try:
        return detect(incoming.path, incoming.name)
    except ParsingError:
        return UNKNOWN_TYPE
