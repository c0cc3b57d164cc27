"""The browser's pages without a browser: what they show, and that they work without JavaScript."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from django.test import Client
from pytest_django import Settings

from kb.indexing.progress import status_counts
from kb.models import Collection, Document, Status, Version
from kb.views import documents as views
from tests.conftest import Upload, new_collection, signed_in, statements
from tests.engines import WordsEngine


@pytest.fixture
def browser(alice: User) -> Client:
    return signed_in(alice)


class Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of(html: bytes) -> str:
    parser = Words()
    parser.feed(html.decode())
    return " ".join(" ".join(parser.parts).split())


def page(browser: Client, path: str, status: int = 200) -> str:
    response = browser.get(path)
    assert response.status_code == status
    return text_of(response.content)


class TestOddRequests:
    @pytest.mark.parametrize(
        "path", ["/search/?q=%00", "/search/?q=x&collection=%00", "/?x=%00", "/api/v1/collections/?cursor=%00"]
    )
    def test_nul_characters_are_refused(self, browser: Client, path: str) -> None:
        assert browser.get(path).status_code == 400

    def test_pages_answer_to_head(self, browser: Client) -> None:
        assert browser.head("/").status_code == 200

    def test_too_many_files_are_refused_with_a_sentence(
        self, browser: Client, collection: Collection, settings: Settings
    ) -> None:
        settings.DATA_UPLOAD_MAX_NUMBER_FILES = 1
        files = [SimpleUploadedFile(f"{n}.txt", b"tea") for n in range(2)]
        answer = browser.post(f"/collections/{collection.pk}/upload/", {"files": files})
        assert answer.status_code == 413
        assert "Send them in several uploads." in text_of(answer.content)

    def test_going_back_htmx_gets_the_whole_page(self, browser: Client) -> None:
        part = browser.get("/search/?q=tea", headers={"HX-Request": "true"})
        whole = browser.get("/search/?q=tea", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
        assert b"<form" not in part.content
        assert b"<form" in whole.content
        assert "HX-Request" in part["Vary"]

    def test_our_own_error_needs_no_database(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        browser = signed_in(alice)
        browser.raise_request_exception = False

        def away(*args: object, **options: object) -> None:
            raise OperationalError("connection refused")

        with monkeypatch.context() as patched:
            patched.setattr(CursorWrapper, "execute", away)
            answer = browser.get("/")
        assert answer.status_code == 500
        assert "Something went wrong on the server" in text_of(answer.content)


class TestSignIn:
    def test_signing_in_and_out(self, alice: User) -> None:
        browser = Client()
        answer = browser.post("/sign-in/?next=/search/", {"username": "alice", "password": "correct horse"})
        assert (answer.status_code, answer["Location"]) == (302, "/search/")
        assert browser.get("/").status_code == 200
        browser.post("/sign-out/")
        assert browser.get("/").status_code == 302

    def test_a_wrong_password_is_said(self, alice: User) -> None:
        answer = Client().post("/sign-in/", {"username": "alice", "password": "wrong"})
        assert "Please enter a correct username and password" in text_of(answer.content)

    def test_nobody_is_sent_elsewhere(self, alice: User) -> None:
        answer = Client().post("/sign-in/?next=//evil.example/", {"username": "alice", "password": "correct horse"})
        assert answer["Location"] == "/"


class TestSafety:
    def test_every_page_carries_the_policy(self, browser: Client) -> None:
        for path in ("/", "/search/", "/sign-in/", "/nothing/"):
            policy = browser.get(path)["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "script-src 'self'" in policy
            assert "unsafe" not in policy

    def test_a_form_without_its_secret_is_refused(self, alice: User) -> None:
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(alice)
        assert browser.post("/collections/new/", {"name": "x"}).status_code == 403
        call = browser.post("/api/v1/collections/", {"name": "x"}, "application/json")
        assert call.status_code == 403
        assert not Collection.objects.exists()

    def test_what_a_document_holds_is_never_markup(self, browser: Client, ready: Upload) -> None:
        evil = "<script>alert(1)</script> tea"
        document = ready("<b>x.txt", evil)
        for path in (f"/documents/{document.pk}/", "/search/?q=tea", f"/collections/{document.collection_id}/"):
            html = browser.get(path).content
            assert b"<script>alert" not in html
            assert b"<b>x" not in html


class TestLibrary:
    def test_lists_what_may_be_read(self, browser: Client, collection: Collection, ready: Upload) -> None:
        ready("a.txt", "tea")
        assert "Recipes 1 document 1 passage" in page(browser, "/")

    def test_when_empty_says_how_to_begin(self, browser: Client) -> None:
        assert "Create the first one" in page(browser, "/")

    def test_as_many_queries_for_many_as_for_one(self, browser: Client, alice: User) -> None:
        new_collection(alice, "one")
        few = statements(browser, "/")
        for number in range(10):
            new_collection(alice, f"more {number}")
        assert statements(browser, "/") == few

    def test_make_change_and_remove_a_collection(self, browser: Client) -> None:
        made = browser.post("/collections/new/", {"name": "Teas", "description": "Hot"})
        collection = Collection.objects.get()
        assert made["Location"] == f"/collections/{collection.pk}/"
        changed = {"name": "Teas and herbs", "everyone_may_read": "on", "preset": "auto"}
        browser.post(f"/collections/{collection.pk}/edit/", changed)
        collection.refresh_from_db()
        assert (collection.name, collection.everyone_may_read) == ("Teas and herbs", True)
        assert "Remove “Teas and herbs”?" in page(browser, f"/collections/{collection.pk}/remove/")
        browser.post(f"/collections/{collection.pk}/remove/")
        assert "Teas" not in page(browser, "/")

    def test_the_engine_is_chosen_by_the_language_of_the_documents(self, browser: Client, settings: Settings) -> None:
        shown = page(browser, "/collections/new/")
        assert "Any language (multilingual-e5-small)" in shown
        assert "English (all-MiniLM-L6-v2)" in shown
        browser.post("/collections/new/", {"name": "文集", "engine": "e5"})
        browser.post("/collections/new/", {"name": "Not asked"})
        chosen = {one.name: one.generation.engine for one in Collection.objects.select_related("generation")}
        assert chosen == {"文集": "e5", "Not asked": "words"}
        answer = browser.post("/collections/new/", {"name": "Wrong", "engine": "none"})
        assert "Select a valid choice." in text_of(answer.content)
        settings.ENGINES = {"words": settings.ENGINES["words"]}
        assert 'name="engine"' not in page(browser, "/collections/new/")

    def test_a_collection_needs_a_name(self, browser: Client) -> None:
        answer = browser.post("/collections/new/", {"name": ""})
        assert "This field is required." in text_of(answer.content)


class TestUpload:
    def send(self, browser: Client, collection: Collection, *named: tuple[str, bytes], **headers: str) -> Any:
        files = [SimpleUploadedFile(name, content) for name, content in named]
        return browser.post(f"/collections/{collection.pk}/upload/", {"files": files}, headers=headers, follow=True)

    def test_the_plain_form_takes_several_files(self, browser: Client, collection: Collection) -> None:
        answer = self.send(browser, collection, ("a.txt", b"tea"), ("b.txt", b"milk"))
        shown = text_of(answer.content)
        assert "a.txt" in shown
        assert "b.txt" in shown
        assert "0 of 2 documents done" in shown
        assert Version.objects.values("batch").distinct().count() == 1

    def test_duplicates_are_reported(self, browser: Client, collection: Collection) -> None:
        self.send(browser, collection, ("a.txt", b"tea"))
        answer = self.send(browser, collection, ("a.txt", b"tea"))
        assert "1 file exists already." in text_of(answer.content)

    def test_an_upload_without_files_is_refused(self, browser: Client, collection: Collection) -> None:
        answer = self.send(browser, collection)
        assert answer.status_code == 422
        assert "Choose at least one file." in text_of(answer.content)

    def test_a_file_over_the_limit_is_said(self, browser: Client, collection: Collection, settings: Settings) -> None:
        settings.MAX_FILE_BYTES = 1024**2
        answer = self.send(browser, collection, ("big.txt", b"x" * (1024**2 + 1)))
        assert "big.txt is larger than 1 MB" in text_of(answer.content)
        assert not Document.objects.exists()

    def test_the_script_gets_a_row_and_the_state_of_the_upload(self, browser: Client, collection: Collection) -> None:
        answer = self.send(browser, collection, ("a.txt", b"tea"), **{"X-Upload": "1"})
        html = answer.content.decode()
        assert html.lstrip().startswith("<li")
        assert 'id="live"' in html
        assert "hx-get" in html


class TestProgress:
    def test_watched_rows_and_the_whole_come_back(
        self, browser: Client, collection: Collection, ready: Upload, add: Upload
    ) -> None:
        done, waiting = ready("a.txt", "tea", batch="b1"), add("b.txt", "milk", batch="b1")
        ready("empty.txt", b"", batch="b1")
        html = browser.get(f"/collections/{collection.pk}/progress/?watch={done.pk}&watch={waiting.pk}").content
        assert "2 of 3 documents done · 1 failed" in text_of(html)
        assert html.count(b"<li") == 2
        assert b"hx-get" in html.partition(b"<li")[0]

    def test_when_all_is_done_nobody_asks_again(self, browser: Client, collection: Collection, ready: Upload) -> None:
        ready("a.txt", "tea", batch="b1")
        html = browser.get(f"/collections/{collection.pk}/progress/?batch=b1").content
        assert "1 document done" in text_of(html)
        assert b"hx-get" not in html

    def test_more_rows_than_one_answer_takes_are_asked_for_again(
        self, browser: Client, collection: Collection, ready: Upload, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(views, "WATCHED_AT_ONCE", 1)
        ids = [ready(f"{n}.txt", f"tea {n}").pk for n in range(2)]
        path = f"/collections/{collection.pk}/progress/"
        assert b"hx-get" in browser.get(path, {"watch": ids}).content
        assert b"hx-get" not in browser.get(path, {"watch": ids[1:]}).content

    def test_a_row_that_is_retried_is_followed(self, browser: Client, ready: Upload) -> None:
        document = ready("a.txt", b"")
        answer = browser.post(f"/documents/{document.pk}/retry/", headers={"HX-Request": "true"})
        assert b"hx-get" in answer.content
        assert "Waiting" in text_of(answer.content)

    def test_it_is_followed_also_if_a_worker_was_done_before_the_answer(
        self, browser: Client, ready: Upload, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        document = ready("a.txt", b"")
        monkeypatch.setattr(views, "status_counts", lambda collection: {**status_counts(collection), "queued": 0})
        answer = browser.post(f"/documents/{document.pk}/retry/", headers={"HX-Request": "true"})
        assert "Waiting" in text_of(answer.content)
        assert b"hx-get" in answer.content.partition(b"<li")[0]

    def test_a_page_without_script_reloads_itself_only_while_work_goes_on(
        self, browser: Client, collection: Collection, add: Upload
    ) -> None:
        path = f"/collections/{collection.pk}/"
        assert b"http-equiv" not in browser.get(path).content
        add("a.txt", "tea")
        assert b'<noscript><meta http-equiv="refresh"' in browser.get(path).content


class TestCollection:
    def test_a_failed_document_says_why_and_what_to_do(
        self, browser: Client, collection: Collection, ready: Upload
    ) -> None:
        ready("scan.txt", b"")
        shown = page(browser, f"/collections/{collection.pk}/?status=failed")
        assert "The file holds no text. It is empty, or its pages are pictures." in shown
        assert "Retry all failed" in shown

    def test_retry_all_failed(self, browser: Client, collection: Collection, ready: Upload) -> None:
        ready("a.txt", b"")
        ready("b.txt", b" ")
        kept = ready("c.txt", b"tea")
        answer = browser.post(f"/collections/{collection.pk}/retry/", follow=True)
        assert "Retrying 2 documents." in text_of(answer.content)
        assert set(Version.objects.exclude(pk=kept.newest.pk).values_list("status", flat=True)) == {Status.QUEUED}
        assert Version.objects.get(pk=kept.newest.pk).status == Status.READY

    def test_retry_and_remove_one(self, browser: Client, collection: Collection, ready: Upload) -> None:
        document = ready("a.txt", b"")
        browser.post(f"/documents/{document.pk}/retry/")
        assert Version.objects.get().status == Status.QUEUED
        assert "Remove “a.txt”?" in page(browser, f"/documents/{document.pk}/remove/")
        assert browser.post(f"/documents/{document.pk}/remove/")["Location"] == f"/collections/{collection.pk}/"
        assert not Document.objects.exists()

    def test_as_many_queries_for_many_as_for_one(self, browser: Client, collection: Collection, add: Upload) -> None:
        add("a.txt", "tea")
        few = statements(browser, f"/collections/{collection.pk}/")
        for number in range(10):
            add(f"{number}.txt", f"tea {number}")
        assert statements(browser, f"/collections/{collection.pk}/") == few

    def test_many_documents_come_in_pages(self, browser: Client, collection: Collection, add: Upload) -> None:
        for number in range(51):
            add(f"{number}.txt", f"tea {number}")
        first = page(browser, f"/collections/{collection.pk}/")
        assert "1 of 2 Older" in first
        assert "0.txt" in page(browser, f"/collections/{collection.pk}/?page=2")

    def test_a_viewer_sees_no_way_to_change_it(self, collection: Collection, ready: Upload, bob: User) -> None:
        ready("a.txt", "")
        html = signed_in(bob).get(f"/collections/{collection.pk}/").content
        for word in (b"Drop files", b"Settings", b"Remove", b"Retry"):
            assert word not in html


class TestSearch:
    def test_results_mark_the_words_and_open_the_place(self, browser: Client, ready: Upload) -> None:
        ready("soup.md", "# Broth\n\nBoil the bones for hours.")
        html = browser.get("/search/?q=how+to+boil+bones").content.decode()
        assert "<mark>Boil</mark> the <mark>bones</mark> for hours." in html
        assert "start=7&amp;end=32&amp;q=how+to+boil+bones&amp;" in html

    def test_nothing_found_says_what_may_help(self, browser: Client, collection: Collection) -> None:
        assert "Nothing was found." in page(browser, "/search/?q=tea")

    def test_an_engine_that_is_away_is_said(self, browser: Client, ready: Upload, engine: WordsEngine) -> None:
        ready("a.txt", "tea")
        engine.away = True
        assert "An embedding engine does not answer now" in page(browser, "/search/?q=tea")

    def test_htmx_gets_the_results_alone(self, browser: Client, ready: Upload) -> None:
        ready("a.txt", "tea")
        html = browser.get("/search/?q=tea", headers={"HX-Request": "true"}).content
        assert b"<html" not in html
        assert b"a.txt" in html


class TestReading:
    def test_a_document_on_its_way_says_so(self, browser: Client, add: Upload) -> None:
        assert "It is being processed." in page(browser, f"/documents/{add('a.txt', 'tea').pk}/")

    def test_a_failed_one_says_why(self, browser: Client, ready: Upload) -> None:
        assert "The file holds no text." in page(browser, f"/documents/{ready('a.txt', b'').pk}/")

    def test_a_long_text_comes_in_windows(self, browser: Client, ready: Upload) -> None:
        document = ready("long.txt", "\n\n".join(f"Paragraph {n} " + "word " * 40 for n in range(1000)))
        first = page(browser, f"/documents/{document.pk}/")
        assert "Paragraph 0 " in first
        assert "Paragraph 999 " not in first
        assert "Show later text" in first
        middle = page(browser, f"/documents/{document.pk}/?start=100000&end=100010")
        assert "Show earlier text" in middle
        assert "Paragraph 0 " not in middle

    @pytest.mark.parametrize(
        "query", ["start=5", "start=9999999&end=99999999", "start=x&end=y", "from=-1", "from=99999", "start=9&end=2"]
    )
    def test_a_place_that_is_none_shows_the_text_all_the_same(self, browser: Client, ready: Upload, query: str) -> None:
        assert "tea with milk" in page(browser, f"/documents/{ready('a.txt', 'tea with milk').pk}/?{query}")
