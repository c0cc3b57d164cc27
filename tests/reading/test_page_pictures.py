"""Citations of PDFs: the page as a picture, marked lines, and the way to the next hit."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from kb.models import Document, VersionText
from kb.reading import page_pictures
from kb.storage import files
from tests.conftest import Upload, signed_in
from tests.parsing.test_pdf import encrypted, pdf
from tests.reading.pdfs import endless, of_pages, without_second_page

PAGES = (
    [(40.0, 60.0, "Lamps burn oil in the lower room."), (40.0, 76.0, "They are lit at dusk.")],
    [(40.0, 60.0, "Ferries carry salt at night."), (40.0, 76.0, "They leave at ten.")],
)


@pytest.fixture
def browser(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def book(ready: Upload) -> Document:
    return ready("book.pdf", of_pages(*PAGES))


def put(document: Document, data: bytes) -> None:
    """Replaces a document's stored file after it was parsed."""
    files.path_of(document.newest.sha256).write_bytes(data)


def span(document: Document, words: str) -> str:
    start = VersionText.objects.get(version=document.latest).text.index(words)
    return f"start={start}&end={start + len(words)}"


def html(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def link(page: str, name: str) -> str:
    found = re.search(rf'href="([^"]*)"[^>]*>{name}</a>', page)
    assert found is not None, name
    return found[1]


def test_the_text_leads_to_the_page_and_back(browser: Client, book: Document) -> None:
    place = f"/documents/{book.pk}/?version=1&{span(book, 'Ferries carry salt')}"
    page = link(html(browser, place), "Page")
    assert page.startswith(f"/documents/{book.pk}/pages/2/?version=1&start=")
    assert link(html(browser, page), "Text") == f"{place}#passage"


def test_the_lines_of_the_passage_are_marked(browser: Client, book: Document) -> None:
    words = "burn oil in the lower room."
    shown = html(browser, f"/documents/{book.pk}/pages/1/?{span(book, words)}")
    assert shown.count("<rect") == 1
    assert 'aria-label="The passage, 1 line"' in shown
    assert f'src="/documents/{book.pk}/pages/1/picture/?version=1" width="1400" height="1960"' in shown


def test_a_passage_over_a_page_break_leads_from_one_page_to_the_other(browser: Client, book: Document) -> None:
    text = VersionText.objects.get(version=book.latest).text
    query = f"start={text.index('They are lit')}&end={text.index(' carry salt')}"
    first = html(browser, f"/documents/{book.pk}/pages/1/?{query}")
    assert first.count("<rect") == 1
    second = html(browser, link(first, "The passage is also on page 2"))
    assert second.count("<rect") == 1
    assert "The passage is also on page 1" in second


def test_another_page_says_where_the_passage_is(browser: Client, book: Document) -> None:
    shown = html(browser, f"/documents/{book.pk}/pages/2/?{span(book, 'Lamps')}")
    assert "<rect" not in shown
    assert link(shown, "The passage is on page 1").endswith("#passage")


def test_lines_that_are_not_found_are_said(browser: Client, book: Document) -> None:
    VersionText.objects.update(text="Something else altogether stands here.", page_starts=[0, 38])
    assert "its lines were not found on the picture" in html(browser, f"/documents/{book.pk}/pages/1/?start=0&end=9")


def test_the_picture_is_a_picture_and_nothing_else(browser: Client, book: Document) -> None:
    answer = browser.get(f"/documents/{book.pk}/pages/1/picture/?version=1")
    assert answer.content.startswith(b"\xff\xd8")
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cache-Control"] == "private, no-cache"


def test_a_browser_that_kept_it_is_not_sent_it_again_and_asked_for_its_rights(
    browser: Client, book: Document, mallory: User
) -> None:
    address = f"/documents/{book.pk}/pages/1/picture/"
    kept = {"If-None-Match": browser.get(address)["ETag"]}
    assert browser.get(address, headers=kept).status_code == 304
    assert browser.get(address.replace("/1/", "/2/"), headers=kept).status_code == 200
    assert signed_in(mallory).get(address, headers=kept).status_code == 404


@pytest.mark.parametrize("number", [0, 3, 10**12])
def test_a_page_that_the_document_has_not_is_not_there(browser: Client, book: Document, number: int) -> None:
    for address in (f"/documents/{book.pk}/pages/{number}/", f"/documents/{book.pk}/pages/{number}/picture/"):
        assert browser.get(address).status_code == 404


def test_what_is_no_pdf_has_no_pages(browser: Client, ready: Upload) -> None:
    note = ready("note.md", "# Tea")
    assert ">Page</a>" not in html(browser, f"/documents/{note.pk}/")
    assert browser.get(f"/documents/{note.pk}/pages/1/").status_code == 404


def test_a_pdf_on_its_way_has_no_pages_yet(browser: Client, add: Upload) -> None:
    assert browser.get(f"/documents/{add('book.pdf', of_pages(*PAGES)).pk}/pages/1/").status_code == 404


def test_a_damaged_page_costs_a_sentence_and_the_others_nothing(browser: Client, book: Document) -> None:
    put(book, without_second_page(of_pages(*PAGES)))
    assert "This page is damaged and cannot be drawn." in html(browser, f"/documents/{book.pk}/pages/2/")
    broken = browser.get(f"/documents/{book.pk}/pages/2/picture/")
    assert (broken.status_code, broken["Content-Type"]) == (422, "text/plain")
    assert browser.get(f"/documents/{book.pk}/pages/1/picture/").status_code == 200


def test_a_password_is_said(browser: Client, book: Document) -> None:
    put(book, encrypted(pdf("tea"), user="the user's"))
    assert "The file opens only with a password" in html(browser, f"/documents/{book.pk}/pages/1/")


class TestSlow:
    @pytest.fixture(autouse=True)
    def hurried(self, settings: Settings) -> Iterator[None]:
        settings.PAGE_SECONDS = 1
        page_pictures.drawer().close()
        page_pictures.drawer.cache_clear()
        yield
        page_pictures.drawer().close()
        page_pictures.drawer.cache_clear()

    def test_a_page_that_takes_too_long_costs_a_sentence(self, browser: Client, book: Document) -> None:
        put(book, endless())
        assert "takes too much time or memory to draw" in html(browser, f"/documents/{book.pk}/pages/1/")


def test_as_many_queries_for_a_page_among_many(browser: Client, ready: Upload) -> None:
    def queries(document: Document, path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(f"/documents/{document.pk}/{path}").status_code == 200
        return len(captured)

    short, long = ready("short.pdf", of_pages(*PAGES)), ready("long.pdf", of_pages(*PAGES * 10))
    for path in ("", "pages/2/?start=5&end=90", "pages/2/picture/"):
        assert queries(short, path) == queries(long, path)
        assert queries(long, path) <= 7


class TestHits:
    @pytest.fixture
    def results(self, browser: Client, book: Document, ready: Upload) -> list[str]:
        """The addresses of two hits, the first in a PDF."""
        ready("note.md", "# Harbour\n\nFerries leave.")
        page = html(browser, "/search/?q=ferries+carry+salt")
        return re.findall(r'class="hit-source" href="([^"]*)"', page)

    def test_from_each_hit_the_next_is_one_step_away(self, browser: Client, results: list[str]) -> None:
        first = html(browser, results[0])
        assert "passage 1 of 2" in first
        after = re.search(r'href="([^"]*)" rel="next" data-follow="n"', first)
        assert after is not None
        second = html(browser, after[1])
        assert "passage 2 of 2" in second
        assert 'rel="next" data-follow="n"' not in second
        assert link(second, "All results") == "/search/?q=ferries+carry+salt&collection="

    def test_the_page_keeps_the_trail(self, browser: Client, results: list[str]) -> None:
        page = html(browser, link(html(browser, results[0]), "Page"))
        assert "passage 1 of 2" in page
        assert "passage 1 of 2" in html(browser, link(page, "Text"))

    def test_a_hit_that_one_may_not_see_is_not_there(self, results: list[str], mallory: User) -> None:
        assert [signed_in(mallory).get(address).status_code for address in results] == [404, 404]

    def test_an_invalid_trail_is_ignored(self, browser: Client, book: Document) -> None:
        assert "passage 1 of" not in html(browser, f"/documents/{book.pk}/?hits=x&hit=1")
