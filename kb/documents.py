"""Adding, retrying and removing documents: the only place that creates or removes them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from kb import files, queue
from kb.files import Incoming
from kb.models import (
    Collection,
    Document,
    DocumentQuerySet,
    Member,
    Role,
    Status,
    Version,
    VersionQuerySet,
)
from kb.parsing.errors import ParsingError
from kb.parsing.media_type import detect
from retrieval.engines import new_generation
from retrieval.models import Generation

UNKNOWN_TYPE = "application/octet-stream"
HINTS_AT_ONCE = 100  # the sweeper brings the rest
REMOVED_AT_ONCE = 50  # documents in one transaction


@dataclass(frozen=True)
class Added:
    document: Document
    duplicate: bool  # these bytes were there already


def create_collection(user: User, *, engine: str, preset: str, **fields: Any) -> Collection:
    """A new collection that `user` owns, with an empty index. Raises EngineError."""
    with transaction.atomic():
        collection = Collection(**fields)
        collection.generation = new_generation(collection.pk, engine_name=engine, preset=preset)
        collection.save(force_insert=True)
        Member.objects.create(collection=collection, user=user, role=Role.OWNER)
    return collection


def add(
    collection: Collection,
    user: User | None,
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
            Document.objects.filter(collection=collection, latest__sha256=incoming.sha256)
            .select_related("latest")
            .order_by("created_at")
            .first()
        )
        if there is not None:
            retry(Version.objects.filter(pk=there.newest.pk))
            there.refresh_from_db()
            return Added(there, duplicate=True)
        media_type = _media_type(incoming)
        files.place(incoming)
        document = Document.objects.create(
            collection=collection, name=_name(incoming.name), metadata=metadata or {}, created_by=user
        )
        document.latest = Version.objects.create(
            document=document,
            number=1,
            filename=_name(incoming.name),
            media_type=media_type,
            size=incoming.size,
            sha256=incoming.sha256,
            batch=batch,
        )
        document.save(update_fields=["latest"])
        _hint_on_commit([document.latest.pk])
    return Added(document, duplicate=False)


def retry(versions: VersionQuerySet) -> int:
    """Queues those of `versions` that failed; returns how many."""
    with transaction.atomic():
        ids = list(versions.filter(status=Status.FAILED).select_for_update().values_list("pk", flat=True))
        Version.objects.filter(pk__in=ids).update(
            status=Status.QUEUED,
            stage="",
            done=0,
            total=0,
            error_code="",
            error_detail="",
            tries=0,
            not_before=None,
        )
        _hint_on_commit(ids)
    return len(ids)


def remove(documents: DocumentQuerySet) -> int:
    """Removes documents with all their versions, passages and vectors in one transaction; returns how many.

    Bytes that nothing names any more go after it, and if that is cut short, with the next `remove_unused_files`.
    """
    with transaction.atomic():
        ids = list(documents.select_for_update().values_list("pk", flat=True))
        digests = set(Version.objects.filter(document__in=ids).values_list("sha256", flat=True))
        Document.objects.filter(pk__in=ids).delete()
        transaction.on_commit(partial(_remove_if_unused, digests))
    return len(ids)


def remove_collection(collection: Collection) -> None:
    """Takes the collection out of sight at once; its documents are removed by a task."""
    Collection.objects.filter(pk=collection.pk).update(removed_at=Now())
    transaction.on_commit(partial(queue.hint, "kb.tasks.remove_collections"))


def finish_removals() -> None:
    """Removes what `remove_collection` left, some documents at a time; safe to run twice at once."""
    for collection in Collection.objects.exclude(removed_at=None):
        while remove(Document.objects.filter(pk__in=collection.documents.values("pk")[:REMOVED_AT_ONCE])):
            pass
        with transaction.atomic():
            Collection.objects.filter(pk=collection.pk).delete()
            Generation.objects.filter(collection=collection.pk).delete()


def remove_unused_files() -> int:
    """Removes kept bytes that no version names; returns how many files."""
    return _remove_if_unused(files.kept())


def _remove_if_unused(digests: Iterable[str]) -> int:
    gone = 0
    for sha256 in digests:
        with transaction.atomic():
            files.hold(sha256)
            if not Version.objects.filter(sha256=sha256).exists():
                files.remove(sha256)
                gone += 1
    return gone


def _hint_on_commit(versions: Iterable[int]) -> None:
    def send() -> None:
        for version in list(versions)[:HINTS_AT_ONCE]:
            if not queue.hint("kb.tasks.ingest", version):
                return

    transaction.on_commit(send)


def _name(given: str) -> str:
    """A label of at most 255 characters without control characters, keeping the ending."""
    name = "".join(character for character in PurePath(given).name if character.isprintable()).strip()
    stem, ending = PurePath(name).stem, PurePath(name).suffix[:20]
    return f"{stem[: 255 - len(ending)]}{ending}" or "untitled"


def _media_type(incoming: Incoming) -> str:
    """By content. What is none of the supported types is refused later, by ingestion, with its reason."""
    try:
        return detect(incoming.path, incoming.name)
    except ParsingError:
        return UNKNOWN_TYPE
