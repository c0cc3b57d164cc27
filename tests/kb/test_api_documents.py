import hashlib
import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks as OnCommit
from pytest_django import Settings

from kb.library import documents
from kb.models import Collection, Document, Status, Version
from kb.storage import files
from retrieval.models import Passage
from tests.conftest import Upload, new_collection, signed_in, statements

SOUP = b"---\ntitle: Soup\n---\n# Broth\n\nBoil the bones.\n\n## Salt\n\nA pinch of salt.\n"


@pytest.fixture
def api(alice: User) -> Client:
    return signed_in(alice)


def send(api: Client, collection: Collection, *named: tuple[str, bytes], **fields: str) -> Any:
    parts = [SimpleUploadedFile(name, content) for name, content in named]
    return api.post(f"/api/v1/collections/{collection.pk}/documents/", {"file": parts, **fields})


class TestUpload:
    def test_several_files_are_accepted_and_queued(self, api: Client, collection: Collection) -> None:
        answer = send(api, collection, ("a.md", SOUP), ("b.txt", b"Tea."), metadata='{"year": 2024, "tags": ["hot"]}')
        assert answer.status_code == 202
        first, second = answer.json()["results"]
        assert first | {"id": "", "created_at": ""} == {
            "id": "",
            "collection": collection.pk,
            "name": "a.md",
            "media_type": "text/markdown",
            "size": len(SOUP),
            "sha256": hashlib.sha256(SOUP).hexdigest(),
            "status": "queued",
            "progress": {"stage": "queued", "done": 0, "total": 0},
            "error": None,
            "version": 1,
            "metadata": {"year": 2024, "tags": ["hot"]},
            "page_count": None,
            "unread_pages": 0,
            "preset": "",
            "split_by": "",
            "passage_count": 0,
            "created_at": "",
            "ready_at": None,
            "duplicate": False,
        }
        assert (second["name"], second["media_type"]) == ("b.txt", "text/plain")
        assert files.path_of(first["sha256"]).read_bytes() == SOUP

    def test_the_same_bytes_again_are_the_document_that_is_there(self, api: Client, collection: Collection) -> None:
        first = send(api, collection, ("a.md", SOUP)).json()["results"][0]
        again = send(api, collection, ("other-name.md", SOUP)).json()["results"][0]
        assert (again["id"], again["name"], again["duplicate"]) == (first["id"], "a.md", True)
        assert Document.objects.count() == 1

    def test_the_same_bytes_of_a_failed_one_retry_it(self, api: Client, collection: Collection, ready: Upload) -> None:
        failed = ready("empty.txt", b" ")
        assert failed.newest.status == Status.FAILED
        again = send(api, collection, ("empty.txt", b" ")).json()["results"][0]
        assert (again["id"], again["status"], again["duplicate"]) == (failed.pk, "queued", True)

    @pytest.mark.parametrize("metadata", ["[1]", '{"a": {"b": 1}}', '{"a": [1]}', '{"a": null}', "no json"])
    def test_metadata_of_another_shape_is_refused_before_anything_is_kept(
        self, api: Client, collection: Collection, metadata: str
    ) -> None:
        answer = send(api, collection, ("a.md", SOUP), metadata=metadata)
        assert answer.status_code == 400
        assert "metadata" in answer.json()["error"]["fields"]
        assert not Document.objects.exists()
        assert list(files.kept()) == []

    def test_without_a_file_it_says_what_to_send(self, api: Client, collection: Collection) -> None:
        answer = send(api, collection)
        assert answer.status_code == 400
        assert "multipart" in answer.json()["error"]["fields"]["file"][0]

    def test_one_file_over_the_limit_refuses_the_request(
        self, api: Client, collection: Collection, settings: Settings
    ) -> None:
        settings.MAX_FILE_BYTES = 1024**2
        answer = send(api, collection, ("a.md", SOUP), ("big.txt", b"x" * (1024**2 + 1)))
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
        assert "big.txt" in answer.json()["error"]["message"]
        assert not Document.objects.exists()

    def test_too_many_files_are_refused(self, api: Client, collection: Collection, settings: Settings) -> None:
        settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
        answer = send(api, collection, *[(f"{n}.txt", b"x") for n in range(3)])
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_many_files")

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("../../etc/passwd", "passwd"),
            ("a\x00b\n.md", "ab.md"),
            ("x" * 300 + ".md", "x" * 252 + ".md"),
            (" .md", ".md"),
            ("Plan\u00a03 at 9.05\u202fAM\u3000new\tone.txt", "Plan 3 at 9.05 AM new one.txt"),
            ("no\u200bspace.md", "nospace.md"),
        ],
    )
    def test_a_name_is_only_a_label(self, given: str, kept: str) -> None:
        assert documents._name(given) == kept


