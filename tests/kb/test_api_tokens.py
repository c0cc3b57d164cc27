from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from kb.models import Collection, Token
from kb.people import tokens
from tests.conftest import bearer

LIST = "/api/v1/collections/"


def status(headers: dict[str, str]) -> int:
    return Client().get(LIST, headers=headers).status_code


def test_a_token_opens_the_api_and_notes_its_use(alice: User) -> None:
    assert status(bearer(alice)) == 200
    assert Token.objects.get().last_used_at is not None


def test_an_expired_one_does_not(alice: User) -> None:
    assert status(bearer(alice, expires_at=timezone.now() - timedelta(seconds=1))) == 401


def test_a_token_of_an_inactive_user_is_refused(alice: User) -> None:
    headers = bearer(alice)
    User.objects.update(is_active=False)
    assert status(headers) == 401


@pytest.mark.parametrize("value", ["Bearer", "Bearer nonsense", "Bearer \xff", "Token x", ""])
def test_malformed_authorization_is_refused(value: str, db: None) -> None:
    assert status({"authorization": value}) == 401


def test_only_the_hash_is_kept(alice: User) -> None:
    _token, secret = tokens.create(alice, alice, name="x")
    assert secret not in str(Token.objects.values().get())


def test_a_read_only_token_searches_but_changes_nothing(collection: Collection, alice: User) -> None:
    headers = bearer(alice, read_only=True)
    client = Client()
    assert client.post("/api/v1/search/", {"query": "tea"}, "application/json", headers=headers).status_code == 200
    answer = client.post(LIST, {"name": "x"}, "application/json", headers=headers)
    assert answer.status_code == 403
    assert "is read-only" in answer.json()["error"]["message"]


def test_a_limited_token_makes_no_collections(collection: Collection, alice: User) -> None:
    headers = bearer(alice, collections=[collection])
    assert Client().post(LIST, {"name": "x"}, "application/json", headers=headers).status_code == 403


class TestCreateToken:
    def run(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
        call_command("create_token", *arguments)
        return capsys.readouterr().out

    def test_prints_the_token_and_nothing_else(self, alice: User, capsys: pytest.CaptureFixture[str]) -> None:
        secret = self.run(capsys, "alice", "--name", "ci").removesuffix("\n")
        assert status({"authorization": f"Bearer {secret}"}) == 200

    def test_options_narrow_it(self, collection: Collection, capsys: pytest.CaptureFixture[str]) -> None:
        self.run(capsys, "alice", "--name", "ci", "--read-only", "--collection", collection.pk, "--days", "3")
        token = Token.objects.get()
        assert (token.read_only, token.is_limited, list(token.collections.all())) == (True, True, [collection])
        assert token.expires_at is not None
        assert timedelta(days=2) < token.expires_at - timezone.now() <= timedelta(days=3)

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (["nobody", "--name", "x"], "no user called 'nobody'"),
            (["alice", "--name", "x", "--collection", "zzz"], "no access to a collection with the id zzz"),
            (["alice", "--name", "x", "--days", "0"], "must be 1 or more"),
        ],
    )
    def test_says_what_is_wrong(self, alice: User, arguments: list[str], complaint: str) -> None:
        with pytest.raises(CommandError, match=complaint):
            call_command("create_token", *arguments)
        assert not Token.objects.exists()
