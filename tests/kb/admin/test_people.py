"""Accounts in the panel: every change is in the audit log, and an administrator remains."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from kb.library import collections
from kb.models import Action, AuditEntry, Collection, Member, Role, Token
from kb.people import accounts, tokens
from tests.conftest import new_collection
from tests.kb.admin.conftest import Queries
from tests.kb.test_pages import page, text_of

LIST = "/admin/auth/user/"
PASSWORD = {"password1": "seventy degrees", "password2": "seventy degrees"}


def lines() -> list[str]:
    return [str(event) for event in AuditEntry.objects.filter(actor_name="ada").order_by("pk")]


def form(user: User, **fields: str) -> dict[str, str]:
    rights = {name: "on" for name in ("is_active", "is_superuser") if getattr(user, name)}
    return {"username": user.username, "email": user.email, **rights, **fields}


def without(data: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in data.items() if key != name}


class TestAccounts:
    def test_are_made(self, panel: Client) -> None:
        answer = panel.post(f"{LIST}add/", {"username": "carol", "email": "carol@example.org", **PASSWORD})
        carol = User.objects.get(username="carol")
        assert answer.status_code == 302
        assert (carol.email, carol.is_superuser, carol.is_staff) == ("carol@example.org", False, False)
        assert carol.check_password("seventy degrees")
        assert lines() == ["ada created an account: carol"]

    def test_are_changed_and_the_log_says_which_fields(self, panel: Client, alice: User) -> None:
        panel.post(f"{LIST}{alice.pk}/change/", form(alice, email="alice@example.org", is_superuser="on"))
        alice.refresh_from_db()
        assert (alice.email, alice.is_superuser) == ("alice@example.org", True)
        assert lines() == ["ada changed an account: alice"]
        assert AuditEntry.objects.get(action=Action.USER_CHANGED).details == {"fields": ["email", "is_superuser"]}

    def test_unchanged_are_not_in_the_log(self, panel: Client, alice: User) -> None:
        assert panel.post(f"{LIST}{alice.pk}/change/", form(alice)).status_code == 302
        assert lines() == []

    def test_get_another_password(self, panel: Client, alice: User) -> None:
        answer = panel.post(f"{LIST}{alice.pk}/password/", {**PASSWORD, "usable_password": "true"})
        alice.refresh_from_db()
        assert answer.status_code == 302
        assert alice.check_password("seventy degrees")
        assert lines() == ["ada changed a password: alice"]
        assert "seventy" not in str(list(AuditEntry.objects.values()))

    def test_a_password_that_is_refused_is_not_in_the_log(self, panel: Client, alice: User) -> None:
        answer = panel.post(f"{LIST}{alice.pk}/password/", {"password1": "1", "password2": "2"})
        assert "didn’t match" in text_of(answer.content)
        assert lines() == []

    @pytest.mark.parametrize("id", ["999999", "x"])
    def test_an_unknown_account_has_no_password_page(self, panel: Client, id: str) -> None:
        assert panel.get(f"{LIST}{id}/password/").status_code == 404

    def test_ones_own_password_is_changed_where_everybody_changes_it(self, panel: Client) -> None:
        assert panel.get("/admin/password_change/")["Location"] == "/account/password/"

    def test_are_removed_with_tokens_and_roles(
        self, panel: Client, collection: Collection, alice: User, bob: User
    ) -> None:
        tokens.create(bob, bob, name="script")
        assert "bob" in page(panel, f"{LIST}{bob.pk}/delete/")
        panel.post(f"{LIST}{bob.pk}/delete/", {"post": "yes"})
        assert not User.objects.filter(username="bob").exists()
        assert not Token.objects.exists()
        assert lines() == ["ada removed an account: bob"]

    def test_history_is_the_audit_log(self, panel: Client, alice: User) -> None:
        panel.post(f"{LIST}{alice.pk}/change/", form(alice, email="alice@example.org"))
        answer = panel.get(f"{LIST}{alice.pk}/history/", follow=True)
        assert "ada changed an account alice" in text_of(answer.content)


class TestLastAdministrator:
    @pytest.mark.parametrize("right", ["is_active", "is_superuser"])
    def test_keeps_the_right(self, panel: Client, ada: User, right: str) -> None:
        answer = panel.post(f"{LIST}{ada.pk}/change/", without(form(ada), right))
        assert "This is the only administrator." in text_of(answer.content)
        ada.refresh_from_db()
        assert ada.is_active
        assert ada.is_superuser
        assert lines() == []

    def test_is_not_removed(self, panel: Client, ada: User) -> None:
        answer = panel.post(f"{LIST}{ada.pk}/delete/", {"post": "yes"}, follow=True)
        assert "This is the only administrator." in text_of(answer.content)
        assert User.objects.filter(pk=ada.pk).exists()

    def test_an_inactive_administrator_does_not_count(self, panel: Client, ada: User) -> None:
        User.objects.create_superuser("eve", password="x", is_active=False)
        panel.post(f"{LIST}{ada.pk}/change/", without(form(ada), "is_superuser"))
        ada.refresh_from_db()
        assert ada.is_superuser

    def test_goes_when_there_is_another(self, panel: Client, ada: User) -> None:
        User.objects.create_superuser("eve", password="x")
        panel.post(f"{LIST}{ada.pk}/change/", without(form(ada), "is_superuser"))
        ada.refresh_from_db()
        assert not ada.is_superuser
        assert panel.get("/admin/").status_code == 404


class TestOnlyOwner:
    def test_is_not_removed_and_the_collections_are_named(
        self, panel: Client, alice: User, bob: User, ada: User
    ) -> None:
        new_collection(alice, "Teas")
        shared = new_collection(alice, "Shared")
        collections.set_member(shared, ada, bob, Role.OWNER)
        gone = new_collection(alice, "Gone")
        collections.remove(gone, ada)
        answer = panel.post(f"{LIST}{alice.pk}/delete/", {"post": "yes"}, follow=True)
        shown = text_of(answer.content)
        assert "Nobody else owns “Recipes”, “Teas”. Make somebody else an owner first." in shown
        assert Member.objects.filter(user=alice).count() == 4

    def test_whoever_owns_nothing_alone_goes(self, collection: Collection, alice: User, bob: User, ada: User) -> None:
        collections.set_member(collection, ada, bob, Role.OWNER)
        accounts.remove(alice, ada)
        assert list(Member.objects.values_list("user__username", "role")) == [("bob", "owner")]


class TestLists:
    def test_people_need_as_many_queries_for_thirty_as_for_three(self, queries: Queries) -> None:
        User.objects.create_user("x", password="x")
        few = queries(LIST)
        User.objects.bulk_create([User(username=f"x{number}") for number in range(27)])
        assert queries(LIST) == few

    def test_groups_and_permissions_are_not_there(self, panel: Client, alice: User) -> None:
        assert panel.get("/admin/auth/group/").status_code == 404
        html = panel.get(f"{LIST}{alice.pk}/change/").content
        for field in (b"is_staff", b"groups", b"user_permissions"):
            assert b'name="' + field not in html
