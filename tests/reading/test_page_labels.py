"""A page is shown with its document's own label, and with its number if they differ."""

from collections.abc import Sequence
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client
from fpdf import FPDF

from kb.models import Document, VersionText
from kb.templatetags.footnote import page, pages
from tests.conftest import Upload, signed_in

TEXTS = ("Ferries carry salt.", "Lamps burn oil.", "Bread needs flour.", "Boats need wind.")


@pytest.fixture
def browser(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def book(ready: Upload) -> Document:
    """Pages labelled i, ii, 3 and A-1, so short that they are one passage."""
    document = FPDF()
    document.set_font("helvetica")
    labels: Sequence[dict[str, object]] = (
        {"label_style": "r"},
        {},
        {"label_style": "D", "label_start": 3},
        {"label_style": "D", "label_prefix": "A-"},
    )
    for label, text in zip(labels, TEXTS, strict=True):
        document.add_page(**label)  # type: ignore[arg-type]
        document.cell(text=text)
    return ready("book.pdf", bytes(document.output()))


def html(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_a_label_and_the_number_leave_no_doubt() -> None:
    labels = ["i", "ii", "3", "4", "1"]
    assert page(2, labels) == "page ii (2 of 5)"
    assert page(3, labels) == "page 3"
    assert pages((1, 2), labels) == "pages i–ii (1–2 of 5)"
    assert pages((2, 3), labels) == "pages ii–3 (2–3 of 5)"
    assert pages((3, 4), labels) == "pages 3–4"
    assert pages(None, labels) == ""


def test_a_hit_tells_it(browser: Client, book: Document) -> None:
    assert '<span class="hit-page">pages i–A-1 (1–4 of 4)</span>' in html(browser, "/search/?q=ferries+carry+salt")


def test_the_text_tells_it_where_a_page_begins(browser: Client, book: Document) -> None:
    shown = html(browser, f"/documents/{book.pk}/")
    assert [
        name for name in ("page ii (2 of 4)", "page 3", "page A-1 (4 of 4)") if f"<span>{name}</span>" in shown
    ] == [
        "page ii (2 of 4)",
        "page 3",
        "page A-1 (4 of 4)",
    ]
    assert 'id="page-4"' in shown  # addresses count


def test_the_picture_of_a_page_tells_it(browser: Client, book: Document) -> None:
    second = html(browser, f"/documents/{book.pk}/pages/2/")
    assert "<span>page ii (2 of 4)</span>" in second
    assert 'alt="book.pdf, page ii (2 of 4); its words are in the text"' in second
    assert "<span>page 3 of 4</span>" in html(browser, f"/documents/{book.pk}/pages/3/")


def test_another_page_tells_where_the_passage_is(browser: Client, book: Document) -> None:
    start = VersionText.objects.get(version=book.latest).text.index(TEXTS[3])
    shown = html(browser, f"/documents/{book.pk}/pages/1/?start={start}&end={start + 5}")
    assert "The passage is on page A-1 (4 of 4)" in shown


def test_the_passages_tell_it(browser: Client, book: Document) -> None:
    assert "pages i–A-1 (1–4 of 4)" in html(browser, f"/documents/{book.pk}/passages/?preset=general")


def test_programs_get_both(browser: Client, book: Document) -> None:
    hits = browser.post("/api/v1/search/", {"query": "ferries carry salt"}, "application/json").json()["hits"]
    listed = browser.get(f"/api/v1/documents/{book.pk}/passages/").json()["results"]
    for passage in (hits[0]["passage"], listed[0]):
        assert (passage["pages"], passage["page_labels"]) == ([1, 4], ["i", "A-1"])
    assert browser.get(f"/api/v1/documents/{book.pk}/text/").json()["page_labels"] == ["i", "ii", "3", "A-1"]


def test_programs_get_numbers_where_there_are_no_labels(browser: Client, book: Document) -> None:
    VersionText.objects.update(page_labels=[])
    assert browser.get(f"/api/v1/documents/{book.pk}/passages/").json()["results"][0]["page_labels"] == ["1", "4"]
    assert browser.get(f"/api/v1/documents/{book.pk}/text/").json()["page_labels"] == ["1", "2", "3", "4"]


def test_programs_get_none_where_there_are_no_pages(browser: Client, ready: Upload) -> None:
    note = ready("note.md", "# Tea")
    assert browser.get(f"/api/v1/documents/{note.pk}/passages/").json()["results"][0]["page_labels"] is None
    assert browser.get(f"/api/v1/documents/{note.pk}/text/").json()["page_labels"] == []
