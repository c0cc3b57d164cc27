"""Roles in a collection: there is always an owner."""

import pytest
from django.contrib.auth.models import User

from kb.library import collections
from kb.library.collections import LastOwner
from kb.models import Collection, Member, Role


def roles(collection: Collection) -> dict[str, str]:
    return dict(collection.members.values_list("user__username", "role"))


def test_a_role_is_given_changed_and_taken_away(collection: Collection, alice: User, mallory: User) -> None:
    assert collections.set_member(collection, alice, mallory, Role.VIEWER)
    assert not collections.set_member(collection, alice, mallory, Role.EDITOR)
    assert roles(collection) == {"alice": "owner", "mallory": "editor"}
    collections.remove_member(collection, alice, mallory)
    assert roles(collection) == {"alice": "owner"}


def test_the_last_owner_stays(collection: Collection, alice: User, erin: User) -> None:
    with pytest.raises(LastOwner):
        collections.set_member(collection, alice, alice, Role.EDITOR)
    with pytest.raises(LastOwner):
        collections.remove_member(collection, alice, alice)
    assert roles(collection) == {"alice": "owner", "erin": "editor"}


def test_with_another_owner_they_may_go(collection: Collection, alice: User, erin: User) -> None:
    collections.set_member(collection, alice, erin, Role.OWNER)
    collections.remove_member(collection, alice, alice)
    assert roles(collection) == {"erin": "owner"}


def test_who_has_no_role_loses_none(collection: Collection, alice: User, mallory: User) -> None:
    with pytest.raises(Member.DoesNotExist):
        collections.remove_member(collection, alice, mallory)
