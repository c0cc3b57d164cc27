"""Members in the API: who may list and change them; an owner always remains."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kb.models import Collection, Member, Role
from tests.conftest import bearer, member, new_collection, person, signed_in


def members(user: User, collection: Collection) -> Any:
    return signed_in(user).get(f"/api/v1/collections/{collection.pk}/members/")


def call(method: str, user: User, collection: Collection, name: str, role: str | None = None) -> Any:
    path = f"/api/v1/collections/{collection.pk}/members/{name}/"
    return getattr(signed_in(user), method)(path, {"role": role} if role else None, "application/json")


def test_members_and_administrators_list_them_by_name(
    collection: Collection, alice: User, bob: User, erin: User
) -> None:
    admin = User.objects.create_superuser("admin", password="x")
    for user in (alice, bob, erin, admin):
        assert members(user, collection).json() == {
            "results": [
                {"username": "alice", "role": "owner"},
                {"username": "bob", "role": "viewer"},
                {"username": "erin", "role": "editor"},
            ],
            "next": None,
        }


def test_who_reads_only_because_everyone_may_is_told_nothing_of_the_others(alice: User, mallory: User) -> None:
    shared = new_collection(alice, "Shared", everyone_may_read=True)
    answer = members(mallory, shared)
    assert answer.status_code == 403
    assert "alice" not in answer.content.decode()
    assert call("get", mallory, shared, "alice").status_code == 403


def test_the_list_comes_in_pages_and_takes_as_many_queries_for_many_as_for_one(
    collection: Collection, alice: User
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert members(alice, collection).status_code == 200
        return len(captured)

    few = queries()
    for number in range(4):
        member(collection, f"m{number}", Role.VIEWER)
    assert queries() == few
    names, url = [], f"/api/v1/collections/{collection.pk}/members/?limit=2"
    while url:
        page = signed_in(alice).get(url).json()
        names += [one["username"] for one in page["results"]]
        url = page["next"]
    assert names == ["alice", "m0", "m1", "m2", "m3"]


def test_an_owner_gives_changes_and_takes_a_role(collection: Collection, alice: User, mallory: User) -> None:
    given = call("put", alice, collection, "mallory", "viewer")
    assert (given.status_code, given.json()) == (201, {"username": "mallory", "role": "viewer"})
    assert call("get", alice, collection, "mallory").json() == given.json()
    changed = call("put", alice, collection, "mallory", "editor")
    assert (changed.status_code, changed.json()["role"]) == (200, "editor")
    assert call("delete", alice, collection, "mallory").status_code == 204
    assert call("get", alice, collection, "mallory").status_code == 404


@pytest.mark.parametrize("name", ["x@example.org", "a.b+c-d_e"])
def test_names_may_hold_what_django_allows(collection: Collection, alice: User, name: str) -> None:
    person(name)
    assert call("put", alice, collection, name, "viewer").status_code == 201
    assert call("delete", alice, collection, name).status_code == 204


def test_a_name_that_is_no_account(collection: Collection, alice: User) -> None:
    answer = call("put", alice, collection, "nobody", "viewer")
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == ["username"]
    assert call("get", alice, collection, "nobody").status_code == 404
    assert call("delete", alice, collection, "nobody").status_code == 404


@pytest.mark.parametrize("body", [{}, {"role": "king"}, {"rôle": "viewer"}])
def test_a_wrong_role(collection: Collection, alice: User, mallory: User, body: dict[str, str]) -> None:
    path = f"/api/v1/collections/{collection.pk}/members/mallory/"
    assert signed_in(alice).put(path, body, "application/json").status_code == 400
    assert not Member.objects.filter(user=mallory).exists()


def test_the_last_owner_stays(collection: Collection, alice: User, bob: User) -> None:
    for answer in (call("delete", alice, collection, "alice"), call("put", alice, collection, "alice", "viewer")):
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "last_owner")
        assert "Make somebody else an owner first" in answer.json()["error"]["message"]
    call("put", alice, collection, "bob", "owner")
    assert call("delete", alice, collection, "alice").status_code == 204


def test_others_change_nobody_but_may_leave(collection: Collection, alice: User, bob: User, erin: User) -> None:
    for user in (bob, erin):
        assert call("put", user, collection, "mallory", "viewer").status_code == 403
        assert call("delete", user, collection, "alice").status_code == 403
        assert call("delete", user, collection, "nobody").status_code == 403
        assert call("delete", user, collection, user.username).status_code == 204
        assert members(user, collection).status_code == 404


def test_a_read_only_token_does_not_leave(collection: Collection, bob: User) -> None:
    path = f"/api/v1/collections/{collection.pk}/members/bob/"
    assert Client().delete(path, headers=bearer(bob, read_only=True)).status_code == 403


class TestEveryoneMayRead:
    def patched(self, user: User, collection: Collection, value: bool) -> Any:
        body = {"everyone_may_read": value}
        return signed_in(user).patch(f"/api/v1/collections/{collection.pk}/", body, "application/json")

    def test_only_an_owner_opens_a_collection(self, collection: Collection, alice: User, erin: User, bob: User) -> None:
        assert self.patched(bob, collection, True).status_code == 403
        assert self.patched(erin, collection, True).status_code == 403
        opened = self.patched(alice, collection, True)
        assert (opened.status_code, opened.json()["everyone_may_read"]) == (200, True)
        assert self.patched(erin, collection, False).status_code == 403

    def test_what_an_editor_read_they_may_send_back(self, collection: Collection, erin: User) -> None:
        path = f"/api/v1/collections/{collection.pk}/"
        client = signed_in(erin)
        shown = client.get(path).json() | {"name": "Dishes"}
        answer = client.patch(path, shown, "application/json")
        assert (answer.status_code, answer.json()["name"]) == (200, "Dishes")

    def test_it_may_be_open_from_the_start(self, alice: User) -> None:
        body = {"name": "Open", "everyone_may_read": True}
        made = signed_in(alice).post("/api/v1/collections/", body, "application/json")
        assert made.json()["everyone_may_read"] is True
