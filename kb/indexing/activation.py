"""Activates a generation of a collection, in one transaction."""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kb.indexing import coverage
from kb.models import Action, Collection
from kb.people import audit
from retrieval.models import Generation


class GenerationError(Exception):
    """The generation's state does not permit the action; `sentence` tells the user why."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


class NotComplete(GenerationError):
    """The generation lacks documents."""


_NOT_COMPLETE: dict[str, str | Promise] = {
    Generation.State.BUILDING: _("This index is not complete yet. Activate it when all its documents are done."),
    Generation.State.RETIRED: _("Documents were added or changed since this index was retired. Resume it first."),
}


def activate(collection: Collection, generation: Generation, by: User | None) -> None:
    """Makes `generation` the active one; the previous one is kept as retired. Raises GenerationError."""
    with transaction.atomic():
        coverage.lock(collection.pk, alone=True)
        generation.refresh_from_db()
        if generation.state == Generation.State.ACTIVE:
            return
        if generation.state == Generation.State.DROPPED:
            raise GenerationError(_("This index is being removed. Build a new one."))
        left = generation.versions.unfinished().filter(visible=True).count()
        if left or coverage.missing(generation):
            raise NotComplete(_NOT_COMPLETE[generation.state])
        before = Collection.objects.filter(pk=collection.pk).values_list("generation", flat=True)[0]
        # Locks generations before their collection, as removal does: no deadlock.
        Generation.objects.filter(pk=before).update(state=Generation.State.RETIRED, retired_at=Now())
        Generation.objects.filter(pk=generation.pk).update(
            state=Generation.State.ACTIVE, retired_at=None, paused=False, activate_when_complete=False
        )
        Collection.objects.filter(pk=collection.pk).update(generation=generation)
        collection.generation = generation
        generation.refresh_from_db()
        audit.collection(by, Action.INDEX_ACTIVATED, collection, generation=generation.pk, before=before)


def activate_if_complete(generation: int) -> None:
    """Activates a generation with `activate_when_complete`, if it is complete."""
    found = Generation.objects.filter(
        pk=generation, state=Generation.State.BUILDING, activate_when_complete=True, paused=False
    ).first()
    if found is None or found.versions.unfinished().filter(visible=True).exists():
        return
    collection = Collection.objects.filter(pk=found.collection, removed_at=None).first()
    if collection is not None:
        try:
            activate(collection, found, None)
        except NotComplete:
            return  # there was an upload meanwhile; its end tries again