class TestRead:
    def test_a_ready_document_tells_its_numbers(self, api: Client, ready: Upload) -> None:
        document = ready("a.md", SOUP)
        shown = api.get(f"/api/v1/documents/{document.pk}/").json()
        assert (shown["status"], shown["passage_count"], shown["page_count"]) == ("ready", 2, None)
        assert shown["ready_at"] is not None

    def test_a_failed_one_tells_why_and_what_to_do(self, api: Client, ready: Upload) -> None:
        document = ready("a.txt", b"\n")
        error = api.get(f"/api/v1/documents/{document.pk}/").json()["error"]
        assert error["code"] == "no_text"
        assert "OCR" in error["message"]

    def test_text_and_sections(self, api: Client, ready: Upload) -> None:
        document = ready("a.md", SOUP)
        shown = api.get(f"/api/v1/documents/{document.pk}/text/").json()
        assert (shown["version"], shown["page_starts"]) == (1, [])
        broth, salt = shown["sections"]
        assert (broth["title"], broth["level"], broth["parent"]) == ("Broth", 1, None)
        assert (salt["title"], salt["level"], salt["parent"]) == ("Salt", 2, broth["id"])
        assert shown["text"][salt["start"] : salt["end"]].startswith("Salt\n")

    def test_passages_are_pieces_of_the_text_in_order(self, api: Client, ready: Upload) -> None:
        document = ready("a.md", SOUP)
        text = api.get(f"/api/v1/documents/{document.pk}/text/").json()["text"]
        passages = api.get(f"/api/v1/documents/{document.pk}/passages/").json()["results"]
        assert [passage["heading_path"] for passage in passages] == [["Broth"], ["Broth", "Salt"]]
        assert all(text[passage["start"] : passage["end"]] == passage["text"] for passage in passages)

    def test_offsets_count_code_points(self, api: Client, ready: Upload) -> None:
        document = ready("a.txt", "😀 emoji first. 中文在后。".encode())
        (passage,) = api.get(f"/api/v1/documents/{document.pk}/passages/").json()["results"]
        assert passage["end"] == len("😀 emoji first. 中文在后。")

    def test_before_it_is_ready_there_is_no_text(self, api: Client, add: Upload) -> None:
        answer = api.get(f"/api/v1/documents/{add('a.md', SOUP).pk}/text/")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_ready")

    @pytest.mark.parametrize("version", ["2", "0", "x", "-1", "9" * 30])
    def test_a_version_that_is_not_there(self, api: Client, ready: Upload, version: str) -> None:
        document = ready("a.md", SOUP)
        assert api.get(f"/api/v1/documents/{document.pk}/text/?version={version}").status_code == 404
        assert api.get(f"/api/v1/documents/{document.pk}/file/?version={version}").status_code == 404

    async def _body(self, response: Any) -> bytes:
        return b"".join([block async for block in response])

    def test_the_file_comes_back_as_an_attachment(self, api: Client, ready: Upload) -> None:
        document = ready("汤.md", SOUP)
        answer = api.get(f"/api/v1/documents/{document.pk}/file/")
        assert async_to_sync(self._body)(answer) == SOUP
        assert answer["Content-Disposition"] == "attachment; filename*=utf-8''%E6%B1%A4.md"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]

    @pytest.mark.parametrize("name", ["page.html", "script.js", "style.css", "data.xml"])
    def test_what_a_browser_would_run_comes_back_as_bytes(self, name: str, api: Client, ready: Upload) -> None:
        answer = api.get(f"/api/v1/documents/{ready(name, b'<p>some text').pk}/file/")
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'

    def test_the_list_filters_by_status(self, api: Client, collection: Collection, ready: Upload, add: Upload) -> None:
        ready("a.md", SOUP)
        add("b.txt", b"Tea.")
        url = f"/api/v1/collections/{collection.pk}/documents/"
        assert [one["name"] for one in api.get(f"{url}?status=ready").json()["results"]] == ["a.md"]
        assert [one["name"] for one in api.get(url).json()["results"]] == ["b.txt", "a.md"]
        assert api.get(f"{url}?status=lost").status_code == 400

    def test_the_list_takes_as_many_queries_for_many_as_for_one(
        self, api: Client, collection: Collection, add: Upload
    ) -> None:
        add("a.txt", b"a")
        few = statements(api, f"/api/v1/collections/{collection.pk}/documents/")
        for number in range(10):
            add(f"{number}.txt", str(number))
        assert statements(api, f"/api/v1/collections/{collection.pk}/documents/") == few


