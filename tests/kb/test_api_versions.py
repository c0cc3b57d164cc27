"""Replacing a document's file, and downloading it whole or in ranges."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from kb.indexing import parse
from kb.library import documents
from kb.models import Document
from kb.reading.downloads import Unsatisfiable, attachment, range_of
from tests.conftest import Upload, signed_in, statements

TEXT = b"Boil the bones."


@pytest.fixture
def api(alice: User) -> Client:
    return signed_in(alice)


def put(api: Client, document: Document, *contents: bytes, **fields: str) -> Any:
    files = [SimpleUploadedFile("next.md", content) for content in contents]
    body = encode_multipart(BOUNDARY, {"file": files, **fields})
    return api.put(f"/api/v1/documents/{document.pk}/file/", body, MULTIPART_CONTENT)


def body_of(response: Any) -> bytes:
    async def whole() -> bytes:
        return b"".join([block async for block in response])

    return async_to_sync(whole)()


class TestReplacing:
    def test_the_next_version_is_queued(self, api: Client, ready: Upload) -> None:
        document = ready("soup.md", TEXT)
        answer = put(api, document, b"Boil nothing.")
        assert answer.status_code == 202
        shown = answer.json()
        assert (shown["id"], shown["version"], shown["status"]) == (document.pk, 2, "queued")
        assert (shown["name"], shown["duplicate"]) == ("soup.md", False)
        parse.parse(Document.objects.get().newest.pk)
        assert api.get(f"/api/v1/documents/{document.pk}/text/").json()["text"] == "Boil nothing."
        assert api.get(f"/api/v1/documents/{document.pk}/text/?version=1").json()["text"] == TEXT.decode()

    def test_the_same_bytes_change_nothing(self, api: Client, ready: Upload) -> None:
        shown = put(api, ready("soup.md", TEXT), TEXT).json()
        assert (shown["version"], shown["status"], shown["duplicate"]) == (1, "ready", True)

    def test_one_file_it_is(self, api: Client, ready: Upload) -> None:
        document = ready("soup.md", TEXT)
        for answer in (put(api, document), put(api, document, b"a", b"b")):
            assert answer.status_code == 400
            assert list(answer.json()["error"]["fields"]) == ["file"]
        assert list(put(api, document, b"a", metadata="{}").json()["error"]["fields"]) == ["metadata"]
        assert document.versions.count() == 1

    def test_a_file_over_the_limit(self, api: Client, ready: Upload, settings: Settings) -> None:
        settings.MAX_FILE_BYTES = 10
        answer = put(api, ready("soup.md", b"tea"), b"x" * 11)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")

    def test_a_document_that_was_removed_meanwhile(
        self, api: Client, ready: Upload, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        document = ready("soup.md", TEXT)

        def removed(*_: object) -> None:
            raise Document.DoesNotExist

        monkeypatch.setattr(documents, "replace", removed)
        assert put(api, document, b"x").status_code == 404


class TestList:
    def test_versions_come_last_first(self, api: Client, ready: Upload) -> None:
        document = ready("soup.md", TEXT)
        put(api, document, b"Boil nothing.")
        second, first = api.get(f"/api/v1/documents/{document.pk}/versions/").json()["results"]
        assert (second["version"], second["filename"], second["status"]) == (2, "next.md", "queued")
        assert (first["version"], first["filename"], first["status"], first["error"]) == (1, "soup.md", "ready", None)

    def test_as_many_queries_for_many_as_for_one(self, api: Client, ready: Upload) -> None:
        document = ready("soup.md", TEXT)

        few = statements(api, f"/api/v1/documents/{document.pk}/versions/")
        for number in range(5):
            put(api, document, str(number).encode())
        assert statements(api, f"/api/v1/documents/{document.pk}/versions/") == few

    def test_in_pages(self, api: Client, ready: Upload) -> None:
        document = ready("soup.md", TEXT)
        put(api, document, b"Boil nothing.")
        page = api.get(f"/api/v1/documents/{document.pk}/versions/?limit=1").json()
        rest = api.get(page["next"]).json()
        assert [one["version"] for one in page["results"] + rest["results"]] == [2, 1]
        assert rest["next"] is None


class TestPassages:
    def test_as_many_queries_for_many_as_for_one(self, api: Client, ready: Upload) -> None:
        many = "".join(f"# Step {number}\n\nStir {number} times.\n\n" for number in range(9))
        one, nine = (ready(name, text) for name, text in (("one.md", TEXT), ("nine.md", many)))
        assert len({statements(api, f"/api/v1/documents/{document.pk}/passages/") for document in (one, nine)}) == 1


class TestRanges:
    @pytest.fixture
    def url(self, ready: Upload) -> str:
        return f"/api/v1/documents/{ready('soup.md', TEXT).pk}/file/"

    def test_the_whole_tells_that_ranges_work(self, api: Client, url: str) -> None:
        answer = api.get(url)
        assert (answer.status_code, body_of(answer)) == (200, TEXT)
        assert (answer["Accept-Ranges"], answer["Content-Length"]) == ("bytes", str(len(TEXT)))

    @pytest.mark.parametrize(
        ("wanted", "expected", "told"),
        [("bytes=0-3", b"Boil", "0-3/15"), ("bytes=9-", b"bones.", "9-14/15"), ("bytes=-6", b"bones.", "9-14/15")],
    )
    def test_a_range(self, api: Client, url: str, wanted: str, expected: bytes, told: str) -> None:
        answer = api.get(url, headers={"range": wanted})
        assert (answer.status_code, body_of(answer)) == (206, expected)
        assert answer["Content-Range"] == f"bytes {told}"
        assert answer["Content-Length"] == str(len(expected))

    def test_a_range_after_the_end(self, api: Client, url: str) -> None:
        answer = api.get(url, headers={"range": "bytes=15-"})
        assert (answer.status_code, answer["Content-Range"]) == (416, "bytes */15")
        assert answer.json()["error"]["code"] == "range_not_satisfiable"

    @pytest.mark.parametrize("wanted", ["bytes=0-1,4-5", "bytes=5-2", "lines=1-2", "bytes=", "bytes=a-b", ""])
    def test_what_is_no_single_range_brings_the_whole(self, api: Client, url: str, wanted: str) -> None:
        answer = api.get(url, headers={"range": wanted})
        assert (answer.status_code, body_of(answer)) == (200, TEXT)

    def test_a_download_goes_on_only_if_the_file_is_the_same(self, api: Client, url: str) -> None:
        whole = api.get(url)
        for same in (whole["ETag"], whole["Last-Modified"]):
            assert api.get(url, headers={"range": "bytes=4-", "if-range": same}).status_code == 206
        assert api.get(url, headers={"range": "bytes=4-", "if-range": '"other"'}).status_code == 200

    def test_what_the_client_has_is_not_sent_again(self, api: Client, url: str) -> None:
        whole = api.get(url)
        assert api.get(url, headers={"if-none-match": whole["ETag"]}).status_code == 304
        assert api.get(url, headers={"if-modified-since": whole["Last-Modified"]}).status_code == 304
        assert api.get(url, headers={"if-none-match": '"other"'}).status_code == 200

    def test_nobody_keeps_it_without_asking_again(self, api: Client, url: str, mallory: User) -> None:
        whole = api.get(url)
        assert whole["Cache-Control"] == "private, no-cache"
        assert signed_in(mallory).get(url, headers={"if-none-match": whole["ETag"]}).status_code == 404

    def test_head_tells_the_length(self, api: Client, url: str) -> None:
        answer = api.head(url, headers={"range": "bytes=0-3"})
        assert (answer.status_code, answer["Content-Length"]) == (200, str(len(TEXT)))

    def test_head_reads_nothing(self, ready: Upload) -> None:
        assert body_of(attachment(RequestFactory().head("/"), ready("soup.md", TEXT).newest)) == b""

    def test_it_comes_whatever_type_is_accepted(self, api: Client, url: str) -> None:
        assert api.get(url, headers={"accept": "text/markdown"}).status_code == 200

    def test_the_browsers_page_does_the_same(self, api: Client, url: str) -> None:
        answer = api.get(url.removeprefix("/api/v1"), headers={"range": "bytes=0-3"})
        assert (answer.status_code, body_of(answer)) == (206, b"Boil")

    @given(st.integers(0, 40), st.integers(0, 40) | st.none(), st.integers(0, 30))
    def test_a_range_is_what_slicing_says(self, first: int, last: int | None, size: int) -> None:
        content = bytes(range(size))
        try:
            found = range_of(f"bytes={first}-{'' if last is None else last}", size)
        except Unsatisfiable:
            assert content[first:] == b""
        else:
            assert found is None or content[slice(*found)] == content[first : None if last is None else last + 1] != b""
            assert (found is None) == (last is not None and last < first)

    @given(st.integers(0, 40), st.integers(0, 30))
    def test_a_suffix_is_what_slicing_says(self, length: int, size: int) -> None:
        content = bytes(range(size))
        try:
            start, end = range_of(f"bytes=-{length}", size) or (0, 0)
        except Unsatisfiable:
            assert length == 0 or size == 0
        else:
            assert content[start:end] == content[-length:]

    @given(st.text())
    def test_any_header_is_a_range_or_none(self, header: str) -> None:
        try:
            found = range_of(header, 10)
        except Unsatisfiable:
            return
        assert found is None or 0 <= found[0] < found[1] <= 10
