"""Making, changing and removing collections, and who has which role in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from kb.indexing import coverage, generations, queue
from kb.library import removal
from kb.models import Action, Collection, Member, Role
from kb.people import audit
from retrieval.engines import new_generation, takes_instructions
from retrieval.models import Generation


class LastOwner(Exception):
    """A collection keeps at least one owner."""


def create(
    by: User,
    *,
    engine: str,
    preset: str,
    dimensions: int | None = None,
    instruction: str | None = None,
    **fields: Any,
) -> Collection:
    """A new collection that `by` owns, with an empty index; see new_generation. Raises EngineError."""
    with transaction.atomic():
        collection = Collection(**fields)
        collection.generation = new_generation(
            collection.pk, engine_name=engine, preset=preset, dimensions=dimensions, instruction=instruction
        )
        collection.save(force_insert=True)
        Member.objects.create(collection=collection, user=by, role=Role.OWNER)
        audit.collection(by, Action.COLLECTION_CREATED, collection)
    return collection


def change(collection: Collection, by: User, **fields: Any) -> None:
    """Sets name, description or everyone_may_read; what stays is no change, and what was removed stays removed."""
    changed = {name: value for name, value in fields.items() if getattr(collection, name) != value}
    before = {name: getattr(collection, name) for name in changed}
    with transaction.atomic():
        if changed and Collection.objects.filter(pk=collection.pk, removed_at=None).update(**changed):
            for name, value in changed.items():
                setattr(collection, name, value)
            audit.collection(by, Action.COLLECTION_CHANGED, collection, before=before, after=changed)


def change_preset(collection: Collection, by: User, preset: str) -> None:
    """How its documents are split from now on: an index split so is built beside this one and takes its place.

    Raises GenerationError if another one is being built.
    """
    if preset != collection.generation.preset:
        generations.start(collection, by, preset=preset, activate_when_complete=True)


def change_instruction(collection: Collection, by: User, instruction: str) -> None:
    """What its questions are told from now on, as check_instruction gives it: in every index that can be searched.

    Vectors of passages do not depend on it, so nothing is built.
    """
    before = collection.generation.instruction
    if instruction == before:
        return
    with transaction.atomic():
        coverage.lock(collection.pk, alone=True)  # an index that is just begun must not keep the former one
        live = Generation.objects.filter(collection=collection.pk).exclude(state=Generation.State.DROPPED)
        if instruction:
            engines = set(live.values_list("engine", flat=True))
            live = live.filter(engine__in=[name for name in engines if takes_instructions(name)])
        if live.update(instruction=instruction):
            collection.generation.instruction = instruction
            changed = {"before": {"instruction": before}, "after": {"instruction": instruction}}
            audit.collection(by, Action.COLLECTION_CHANGED, collection, **changed)


def set_member(collection: Collection, by: User, user: User, role: Role) -> bool:
    """Gives `user` a role; True if they had none. Raises LastOwner."""
    with _members_held(collection):
        member = Member.objects.filter(collection=collection, user=user).first()
        if member is None:
            Member.objects.create(collection=collection, user=user, role=role)
        elif member.role == role:
            return False
        else:
            if member.role == Role.OWNER:
                _require_another_owner(collection, user)
            Member.objects.filter(pk=member.pk).update(role=role)
        audit.collection(by, Action.MEMBER_SET, collection, user=user.username, role=role)
    return member is None


def remove_member(collection: Collection, by: User, user: User) -> None:
    """Takes the role of `user` away, who may be `by`. Raises LastOwner; Member.DoesNotExist if they have none."""
    with _members_held(collection):
        member = Member.objects.get(collection=collection, user=user)
        if member.role == Role.OWNER:
            _require_another_owner(collection, user)
        member.delete()
        audit.collection(by, Action.MEMBER_REMOVED, collection, user=user.username)


def remove(collection: Collection, by: User) -> None:
    """Takes the collection out of sight at once; its documents are removed by a task."""
    with transaction.atomic():
        Collection.objects.filter(pk=collection.pk).update(removed_at=Now())
        audit.collection(by, Action.COLLECTION_REMOVED, collection)
        transaction.on_commit(lambda: queue.enqueue(removal.finish_removals))


@contextmanager
def _members_held(collection: Collection) -> Iterator[None]:
    """Two owners who leave at the same time must not both find the other there."""
    with transaction.atomic():
        Collection.objects.select_for_update().get(pk=collection.pk)
        yield


def _require_another_owner(collection: Collection, user: User) -> None:
    others = Member.objects.filter(collection=collection, role=Role.OWNER).exclude(user=user)
    if not others.exists():
        raise LastOwner(f"{user.username} is the only owner of {collection.name}")
