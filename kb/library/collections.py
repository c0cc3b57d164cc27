"""Creates, changes and removes collections, and sets roles of members."""

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
    """A collection needs at least one owner."""


def create(
    by: User,
    *,
    engine: str,
    preset: str,
    dimensions: int | None = None,
    instruction: str | None = None,
    **fields: Any,
) -> Collection:
    """A new collection owned by `by`, with an empty index, see new_generation. Raises EngineError."""
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
    """Sets name, description or everyone_may_read. Ignores unchanged values, and removed collections."""
    changed = {name: value for name, value in fields.items() if getattr(collection, name) != value}
    before = {name: getattr(collection, name) for name in changed}
    with transaction.atomic():
        if changed and Collection.objects.filter(pk=collection.pk, removed_at=None).update(**changed):
            for name, value in changed.items():
                setattr(collection, name, value)
            audit.collection(by, Action.COLLECTION_CHANGED, collection, before=before, after=changed)


def change_preset(collection: Collection, by: User, preset: str) -> None:
    """Builds an index with another preset, which replaces the active one when it is complete.

    Raises GenerationError if such an index is being built already.
    """
    if preset != collection.generation.preset:
        generations.start(collection, by, preset=preset, activate_when_complete=True)


def change_instruction(collection: Collection, by: User, instruction: str) -> None:
    """Sets the instruction for questions, as returned by check_instruction, in every index that can be searched.

    Vectors of passages do not depend on it, so no index is built.
    """
    before = collection.generation.instruction
    if instruction == before:
        return
    with transaction.atomic():
        coverage.lock(collection.pk, alone=True)  # a new index must not start with the previous instruction
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
    """Removes the member `user`, who may be `by`. Raises LastOwner; Member.DoesNotExist for a non-member."""
    with _members_held(collection):
        member = Member.objects.get(collection=collection, user=user)
        if member.role == Role.OWNER:
            _require_another_owner(collection, user)
        member.delete()
        audit.collection(by, Action.MEMBER_REMOVED, collection, user=user.username)


def remove(collection: Collection, by: User) -> None:
    """Hides the collection at once; a task deletes its documents."""
    with transaction.atomic():
        Collection.objects.filter(pk=collection.pk).update(removed_at=Now())
        audit.collection(by, Action.COLLECTION_REMOVED, collection)
        transaction.on_commit(lambda: queue.enqueue(removal.finish_removals))


@contextmanager
def _members_held(collection: Collection) -> Iterator[None]:
    """A lock, so that two owners who leave at the same time cannot both rely on the other."""
    with transaction.atomic():
        Collection.objects.select_for_update().get(pk=collection.pk)
        yield


def _require_another_owner(collection: Collection, user: User) -> None:
    others = Member.objects.filter(collection=collection, role=Role.OWNER).exclude(user=user)
    if not others.exists():
        raise LastOwner(f"{user.username} is the only owner of {collection.name}")