class TestChange:
    def test_name_and_metadata(self, api: Client, ready: Upload) -> None:
        document = ready("a.md", SOUP)
        change = {"name": "Soup.md", "metadata": {"year": 2025}, "sha256": "0"}
        answer = api.patch(f"/api/v1/documents/{document.pk}/", change, "application/json")
        assert answer.status_code == 200
        assert (answer.json()["name"], answer.json()["metadata"]) == ("Soup.md", {"year": 2025})
        assert answer.json()["sha256"] == document.newest.sha256

    def test_delete_leaves_nothing(self, api: Client, ready: Upload, on_commit: OnCommit) -> None:
        document = ready("a.md", SOUP)
        with on_commit(execute=True):
            assert api.delete(f"/api/v1/documents/{document.pk}/").status_code == 204
        assert not Version.objects.exists()
        assert not Passage.objects.exists()
        with connection.cursor() as cursor:
            for table in ("passagevector", "segment", "posting"):
                cursor.execute(f"SELECT count(*) FROM retrieval_{table}")
                assert cursor.fetchone() == (0,)
        assert list(files.kept()) == []

    def test_bytes_that_another_document_names_stay(
        self,
        api: Client,
        ready: Upload,
        alice: User,
        on_commit: OnCommit,
    ) -> None:
        first = ready("a.md", SOUP)
        ready("a.md", SOUP, to=new_collection(alice, "Other"))
        with on_commit(execute=True):
            api.delete(f"/api/v1/documents/{first.pk}/")
        assert list(files.kept()) == [hashlib.sha256(SOUP).hexdigest()]

    def test_retry_queues_a_failed_one_again(self, api: Client, ready: Upload) -> None:
        document = ready("a.txt", b"")
        answer = api.post(f"/api/v1/documents/{document.pk}/retry/")
        assert (answer.status_code, answer.json()["status"], answer.json()["error"]) == (202, "queued", None)

    def test_retry_leaves_a_ready_one_alone(self, api: Client, ready: Upload) -> None:
        document = ready("a.md", SOUP)
        assert api.post(f"/api/v1/documents/{document.pk}/retry/").json()["status"] == "ready"

    def test_json_is_what_a_wrong_body_gets_back(self, api: Client, ready: Upload) -> None:
        document = ready("a.md", SOUP)
        answer = api.patch(f"/api/v1/documents/{document.pk}/", json.dumps({"name": ""}), "application/json")
        assert answer.json()["error"]["fields"] == {"name": ["This field may not be blank."]}
