"""Limits per person and minute. Time stands still, so that no minute ends during a test."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from kb.models import Collection
from kb.people import rates
from tests.conftest import Upload, bearer, signed_in

LIST = "/api/v1/collections/"


class Clock:
    now = 1_800_000_000.0  # a minute begins

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rates, "time", clock)
    return clock


def limit(settings: Settings, **limits: int) -> None:
    settings.RATES = settings.RATES | limits


def ask(client: Client) -> Any:
    return client.post("/api/v1/search/", {"query": "tea", "mode": "lexical"}, "application/json")


def test_over_the_limit_it_says_when_to_come_back(alice: User, settings: Settings, clock: Clock) -> None:
    limit(settings, general=2)
    client = signed_in(alice)
    clock.now += 12.5
    assert [client.get(LIST).status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get(LIST)
    assert refused["Retry-After"] == "48"
    assert refused.json()["error"]["code"] == "throttled"
    clock.now += 47.5
    assert client.get(LIST).status_code == 200


def test_each_person_has_their_own_whichever_way_they_come(alice: User, mallory: User, settings: Settings) -> None:
    limit(settings, general=2)
    assert signed_in(alice).get(LIST).status_code == 200
    assert Client().get(LIST, headers=bearer(alice)).status_code == 200
    assert Client().get(LIST, headers=bearer(alice)).status_code == 429
    assert signed_in(mallory).get(LIST).status_code == 200


def test_some_calls_are_counted_apart(collection: Collection, alice: User, settings: Settings) -> None:
    limit(settings, general=100, search=1, uploads=1, embeddings=1)
    client = signed_in(alice)
    documents = f"{LIST}{collection.pk}/documents/"
    for call in (
        lambda: ask(client),
        lambda: client.post("/api/v1/embeddings/", {"texts": ["tea"]}, "application/json"),
        lambda: client.post(documents, {"file": SimpleUploadedFile("a.txt", b"tea")}),
    ):
        assert call().status_code < 300
        assert call().status_code == 429
    assert client.get(documents).status_code == 200


def test_a_limit_of_zero_is_no_limit(alice: User, settings: Settings) -> None:
    limit(settings, general=0, search=0)
    assert {ask(signed_in(alice)).status_code for _ in range(5)} == {200}


def test_without_redis_calls_are_let_through_and_the_log_says_so(
    alice: User, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    away = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": away}
    limit(settings, general=1)
    assert [signed_in(alice).get(LIST).status_code for _ in range(2)] == [200, 200]
    assert "Redis is down" in caplog.text


def test_an_absent_redis_holds_nobody_up_for_long(settings: Settings) -> None:
    options = settings.CACHES["default"]["OPTIONS"]
    assert options["socket_connect_timeout"] + options["socket_timeout"] <= 1
    assert options["retry"].get_retries() == 0


class TestPages:
    def test_a_search_over_the_limit_is_a_page_that_says_when_to_come_back(
        self, alice: User, settings: Settings, clock: Clock
    ) -> None:
        limit(settings, search=2)
        browser = signed_in(alice)
        clock.now += 12.5
        assert [browser.get("/search/?q=tea").status_code for _ in range(3)] == [200, 200, 429]
        refused = browser.get("/search/?q=tea")
        assert refused["Retry-After"] == "48"
        assert "Wait 48 seconds, then try again." in refused.content.decode()
        assert "<html" in refused.content.decode()
        clock.now += 47.5
        assert browser.get("/search/?q=tea").status_code == 200

    def test_htmx_puts_the_same_sentence_in_place_of_the_results(self, alice: User, settings: Settings) -> None:
        limit(settings, search=1)
        browser = signed_in(alice)
        answers = [browser.get("/search/?q=tea", headers={"HX-Request": "true"}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert "Wait 60 seconds, then try again." in answers[1].content.decode()
        assert "<html" not in answers[1].content.decode()

    def test_a_page_and_a_call_count_together(self, alice: User, settings: Settings) -> None:
        limit(settings, search=1)
        assert signed_in(alice).get("/search/?q=tea").status_code == 200
        assert ask(signed_in(alice)).status_code == 429

    def test_a_form_that_asks_nothing_is_not_counted(self, alice: User, settings: Settings) -> None:
        limit(settings, search=1)
        assert {signed_in(alice).get("/search/").status_code for _ in range(3)} == {200}

    def test_previews_of_passages(self, alice: User, mallory: User, settings: Settings, ready: Upload) -> None:
        limit(settings, previews=1)
        path = f"/documents/{ready('soup.md', '# Soup').pk}/passages/"
        browser = signed_in(alice)
        assert [browser.get(path).status_code for _ in range(2)] == [200, 429]
        assert browser.post(path, {"preset": "code"}).status_code == 302
        assert signed_in(mallory).get(path).status_code == 404
