"""Sign-in, protection against guessing, password links, own tokens, and roles."""

import re

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from kb.models import Action, AuditEntry, Collection, Role, Token
from kb.people import tokens
from tests.conftest import bearer, member, new_collection, signed_in, statements

NEW = "a much better horse"


def sign_in(browser: Client, password: str, name: str = "alice") -> int:
    return browser.post("/sign-in/", {"username": name, "password": password}).status_code


class TestGuessing:
    @pytest.fixture(autouse=True)
    def three_times(self, settings: Settings) -> None:
        settings.AXES_FAILURE_LIMIT = 3

    def test_after_some_wrong_passwords_the_right_one_must_wait(self, alice: User) -> None:
        browser = Client()
        assert [sign_in(browser, "guess") for _time in range(3)] == [200, 200, 429]
        answer = browser.post("/sign-in/", {"username": "alice", "password": "correct horse"})
        assert (answer.status_code, answer["Retry-After"]) == (429, "900")
        assert b"Too many wrong passwords" in answer.content

    def test_others_and_other_places_go_on(self, alice: User, mallory: User) -> None:
        for _time in range(3):
            sign_in(Client(), "guess")
        assert sign_in(Client(), "correct horse", "mallory") == 302
        assert sign_in(Client(REMOTE_ADDR="10.0.0.9"), "correct horse") == 302

    def test_a_right_password_resets_the_count(self, alice: User) -> None:
        for password in ("guess", "guess", "correct horse", "guess", "guess"):
            assert sign_in(Client(), password) != 429


class TestChangingThePassword:
    def change(self, browser: Client, old: str) -> int:
        fields = {"old_password": old, "new_password1": NEW, "new_password2": NEW}
        return browser.post("/account/password/", fields).status_code

    def test_it_signs_out_every_other_browser(self, alice: User) -> None:
        here, elsewhere = signed_in(alice), signed_in(alice)
        assert self.change(here, "correct horse") == 302
        assert here.get("/account/").status_code == 200
        assert elsewhere.get("/account/").status_code == 302
        assert sign_in(Client(), NEW) == 302
        assert AuditEntry.objects.get().action == Action.PASSWORD_CHANGED

    def test_the_old_one_is_asked_for(self, alice: User) -> None:
        assert self.change(signed_in(alice), "wrong") == 200
        assert not AuditEntry.objects.exists()

    def test_guessing_it_is_slowed_too(self, alice: User, settings: Settings) -> None:
        settings.AXES_FAILURE_LIMIT = 3
        browser = signed_in(alice)
        assert [self.change(browser, "guess") for _time in range(3)] == [200, 200, 429]
        assert self.change(browser, "correct horse") == 429


class TestForgettingThePassword:
    @pytest.fixture(autouse=True)
    def by_mail(self, settings: Settings, alice: User) -> None:
        settings.EMAIL_URL = "locmem://"
        User.objects.update(email="alice@example.org")

    def ask(self, address: str) -> bytes:
        return Client().post("/forgot-password/", {"email": address}, follow=True).content

    def test_a_link_by_mail_sets_a_new_one_once(self) -> None:
        self.ask("alice@example.org")
        found = re.search(r"http://testserver(/set-password/\S+)", str(mail.outbox[0].body))
        assert found is not None
        browser = Client()
        form = browser.get(found[1], follow=True).redirect_chain[-1][0]
        answer = browser.post(form, {"new_password1": NEW, "new_password2": NEW}, follow=True)
        assert b"Password set" in answer.content
        assert sign_in(Client(), NEW) == 302
        assert b"is no longer valid" in Client().get(found[1], follow=True).content

    def test_asking_again_and_again_sends_one_mail(self) -> None:
        for _time in range(3):
            self.ask("alice@example.org")
        assert len(mail.outbox) == 1

    def test_an_unknown_address_gets_the_same_answer(self) -> None:
        for address in ("nobody@example.org", "alice@example.org"):
            assert b"If the address belongs to an account" in self.ask(address)
        assert len(mail.outbox) == 1

    def test_without_mail_an_administrator_is_asked(self, settings: Settings) -> None:
        settings.EMAIL_URL = ""
        assert b"Ask an administrator" in Client().get("/forgot-password/").content


