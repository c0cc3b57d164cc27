"""All errors have one format and say what to do; texts that Postgres cannot store are refused."""

import json
import logging
from base64 import b64encode
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client

from kb.library import collections
from kb.models import Collection, Document, ZeroResultSearch
from tests.conftest import Upload, signed_in

LIST = "/api/v1/collections/"


@pytest.fixture
def api(alice: User) -> Client:
    return signed_in(alice)


def error_of(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    error: dict[str, Any] = answer.json()["error"]
    assert error["code"] == code
    assert error["message"].endswith(".")
    assert set(answer.json()) == {"error"}
    return error


class TestShape:
    def test_an_address_that_is_not_there(self, api: Client) -> None:
        error_of(api.get("/api/v1/nothing/"), 404, "not_found")
        error_of(Client().get("/api/v7/"), 404, "not_found")

    def test_anonymous_calls(self, db: None) -> None:
        answer = Client().get(LIST)
        assert "Bearer" in error_of(answer, 401, "not_authenticated")["message"]
        assert answer["WWW-Authenticate"] == "Bearer"
        error_of(Client().get(LIST, headers={"authorization": "Bearer x"}), 401, "authentication_failed")

    def test_another_method_tells_which_are_there(self, api: Client) -> None:
        answer = api.put(LIST, {}, "application/json")
        assert "GET, POST" in error_of(answer, 405, "method_not_allowed")["message"]
        assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"

    def test_another_type_of_answer(self, api: Client) -> None:
        error = error_of(api.get(LIST, headers={"accept": "text/html"}), 406, "not_acceptable")
        assert "application/json" in error["message"]

    def test_another_type_of_body(self, api: Client, collection: Collection) -> None:
        error = error_of(api.post(LIST, b"x", "text/csv"), 415, "unsupported_media_type")
        assert "application/json" in error["message"]
        upload = api.post(f"{LIST}{collection.pk}/documents/", {}, "application/json")
        assert "multipart/form-data" in error_of(upload, 415, "unsupported_media_type")["message"]

    @pytest.mark.parametrize(
        "body", [b"{", b"\xff", b"[" * 100_000, b'{"name": NaN}', b'{"name": 1' + b"0" * 5000 + b"}"]
    )
    def test_a_body_that_is_not_json(self, api: Client, body: bytes) -> None:
        error_of(api.post(LIST, body, "application/json"), 400, "parse_error")

    @pytest.mark.parametrize("body", [b"[]", b"null", b"7", b'"name"'])
    def test_json_that_is_no_object(self, api: Client, body: bytes) -> None:
        assert api.post(LIST, body, "application/json").status_code == 400

    @pytest.mark.parametrize("body", [b"", b"--x", b"--x\r\nContent-Disposition: form-data\r\n\r\n"])
    def test_a_multipart_body_that_is_none(self, api: Client, collection: Collection, body: bytes) -> None:
        for kind in ("multipart/form-data; boundary=x", "multipart/form-data"):
            answer = api.post(f"{LIST}{collection.pk}/documents/", body, kind)
            assert answer.status_code == 400
            assert answer.json()["error"]["message"]

    @pytest.mark.parametrize("charset", ["zlib", "utf-16", "rot13"])
    def test_text_that_is_not_utf_8(self, api: Client, charset: str) -> None:
        assert api.generic("POST", LIST, b"{}", f"application/json; charset={charset}").status_code == 400
        assert api.generic("POST", "/collections/new/", b"name", f"text/plain; charset={charset}").status_code == 400

    def test_a_bug_says_so_and_the_log_has_its_traceback(
        self, alice: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def broken(*_: object, **__: object) -> None:
            raise ZeroDivisionError("a bug of ours")

        monkeypatch.setattr(collections, "create", broken)
        client = Client(raise_request_exception=False)
        client.force_login(alice)
        with caplog.at_level(logging.ERROR):
            answer = client.post(LIST, {"name": "x"}, "application/json")
        error_of(answer, 500, "internal")
        assert "a bug of ours" not in answer.content.decode()
        assert "ZeroDivisionError: a bug of ours" in caplog.text

    def test_without_its_database_it_asks_for_patience(
        self, api: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def away(*_: object, **__: object) -> None:
            raise OperationalError("server closed the connection")

        monkeypatch.setattr(collections, "create", away)
        error_of(api.post(LIST, {"name": "x"}, "application/json"), 503, "database_down")
        assert "server closed the connection" in caplog.text


class TestUnknownFields:
    """A typing error is not ignored."""

    @pytest.mark.parametrize(
        ("method", "path", "body", "field"),
        [
            ("post", LIST, {"name": "x", "descripton": "y"}, "descripton"),
            ("patch", LIST + "{c}/", {"nam": "x"}, "nam"),
            ("patch", "/api/v1/documents/{d}/", {"meta": {}}, "meta"),
            ("post", "/api/v1/search/", {"query": "tea", "limt": 3}, "limt"),
            ("post", "/api/v1/search/", {"query": "tea", "filter": {"documents": []}}, "filter.documents"),
            ("post", "/api/v1/embeddings/", {"texts": ["tea"], "modell": "x"}, "modell"),
        ],
    )
    def test_it_is_named(
        self, api: Client, add: Upload, method: str, path: str, body: dict[str, Any], field: str
    ) -> None:
        document = add("a.txt", "tea")
        path = path.format(c=document.collection_id, d=document.pk)
        answer = getattr(api, method)(path, body, "application/json")
        error = error_of(answer, 400, "invalid")
        assert list(error["fields"]) == [field]
        assert "There is no such field" in error["fields"][field][0]

    def test_they_are_refused_in_a_multipart_body_too(self, api: Client, collection: Collection) -> None:
        body = {"file": SimpleUploadedFile("a.txt", b"tea"), "metdata": "{}"}
        error = error_of(api.post(f"{LIST}{collection.pk}/documents/", body), 400, "invalid")
        assert list(error["fields"]) == ["metdata"]
        assert not Document.objects.exists()


class TestTextThatPostgresCannotTake:
    BAD = ["\0", "a\0b", "\ud800", "\udfffx"]

    @pytest.mark.parametrize("bad", BAD)
    @pytest.mark.parametrize(
        "body",
        [
            {"name": "BAD"},
            {"name": "x", "description": "BAD"},
            {"name": "x", "engine": "BAD"},
            {"name": "x", "preset": "BAD"},
            {"BAD": 1, "name": "x"},
        ],
    )
    def test_in_a_body(self, api: Client, body: dict[str, str], bad: str) -> None:
        sent = json.dumps(body).replace("BAD", json.dumps(bad)[1:-1])
        error_of(api.post(LIST, sent, "application/json"), 400, "invalid")
        assert not Collection.objects.exists()

    @pytest.mark.parametrize("bad", BAD)
    @pytest.mark.parametrize(
        "body",
        [
            {"query": "BAD"},
            {"query": "x", "collections": ["BAD"]},
            {"query": "x", "filter": {"document": ["BAD"]}},
            {"query": "x", "filter": {"media_type": ["BAD"]}},
            {"query": "x", "filter": {"metadata": {"BAD": "x"}}},
            {"query": "x", "filter": {"metadata": {"x": "BAD"}}},
            {"query": "x", "filter": {"metadata": {"x": [1, "BAD"]}}},
        ],
    )
    def test_in_a_question(self, api: Client, body: dict[str, Any], bad: str) -> None:
        sent = json.dumps(body).replace("BAD", json.dumps(bad)[1:-1])
        error_of(api.post("/api/v1/search/", sent, "application/json"), 400, "invalid")
        assert not ZeroResultSearch.objects.exists()

    @pytest.mark.parametrize("bad", BAD)
    def test_in_metadata(self, api: Client, add: Upload, bad: str) -> None:
        document = add("a.txt", "tea")
        for metadata in ({"x": bad}, {bad: "x"}, {"x": ["y", bad]}):
            sent = json.dumps({"metadata": metadata})
            error = error_of(api.patch(f"/api/v1/documents/{document.pk}/", sent, "application/json"), 400, "invalid")
            assert list(error["fields"]) == ["metadata"]
            body = {"file": SimpleUploadedFile("b.txt", b"milk"), "metadata": json.dumps(metadata)}
            error_of(api.post(f"{LIST}{document.collection_id}/documents/", body), 400, "invalid")
        assert Document.objects.count() == 1

    @pytest.mark.parametrize(
        "path",
        [
            LIST + "?cursor=%00",
            LIST + "{c}/members/a%00b/",
            LIST + "{c}/documents/?name=%00",
            "/api/v1/documents/{d}/file/?version=%00",
            "/search/?q=%00",
            "/documents/{d}/?version=%00",
        ],
    )
    def test_in_an_address(self, api: Client, add: Upload, path: str) -> None:
        document = add("a.txt", "tea")
        assert api.get(path.format(c=document.collection_id, d=document.pk)).status_code == 400

    def test_in_a_cookie(self, api: Client, settings: Any) -> None:
        api.cookies[settings.SESSION_COOKIE_NAME] = "aaaaaaaaaaa\0"
        assert api.get("/").status_code == 400

    @pytest.mark.parametrize("bad", ["%ED%A0%80", "%FF"])
    def test_bytes_that_are_no_utf_8_find_nothing(self, api: Client, add: Upload, bad: str) -> None:
        document = add("a.txt", "tea")
        assert api.get(f"{LIST}{document.collection_id}/documents/?name={bad}").json()["results"] == []
        assert api.get(f"{LIST}{document.collection_id}/members/{bad}/").status_code == 404
        assert api.get(f"{LIST}{document.collection_id}%00/").status_code == 400


class TestMetadata:
    """Limits on the size of metadata."""

    @pytest.mark.parametrize(
        "metadata",
        [
            {f"k{number}": 1 for number in range(51)},
            {"": 1},
            {"k" * 101: 1},
            {"k": "v" * 1001},
            {"k": ["v"] * 101},
            {"k": ["v" * 1001]},
            {"k": 10**400},
            {"k": {"deep": 1}},
        ],
    )
    def test_too_much_is_refused(self, api: Client, add: Upload, metadata: dict[str, Any]) -> None:
        document = add("a.txt", "tea")
        answer = api.patch(f"/api/v1/documents/{document.pk}/", {"metadata": metadata}, "application/json")
        assert list(error_of(answer, 400, "invalid")["fields"]) == ["metadata"]

    @pytest.mark.parametrize("number", ["1e999", "-1e999"])
    def test_numbers_are_finite(self, api: Client, add: Upload, number: str) -> None:
        path = f"/api/v1/documents/{add('a.txt', 'tea').pk}/"
        answer = api.patch(path, f'{{"metadata": {{"k": {number}}}}}', "application/json")
        assert list(error_of(answer, 400, "invalid")["fields"]) == ["metadata"]

    @pytest.mark.parametrize("metadata", ["NaN", '{"k": NaN}', '{"k": Infinity}', "[" * 100_000])
    def test_they_are_refused_in_a_multipart_body_too(self, api: Client, collection: Collection, metadata: str) -> None:
        body = {"file": SimpleUploadedFile("a.txt", b"tea"), "metadata": metadata}
        error = error_of(api.post(f"{LIST}{collection.pk}/documents/", body), 400, "invalid")
        assert list(error["fields"]) == ["metadata"]

    def test_up_to_the_limits_it_is_kept(self, api: Client, add: Upload) -> None:
        metadata = {f"k{number}": "v" * 1000 for number in range(48)}
        metadata |= {"键" * 100: ["值"] * 100, "n": 10**17}  # type: ignore[dict-item]
        document = add("a.txt", "tea")
        answer = api.patch(f"/api/v1/documents/{document.pk}/", {"metadata": metadata}, "application/json")
        assert (answer.status_code, answer.json()["metadata"]) == (200, metadata)


class TestCursors:
    @pytest.mark.parametrize("limit", ["0", "-1", "501", "x", "", "1e3", "9" * 30])
    def test_a_wrong_limit(self, api: Client, limit: str) -> None:
        error = error_of(api.get(f"{LIST}?limit={limit}"), 400, "invalid")
        assert list(error["fields"]) == ["limit"]

    @pytest.mark.parametrize(
        "place", ["p=%00", "p=2024-01-01", "p=x", "p=" + "9" * 40, "p=1%00", "o=x", "r=x", "o=-1", "p=\xe9"]
    )
    def test_a_wrong_cursor(self, api: Client, ready: Upload, place: str) -> None:
        document = ready("a.txt", "tea")
        cursor = quote(b64encode(place.encode("latin-1")).decode())
        lists = [
            f"/api/v1/collections/{document.collection_id}/documents/",
            f"/api/v1/documents/{document.pk}/passages/",
            f"/api/v1/documents/{document.pk}/versions/",
        ]
        for path in lists:
            answer = api.get(f"{path}?cursor={cursor}")
            assert list(error_of(answer, 400, "invalid")["fields"]) == ["cursor"]
        named = api.get(f"{LIST}?cursor={cursor}")
        assert named.status_code == (200 if place in ("p=2024-01-01", "p=x", "p=" + "9" * 40) else 400)

    @pytest.mark.parametrize("cursor", ["x", "é", "%F0%9F%98%80"])
    def test_what_is_no_cursor(self, api: Client, cursor: str) -> None:
        error_of(api.get(f"{LIST}?cursor={cursor}"), 400, "invalid")
