"""Builds other indexes of a collection beside the active one, from the stored texts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from embedding.engine import EngineMisconfigured
from embedding.transforms import Kind
from kb.celery import app
from kb.indexing import build, coverage, queue
from kb.indexing.activation import GenerationError, activate_if_complete
from kb.models import Action, AuditEntry, Collection, Status
from kb.people import audit
from retrieval import build as index
from retrieval import engines, transforms
from retrieval.models import Generation, IndexedVersion, VectorSpace

REMOVED_AT_ONCE = 50  # versions in one transaction


@dataclass(frozen=True)
class Building:
    """Progress of a generation, in documents, and what it is waiting for."""

    total: int = 0
    ready: int = 0
    failed: int = 0
    waits_for: str = ""  # the error of its engine, or ""

    @property
    def done(self) -> int:
        return self.ready + self.failed

    @property
    def complete(self) -> bool:
        return self.done == self.total


def start(
    collection: Collection,
    by: User | None,
    *,
    engine: str | None = None,
    dimensions: int | None = None,
    preset: str | None = None,
    transform: Kind | Literal[""] | None = None,
    activate_when_complete: bool = False,
) -> Generation:
    """A new generation of `collection`, queued to be built. Omitted settings are those of the active one.

    If the engine has changed, possibly under the same name, the default is all of its dimensions. A transform is fitted
    on the vectors of the active generation, so it needs the same engine.

    Several can be built at a time. Raises EngineError; GenerationError if one with these settings is being built.
    """
    with transaction.atomic():
        coverage.lock(collection.pk, alone=True)
        active = Collection.objects.select_related("generation__vector_space").get(pk=collection.pk).generation
        name = engine or active.engine
        is_same = engines.engine(name).fingerprint == active.vector_space.engine_fingerprint
        if dimensions is None and is_same:
            dimensions = active.vector_space.dimensions
        if transform and not is_same:
            raise GenerationError(_("A transform is fitted on vectors of the active index: use its engine."))
        space = None
        if transform:
            space = _transformed(active, transform, dimensions)
        elif transform is None and is_same and dimensions == active.vector_space.dimensions:
            space = active.vector_space
        made = engines.new_generation(
            collection.pk,
            engine_name=name,
            dimensions=dimensions,
            vector_space=space,
            instruction=_instruction(active),
            preset=preset or active.preset,
            state=Generation.State.BUILDING,
            activate_when_complete=activate_when_complete,
        )
        being_built = Generation.objects.filter(collection=collection.pk, state=Generation.State.BUILDING)
        others = being_built.exclude(pk=made.pk)
        if others.filter(engine=made.engine, vector_space=made.vector_space, preset=made.preset).exists():
            raise GenerationError(_("An index with these settings is being built already."))
        if activate_when_complete:
            others.update(activate_when_complete=False)  # only the latest one, in whatever order they are completed
        build.enqueue(coverage.fill(made))
        audit.collection(
            by, Action.INDEX_STARTED, collection,
            generation=made.pk, engine=made.engine, dimensions=made.vector_space.dimensions, preset=made.preset,
        )  # fmt: skip
        transaction.on_commit(lambda: activate_if_complete(made.pk))  # activates at once if there is nothing to build
    return made


def _transformed(active: Generation, transform: Kind, dimensions: int | None) -> VectorSpace:
    try:
        return transforms.new_space(active, transform, dimensions)
    except EngineMisconfigured as refused:
        raise GenerationError(str(refused)) from refused


def pause(generation: Generation, by: User | None = None) -> None:
    """Starts no more documents; those in progress are finished. Raises GenerationError if it is not being built."""
    being_built = Generation.objects.filter(pk=generation.pk, state=Generation.State.BUILDING)
    with transaction.atomic():
        if being_built.filter(paused=False).update(paused=True):
            audit.collection(by, Action.INDEX_PAUSED, _collection_of(generation), generation=generation.pk)
        elif not being_built.exists():
            raise GenerationError(_("This index is not being built."))


def resume(generation: Generation, by: User | None = None) -> None:
    """Resumes a paused generation, or brings a retired one up to date. Raises GenerationError."""
    with transaction.atomic():
        coverage.lock(generation.collection, alone=True)
        generation.refresh_from_db()
        if generation.state not in (Generation.State.RETIRED, Generation.State.BUILDING):
            raise GenerationError(_("This index is not being built."))
        if generation.state == Generation.State.BUILDING and not generation.paused:
            return
        Generation.objects.filter(pk=generation.pk).update(
            state=Generation.State.BUILDING, paused=False, retired_at=None
        )
        coverage.fill(generation)
        build.enqueue(list(generation.versions.unfinished().values_list("pk", flat=True)))
        audit.collection(by, Action.INDEX_RESUMED, _collection_of(generation), generation=generation.pk)
        transaction.on_commit(
            lambda: activate_if_complete(generation.pk)
        )  # it may have been completed while it was paused


def drop(collection: Collection, generation: Generation, by: User | None) -> None:
    """Drops a generation, for a task to delete. Raises GenerationError if it is the active one."""
    with transaction.atomic():
        coverage.lock(collection.pk, alone=True)
        if Collection.objects.filter(generation=generation.pk).exists():
            raise GenerationError(_("This is the active index. Activate another one first."))
        if (
            Generation.objects.filter(pk=generation.pk)
            .exclude(state=Generation.State.DROPPED)
            .update(state=Generation.State.DROPPED)
        ):
            audit.collection(by, Action.INDEX_DROPPED, collection, generation=generation.pk)
            transaction.on_commit(lambda: queue.enqueue(purge_dropped, queue=queue.BUILDS))


def building(generation: Generation) -> Building:
    return buildings([generation]).get(generation.pk, Building())


def buildings(generations: Iterable[Generation]) -> dict[int, Building]:
    """The progress of some generations, in two statements. Generations without documents are left out."""
    rows = IndexedVersion.objects.filter(generation__in=generations, visible=True)
    waiting = rows.filter(status=Status.QUEUED).exclude(error_code="")
    waits_for = dict(waiting.order_by("generation").distinct("generation").values_list("generation", "error_detail"))
    counted = rows.values("generation").annotate(
        total=Count("pk"),
        ready=Count("pk", filter=Q(status=Status.READY)),
        failed=Count("pk", filter=Q(status=Status.FAILED)),
    )
    return {
        row["generation"]: Building(row["total"], row["ready"], row["failed"], waits_for.get(row["generation"], ""))
        for row in counted
    }


def searched_since(collection: Collection) -> datetime:
    """When the active generation was activated; for the first one, when it was created."""
    activations = AuditEntry.objects.filter(collection=collection.pk, action=Action.INDEX_ACTIVATED)
    return activations.values_list("at", flat=True).first() or collection.generation.created_at


def drop_outdated() -> None:
    """Drops generations that were retired settings.KEEP_RETIRED_INDEX_DAYS ago."""
    kept = timedelta(days=settings.KEEP_RETIRED_INDEX_DAYS)
    outdated = Generation.objects.filter(state=Generation.State.RETIRED, retired_at__lt=Now() - kept)
    for generation in outdated:
        collection = Collection.objects.filter(pk=generation.collection).first()
        if collection is not None:
            drop(collection, generation, None)


@app.task
def purge_dropped() -> None:
    """Deletes dropped generations in batches. Safe to run twice at once."""
    for generation in Generation.objects.filter(state=Generation.State.DROPPED):
        while _purge_some(generation):
            pass
        generation.delete()
        transforms.forget_unused()


def _purge_some(generation: Generation) -> bool:
    with transaction.atomic():
        rows = IndexedVersion.objects.filter(generation=generation).select_for_update(skip_locked=True)
        some = dict(rows.values_list("pk", "version")[:REMOVED_AT_ONCE])
        if some:
            index.remove(generation, list(some.values()))
            IndexedVersion.objects.filter(pk__in=some).delete()
    return bool(some)


def _instruction(active: Generation) -> str | None:
    """The instruction of `active`; None, for the engine's default, if the active engine accepts none."""
    return active.instruction if active.instruction or engines.takes_instructions(active.engine) else None


def _collection_of(generation: Generation) -> Collection:
    return Collection.objects.get(pk=generation.collection)
