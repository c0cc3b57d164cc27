"""Collections in the panel: their figures, settings, members, and actions on all their documents."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from kb.library import collections
from kb.models import Action, AuditEntry, Collection, Document, Member, Role, Status, Version
from retrieval.models import IndexedVersion
from tests.conftest import Upload, new_collection
from tests.kb.admin.conftest import Act, Many, Queries
from tests.kb.test_pages import page, text_of

LIST = "/admin/kb/collection/"


def form(collection: Collection, *members: tuple[User, str, str], **fields: str) -> dict[str, str]:
    """The form of a collection as a browser sends it; a member is a user, a role, and "on" to remove them."""
    there = {member.user_id: member.pk for member in Member.objects.filter(collection=collection)}
    rows = sorted(members, key=lambda row: (row[0].pk not in there, row[0].username))
    data = {"name": collection.name, "description": collection.description, **fields}
    data |= {"members-TOTAL_FORMS": str(len(rows)), "members-INITIAL_FORMS": str(len(there))}
    for number, (user, role, gone) in enumerate(rows):
        data |= {f"members-{number}-id": str(there.get(user.pk, "")), f"members-{number}-collection": collection.pk}
        data |= {f"members-{number}-user": str(user.pk), f"members-{number}-role": role}
        data |= {f"members-{number}-DELETE": gone} if gone else {}
    return data


def roles(collection: Collection) -> dict[str, str]:
    return dict(Member.objects.filter(collection=collection).values_list("user__username", "role"))


def lines() -> list[str]:
    return [str(event) for event in AuditEntry.objects.order_by("pk")]


class TestList:
    def test_tells_how_much_each_holds_how_it_is_indexed_and_whose_it_is(
        self, panel: Client, ready: Upload, collection: Collection
    ) -> None:
        ready("tea.md", "Green tea.")
        ready("scan.txt", "")
        assert "Recipes 2 1 1 words, general, Active 64 dimensions alice" in page(panel, LIST)

    def test_is_searched_by_name_and_id(self, panel: Client, collection: Collection, alice: User) -> None:
        new_collection(alice, "Other")
        for term in ("recip", collection.pk):
            shown = page(panel, f"{LIST}?q={term}")
            assert "Recipes" in shown
            assert "Other" not in shown

    def test_shows_none_that_was_removed(self, panel: Client, collection: Collection, ada: User) -> None:
        collections.remove(collection, ada)
        assert "Recipes" not in page(panel, LIST)

    def test_as_many_queries_for_thirty_as_for_three(self, queries: Queries, alice: User) -> None:
        for number in range(3):
            new_collection(alice, f"{number}")
        few = queries(LIST)
        for number in range(27):
            new_collection(alice, f"more {number}")
        assert queries(LIST) == few


class TestSettings:
    def test_a_change_is_in_the_audit_log(self, panel: Client, collection: Collection, alice: User) -> None:
        AuditEntry.objects.all().delete()
        data = form(collection, (alice, "owner", ""), name="Teas", everyone_may_read="on")
        assert panel.post(f"{LIST}{collection.pk}/change/", data).status_code == 302
        collection.refresh_from_db()
        assert (collection.name, collection.everyone_may_read) == ("Teas", True)
        assert lines() == ["ada changed a collection: Teas"]
        assert AuditEntry.objects.get().details["before"] == {"name": "Recipes", "everyone_may_read": False}

    def test_unchanged_fields_are_not_in_the_log(self, panel: Client, collection: Collection, alice: User) -> None:
        AuditEntry.objects.all().delete()
        panel.post(f"{LIST}{collection.pk}/change/", form(collection, (alice, "owner", "")))
        assert lines() == []

    def test_its_history_is_the_audit_log(self, panel: Client, collection: Collection) -> None:
        answer = panel.get(f"{LIST}{collection.pk}/history/", follow=True)
        assert "alice created a collection Recipes" in text_of(answer.content)


class TestMembers:
    def test_come_change_and_go(
        self, panel: Client, collection: Collection, alice: User, bob: User, mallory: User
    ) -> None:
        AuditEntry.objects.all().delete()
        data = form(collection, (alice, "owner", ""), (bob, "editor", ""), (mallory, "viewer", ""))
        assert panel.post(f"{LIST}{collection.pk}/change/", data).status_code == 302
        assert roles(collection) == {"alice": "owner", "bob": "editor", "mallory": "viewer"}
        data = form(collection, (alice, "owner", ""), (bob, "editor", "on"), (mallory, "viewer", ""))
        assert panel.post(f"{LIST}{collection.pk}/change/", data).status_code == 302
        assert roles(collection) == {"alice": "owner", "mallory": "viewer"}
        assert lines() == [
            "ada set a member's role: Recipes",
            "ada set a member's role: Recipes",
            "ada removed a member: Recipes",
        ]

    @pytest.mark.parametrize(("role", "gone"), [("viewer", ""), ("owner", "on")])
    def test_the_last_owner_stays(
        self, panel: Client, collection: Collection, alice: User, role: str, gone: str
    ) -> None:
        answer = panel.post(f"{LIST}{collection.pk}/change/", form(collection, (alice, role, gone)))
        assert "A collection needs at least one owner." in text_of(answer.content)
        assert roles(collection) == {"alice": "owner"}

    def test_a_collection_changes_hands_in_one_go(
        self, panel: Client, collection: Collection, alice: User, bob: User
    ) -> None:
        data = form(collection, (alice, "owner", "on"), (bob, "owner", ""))
        assert panel.post(f"{LIST}{collection.pk}/change/", data).status_code == 302
        assert roles(collection) == {"bob": "owner"}

    def test_an_owner_who_left_meanwhile_is_no_error_of_ours(
        self, panel: Client, collection: Collection, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def too_late(*arguments: object) -> None:
            raise collections.LastOwner

        monkeypatch.setattr(collections, "set_member", too_late)
        data = form(collection, (alice, "owner", ""), (bob, "owner", ""))
        answer = panel.post(f"{LIST}{collection.pk}/change/", data, follow=True)
        assert "A collection needs at least one owner." in text_of(answer.content)
        assert roles(collection) == {"alice": "owner", "bob": "viewer"}


class TestActions:
    def test_failed_documents_are_retried(self, act: Act, many: Many, collection: Collection) -> None:
        many(1000, Status.FAILED)
        many(100, Status.FAILED, indexing=True)
        many(5, Status.READY)
        act("collection", "retry_failed", [collection])
        assert Version.objects.filter(status=Status.QUEUED).count() == 1000
        assert IndexedVersion.objects.filter(status=Status.QUEUED).count() == 100
        assert AuditEntry.objects.filter(action=Action.DOCUMENT_RETRIED, actor_name="ada").count() == 1100

    def test_all_documents_are_indexed_again_but_those_in_work(
        self, act: Act, many: Many, collection: Collection
    ) -> None:
        many(3, Status.READY)
        many(2, Status.PROCESSING, attempt=4)
        many(2, Status.PROCESSING, indexing=True, attempt=4)
        act("collection", "reindex", [collection])
        assert IndexedVersion.objects.filter(status=Status.QUEUED).count() == 3
        for rows in (Version.objects, IndexedVersion.objects):
            assert rows.filter(status=Status.PROCESSING, attempt=4).count() == 2

    def test_other_collections_are_left_alone(self, act: Act, many: Many, collection: Collection, alice: User) -> None:
        other = new_collection(alice, "Other")
        many(2, Status.FAILED, to=other)
        act("collection", "retry_failed", [collection])
        act("collection", "remove", [collection], confirmed="1")
        assert Version.objects.filter(status=Status.FAILED).count() == 2
        assert list(Collection.objects.filter(removed_at=None)) == [other]

    def test_a_removal_is_asked_first(self, act: Act, collection: Collection) -> None:
        assert "Remove 1 collection?" in text_of(act("collection", "remove", [collection]).content)
        assert Collection.objects.get().removed_at is None
        act("collection", "remove", [collection], confirmed="1")
        assert Collection.objects.get().removed_at is not None
        assert lines()[-1] == "ada removed a collection: Recipes"

    def test_one_is_removed_from_its_page_too(self, panel: Client, collection: Collection, many: Many) -> None:
        many(2, Status.READY)
        assert b"Recipes" in panel.get(f"{LIST}{collection.pk}/delete/").content
        panel.post(f"{LIST}{collection.pk}/delete/", {"post": "yes"})
        assert Collection.objects.get().removed_at is not None
        assert Document.objects.count() == 2  # a task removes them
        assert lines()[-1] == "ada removed a collection: Recipes"

    def test_django_has_no_way_of_its_own_to_delete(self, panel: Client, collection: Collection) -> None:
        for path in (LIST, "/admin/kb/document/", "/admin/auth/user/"):
            assert b"delete_selected" not in panel.get(path).content
        assert Member.objects.get().role == Role.OWNER
