"""Building another index of a collection beside the one that is searched, from the texts that are there."""

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
    """How far a generation is: documents in it, and what it waits for if it does."""

    total: int = 0
    ready: int = 0
    failed: int = 0
    waits_for: str = ""  # what went wrong with the engine; "" if nothing did

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
    """A new generation of `collection`, queued to be built. What is not given is as in the active one.

    An engine that is another one by now, also under the same name, gives all the dimensions that it has. A transform
    is fitted on the vectors of the active one, so both have the same engine.

    Several may be built at a time. Raises GenerationError if one of these settings is being built already; EngineError.
    """
    with transaction.atomic():
        coverage.lock(collection.pk, alone=True)
        active = Collection.objects.select_related("generation__vector_space").get(pk=collection.pk).generation
        name = engine or active.engine
        is_same = engines.engine(name).fingerprint == active.vector_space.engine_fingerprint
        if dimensions is None and is_same:
            dimensions = active.vector_space.dimensions
        if transform and not is_same:
            raise GenerationError(_("A transform is fitted on vectors of the index that is searched: use its engine."))
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
            others.update(activate_when_complete=False)  # the last wish counts, whichever is complete last
        build.enqueue(coverage.fill(made))
        audit.collection(
            by, Action.INDEX_STARTED, collection,
            generation=made.pk, engine=made.engine, dimensions=made.vector_space.dimensions, preset=made.preset,
        )  # fmt: skip
        transaction.on_commit(lambda: activate_if_complete(made.pk))  # at once, if there is nothing to build
    return made


def _transformed(active: Generation, transform: Kind, dimensions: int | None) -> VectorSpace:
    try:
        return transforms.new_space(active, transform, dimensions)
    except EngineMisconfigured as refused:
        raise GenerationError(str(refused)) from refused


def pause(generation: Generation, by: User | None = None) -> None:
    """What is under way ends; nothing more is begun. Raises GenerationError if it is not being built."""
    being_built = Generation.objects.filter(pk=generation.pk, state=Generation.State.BUILDING)
    with transaction.atomic():
        if being_built.filter(paused=False).update(paused=True):
            audit.collection(by, Action.INDEX_PAUSED, _collection_of(generation), generation=generation.pk)
        elif not being_built.exists():
            raise GenerationError(_("This index is not being built."))


def resume(generation: Generation, by: User | None = None) -> None:
    """Goes on with a paused generation, or brings a retired one up to date. Raises GenerationError."""
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
        transaction.on_commit(lambda: activate_if_complete(generation.pk))  # it may have ended while it was paused


def drop(collection: Collection, generation: Generation, by: User | None) -> None:
    """Takes a generation away that is not searched; its rows go in the background. Raises GenerationError."""
    with transaction.atomic():
        coverage.lock(collection.pk, alone=True)
        if Collection.objects.filter(generation=generation.pk).exists():
            raise GenerationError(_("This index is the one that is searched. Activate another one first."))
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
    """How far each of some generations is, in two statements; one that holds no documents is left out."""
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
    """When the generation that is searched was activated; a collection's first one, when it was created."""
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
    """Removes the rows of dropped generations, some versions at a time; safe to run twice at once."""
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
    """That of `active`; None if it could have none, so that an engine that takes one gets the usual one."""
    return active.instruction if active.instruction or engines.takes_instructions(active.engine) else None


def _collection_of(generation: Generation) -> Collection:
    return Collection.objects.get(pk=generation.collection)
