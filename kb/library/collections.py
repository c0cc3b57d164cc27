"""Making, changing and removing collections, and who has which role in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from kb.indexing import queue
from kb.library import documents
from kb.models import Action, Collection, Document, Member, Role, Version
from kb.people import audit
from retrieval.engines import new_generation
from retrieval.models import Generation

REMOVED_AT_ONCE = 50  # documents in one transaction


class LastOwner(Exception):
    """A collection keeps at least one owner."""


def create(by: User, *, engine: str, preset: str, **fields: Any) -> Collection:
    """A new collection that `by` owns, with an empty index. Raises EngineError."""
    with transaction.atomic():
        collection = Collection(**fields)
        collection.generation = new_generation(collection.pk, engine_name=engine, preset=preset)
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
    """How its documents are cut from now on; those without a preset of their own are cut again at once."""
    with transaction.atomic():
        if not Generation.objects.filter(pk=collection.generation_id).exclude(preset=preset).update(preset=preset):
            return
        audit.collection(by, Action.COLLECTION_CHANGED, collection, after={"preset": preset})
        following = Document.objects.present().filter(collection=collection, preset="")
        documents.reindex(Version.objects.filter(pk__in=following.values("latest")), by)


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
        transaction.on_commit(partial(queue.hint, "kb.indexing.tasks.finish_removals"))


def finish_removals() -> None:
    """Removes what is out of sight, some documents at a time; safe to run twice at once."""
    out_of_sight = Q(removed_at__isnull=False) | Q(collection__removed_at__isnull=False)
    while documents.purge(Document.objects.filter(out_of_sight)[:REMOVED_AT_ONCE]):
        pass
    for collection in Collection.objects.exclude(removed_at=None):
        with transaction.atomic():
            if not Document.objects.filter(collection=collection).exists():  # another run may hold the last ones
                Collection.objects.filter(pk=collection.pk).delete()
                Generation.objects.filter(collection=collection.pk).delete()


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
