"""Scans where nothing recognises text: nobody may take what was not read for what is not there."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client

from kb.indexing import parse
from kb.models import Collection, Status
from kb.parsing.process import Parser
from tests.conftest import Upload, bearer, signed_in
from tests.parsing.pictures import picture_of, scan


@pytest.fixture(autouse=True)
def no_recognition(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with Parser(seconds=30, memory_bytes=2 * 1024**3, max_characters=10_000) as parser:
        monkeypatch.setattr(parse, "parser", lambda: parser)
        yield


def test_a_scan_is_refused_with_what_to_install(ready: Upload) -> None:
    version = ready("scan.pdf", scan(picture_of())).newest
    assert (version.status, version.error_code) == (Status.FAILED, "no_text")
    assert "Debian's tesseract-ocr and tesseract-ocr-chi-sim, and Footnote's extra ocr" in version.error_detail


def test_its_row_has_room_for_all_of_that(ready: Upload, collection: Collection, alice: User) -> None:
    ready("scan.pdf", scan(picture_of()))
    assert b"extra ocr)" in signed_in(alice).get(f"/collections/{collection.pk}/").content


def test_pages_that_were_not_read_are_told_wherever_the_document_is(
    ready: Upload, collection: Collection, alice: User
) -> None:
    document = ready("mixed.pdf", scan("The cover", "The preface", picture_of()))
    browser = signed_in(alice)
    assert b"1 page is a picture and was not read" in browser.get(f"/documents/{document.pk}/").content
    assert b"1 page not read" in browser.get(f"/collections/{collection.pk}/").content
    shown = Client(headers=bearer(alice)).get(f"/api/v1/documents/{document.pk}/").json()
    assert (shown["status"], shown["page_count"], shown["unread_pages"]) == ("ready", 3, 1)


def test_a_document_that_was_read_whole_says_nothing(ready: Upload, alice: User) -> None:
    document = ready("whole.pdf", scan("The cover"))
    assert b"not read" not in signed_in(alice).get(f"/documents/{document.pk}/").content