class TestCommands:
    def test_an_account_begins_with_a_link(self, db: None, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("create_user", "wei.chen", "--email", "wei@example.org")
        link = capsys.readouterr().out.strip()
        assert sign_in(Client(), "", "wei.chen") == 200
        browser = Client()
        form = browser.get(re.sub("^http://[^/]+", "", link), follow=True).redirect_chain[-1][0]
        browser.post(form, {"new_password1": NEW, "new_password2": NEW})
        assert sign_in(Client(), NEW, "wei.chen") == 302

    @pytest.mark.parametrize("name", ["alice", "two words", ""])
    def test_a_name_that_cannot_be_is_refused(self, alice: User, name: str) -> None:
        with pytest.raises(CommandError):
            call_command("create_user", name)

    def test_a_link_for_somebody_who_is_not_there(self, db: None) -> None:
        with pytest.raises(CommandError, match="no active user called 'nobody'"):
            call_command("password_link", "nobody")


class TestTokens:
    def make(self, user: User, **fields: object) -> str:
        answer = signed_in(user).post("/account/tokens/new/", {"name": "script", "days": "30", **fields})
        found = re.search(rb"fn_[\w-]+", answer.content)
        assert found is not None
        assert "no-store" in answer["Cache-Control"]
        return found[0].decode()

    def test_one_is_made_shown_once_used_and_revoked(self, collection: Collection, alice: User) -> None:
        secret = self.make(alice, read_only="on")
        headers = {"authorization": f"Bearer {secret}"}
        assert Client().get("/api/v1/collections/", headers=headers).status_code == 200
        assert Client().delete(f"/api/v1/collections/{collection.pk}/", headers=headers).status_code == 403
        browser = signed_in(alice)
        page = browser.get("/account/").content
        assert b"script" in page
        assert secret.encode() not in page
        browser.post(f"/account/tokens/{Token.objects.get().pk}/revoke/")
        assert Client().get("/api/v1/collections/", headers=headers).status_code == 401

    def test_one_for_a_collection_opens_no_other(self, collection: Collection, alice: User) -> None:
        new_collection(alice, "Other")
        headers = {"authorization": f"Bearer {self.make(alice, collections=[collection.pk])}"}
        names = [one["name"] for one in Client().get("/api/v1/collections/", headers=headers).json()["results"]]
        assert names == ["Recipes"]

    def test_nobody_chooses_what_they_may_not_see(self, collection: Collection, mallory: User) -> None:
        form = signed_in(mallory).get("/account/tokens/new/")
        assert b"Recipes" not in form.content
        refused = signed_in(mallory).post("/account/tokens/new/", {"name": "x", "collections": [collection.pk]})
        assert b"fn_" not in refused.content
        assert not Token.objects.exists()

    def test_somebody_else_s_is_not_there(self, alice: User, mallory: User) -> None:
        token, _secret = tokens.create(alice, alice, name="secret script")
        browser = signed_in(mallory)
        assert b"secret script" not in browser.get("/account/").content
        assert browser.post(f"/account/tokens/{token.pk}/revoke/").status_code == 404

    def test_the_account_page_asks_as_much_for_many_as_for_one(self, collection: Collection, alice: User) -> None:
        browser = signed_in(alice)
        tokens.create(alice, alice, name="first", collections=[collection])
        few = statements(browser, "/account/")
        for number in range(9):
            tokens.create(alice, alice, name=str(number), collections=[collection])
        assert statements(browser, "/account/") == few

    def test_a_token_makes_no_tokens(self, alice: User) -> None:
        assert Client().get("/account/tokens/new/", headers=bearer(alice)).status_code == 302


class TestMembers:
    def invite(self, collection: Collection, by: User, name: str, role: str = "viewer") -> tuple[int, bytes]:
        fields = {"username": name, "role": role}
        answer = signed_in(by).post(f"/collections/{collection.pk}/members/", fields)
        return answer.status_code, answer.content

    def change(self, collection: Collection, by: User, of: User, role: str) -> int:
        member = collection.members.get(user=of)
        path = f"/collections/{collection.pk}/members/{member.pk}/"
        return signed_in(by).post(path, {"role": role}).status_code

    def test_an_owner_invites_by_name(self, collection: Collection, alice: User, mallory: User) -> None:
        assert self.invite(collection, alice, "mallory", "editor")[0] == 302
        assert Collection.objects.editable_by(mallory).get() == collection

    @pytest.mark.parametrize(
        ("name", "reason"), [("nobody", b"There is no user called nobody"), ("alice", b"is a member already")]
    )
    def test_who_cannot_be_invited(self, collection: Collection, alice: User, name: str, reason: bytes) -> None:
        assert reason in self.invite(collection, alice, name)[1]

    def test_editors_see_the_list_and_change_nothing(self, collection: Collection, erin: User, bob: User) -> None:
        page = signed_in(erin).get(f"/collections/{collection.pk}/members/").content.decode()
        assert "alice" in page
        assert "Invite" not in page
        assert self.invite(collection, erin, "bob")[0] == 403
        assert self.change(collection, erin, bob, "owner") == 403

    def test_an_owner_changes_roles_and_takes_them_away(self, collection: Collection, alice: User, bob: User) -> None:
        self.change(collection, alice, bob, "editor")
        assert collection.members.get(user=bob).role == Role.EDITOR
        self.change(collection, alice, bob, "")
        assert not collection.members.filter(user=bob).exists()

    def test_the_last_owner_stays_and_is_told_why(self, collection: Collection, alice: User) -> None:
        path = f"/collections/{collection.pk}/members/{collection.members.get().pk}/"
        answer = signed_in(alice).post(path, {"role": ""}, follow=True)
        assert b"A collection needs an owner" in answer.content
        assert collection.members.get(user=alice).role == Role.OWNER

    def test_the_page_asks_as_much_for_many_as_for_one(self, collection: Collection, alice: User) -> None:
        browser = signed_in(alice)
        few = statements(browser, f"/collections/{collection.pk}/members/")
        for number in range(9):
            member(collection, f"guest{number}", Role.VIEWER)
        assert statements(browser, f"/collections/{collection.pk}/members/") == few

    def test_everybody_may_leave(self, collection: Collection, bob: User) -> None:
        assert self.change(collection, bob, bob, "") == 302
        assert not Collection.objects.visible_to(bob).exists()

    def test_who_reads_because_everyone_may_is_told_nothing_of_the_others(self, alice: User, mallory: User) -> None:
        shared = new_collection(alice, "Shared", everyone_may_read=True)
        answer = signed_in(mallory).get(f"/collections/{shared.pk}/members/")
        assert answer.status_code == 403
        assert b"alice" not in answer.content
        there = shared.members.get().pk
        guesses = [f"/collections/{shared.pk}/members/{id}/" for id in (there, there + 1)]
        assert {signed_in(mallory).post(path, {"role": ""}).status_code for path in guesses} == {403}

    def test_only_an_owner_opens_a_collection_to_everyone(self, collection: Collection, erin: User) -> None:
        fields = {"name": "Renamed", "everyone_may_read": "on", "preset": "general"}
        signed_in(erin).post(f"/collections/{collection.pk}/edit/", fields)
        collection.refresh_from_db()
        assert (collection.name, collection.everyone_may_read) == ("Renamed", False)
