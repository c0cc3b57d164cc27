"""One log line per request, with an id to quote and without personal data."""

import json
import re
from datetime import datetime
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from pytest_django import Settings

from kb.models import Collection
from kb.operations import upkeep
from retrieval import search as retrieval
from tests.conftest import Upload, bearer, signed_in
from tests.operations.conftest import Ask, Log


def cookie_of(user: User) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in signed_in(user).cookies.items())


def breaks(*args: object, **options: object) -> None:
    raise ZeroDivisionError("the works")


class TestLine:
    def test_it_tells_who_asked_what_and_how_it_ended(
        self, ask: Ask, log: Log, alice: User, collection: Collection
    ) -> None:
        ask(f"/collections/{collection.pk}/?status=ready", cookie=cookie_of(alice))
        (line,) = log.requests()
        assert {name: line[name] for name in ("level", "logger", "method", "route", "status", "user")} == {
            "level": "INFO",
            "logger": "kb.telemetry.access_log",
            "method": "GET",
            "route": "/collections/<slug:id>/",
            "status": 200,
            "user": alice.pk,
        }
        assert datetime.fromisoformat(line["time"]).tzinfo is not None
        assert line["message"] == f"GET /collections/<slug:id>/ 200 {line['ms']} ms, user {alice.pk}"

    def test_a_token_tells_its_owner(self, ask: Ask, log: Log, alice: User) -> None:
        ask("/api/v1/collections/", **bearer(alice))
        (line,) = log.requests()
        assert (line["route"], line["user"]) == ("/api/v1/collections/", alice.pk)

    @pytest.mark.parametrize(
        ("path", "status", "route"),
        [("/", 302, "/"), ("/sign-in/", 200, "/sign-in/"), ("/no/such/page", 404, "unknown")],
    )
    def test_requests_without_a_user_have_none_in_the_log(
        self, ask: Ask, log: Log, db: None, path: str, status: int, route: str
    ) -> None:
        ask(path)
        (line,) = log.requests()
        assert (line["route"], line["status"], line["user"]) == (route, status, None)

    def test_health_checks_are_quiet(self, ask: Ask, log: Log) -> None:
        ask("/healthz")
        assert [line["level"] for line in log.requests()] == ["DEBUG"]

    def test_what_is_refused_before_django_is_noted_too(self, ask: Ask, log: Log, settings: Settings) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 3
        answer = ask("/search/", "POST", b"four")
        assert answer.status == 413
        assert [(line["status"], line["request_id"]) for line in log.requests()] == [(413, answer.request_id)]

    def test_an_invented_method_is_no_new_label(self, ask: Ask, log: Log, db: None) -> None:
        ask("/", "BREW")
        assert [line["method"] for line in log.requests()] == ["OTHER"]


class TestRequestId:
    def test_each_request_has_its_own_and_gets_it_back(self, ask: Ask, log: Log) -> None:
        first, second = ask("/healthz"), ask("/healthz")
        assert re.fullmatch("[0-9a-f]{16}", first.request_id)
        assert first.request_id != second.request_id
        assert [line["request_id"] for line in log.requests()] == [first.request_id, second.request_id]

    def test_one_that_a_proxy_gave_is_kept(self, ask: Ask, log: Log) -> None:
        assert ask("/healthz", x_request_id="edge-1.a_B").request_id == "edge-1.a_B"
        assert log.requests()[0]["request_id"] == "edge-1.a_B"

    @pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>", 'a"b', "id\r", "é"])
    def test_one_that_does_not_belong_into_a_log_is_not(self, ask: Ask, given: str) -> None:
        assert re.fullmatch("[0-9a-f]{16}", ask("/healthz", x_request_id=given).request_id)

    def test_outside_of_requests_there_is_none(self, log: Log, db: None) -> None:
        upkeep.logger.info("beat")
        assert log.lines("kb.operations.upkeep")[0]["request_id"] == "-"

    def test_every_line_of_a_request_carries_it(
        self, ask: Ask, log: Log, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(retrieval, "search", breaks)
        answer = ask("/search/?q=tea", cookie=cookie_of(alice))
        assert [line["request_id"] for line in log.lines("django.request")] == [answer.request_id]
        assert "ZeroDivisionError" in log.lines("django.request")[0]["exc_info"]

    def test_a_page_that_failed_tells_it(self, ask: Ask, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(retrieval, "search", breaks)
        answer = ask("/search/?q=tea", cookie=cookie_of(alice))
        assert answer.status == 500
        assert f"give an administrator this number from the log: {answer.request_id}." in answer.body

    def test_the_api_returns_the_id_with_its_error(
        self, ask: Ask, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(retrieval, "search", breaks)
        body = json.dumps({"query": "tea"}).encode()
        answer = ask("/api/v1/search/", "POST", body, content_type="application/json", **bearer(alice))
        error = json.loads(answer.body)["error"]
        assert (answer.status, error["code"]) == (500, "internal")
        assert answer.request_id in error["message"]


def test_no_secret_is_ever_written(
    ask: Ask, log: Log, alice: User, collection: Collection, ready: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Questions, passwords, tokens, cookies, names and texts, in successful and failing requests."""
    document = ready("salaries.md", "# Wages\n\nThe goulash maker earns much.")
    cookie, token = cookie_of(alice), bearer(alice)
    csrf = "c" * 32
    form = {"content_type": "application/x-www-form-urlencoded", "cookie": f"{settings.CSRF_COOKIE_NAME}={csrf}"}
    typed = urlencode({"username": "alice", "password": "open-sesame", "csrfmiddlewaretoken": csrf}).encode()
    asked = json.dumps({"query": "who keeps zebrafish"}).encode()

    def everything() -> None:
        ask("/search/?q=who+keeps+zebrafish", cookie=cookie)
        ask("/api/v1/search/", "POST", asked, content_type="application/json", **token)
        ask("/api/v1/search/", "POST", asked, content_type="application/json", authorization="Bearer fn_guessed")
        ask(f"/documents/{document.pk}/", cookie=cookie)
        ask(f"/api/v1/documents/{document.pk}/text/", **token)
        refused = ask("/sign-in/?next=/search/?q=zebrafish", "POST", typed, **form)
        assert "correct username and password" in refused.body
        ask("/no/such/page?q=zebrafish")

    everything()
    monkeypatch.setattr(retrieval, "search", breaks)
    everything()
    assert log.requests(), "nothing was logged at all"
    keys = [token["authorization"].split()[1], cookie.split("=")[1]]
    secrets = ["zebrafish", "sesame", "guessed", "salaries", "goulash", *keys]
    assert [secret for secret in secrets if secret in log.everything] == []
