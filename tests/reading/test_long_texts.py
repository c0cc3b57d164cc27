"""A text may have twenty million characters. A page loads only what it shows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from kb.models import Document, VersionText
from tests.conftest import Upload, signed_in
from tests.reading.pdfs import of_pages

PARAGRAPH = "Ferries carry salt and mail at night; they leave at ten.\n\n"
CHARACTERS = 20_000_000
SOME = 150_000  # bytes


@contextmanager
def measured() -> Iterator[list[int]]:
    """The bytes that each statement fetches from the database."""
    sizes: list[int] = []

    def measure(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        done = execute(sql, params, many, context)
        rows = context["cursor"].cursor.pgresult
        values = (rows.get_value(row, column) for row in range(rows.ntuples) for column in range(rows.nfields))
        sizes.append(sum(len(value or b"") for value in values))
        return done

    with connection.execute_wrapper(measure):
        yield sizes


def lengthen(document: Document) -> None:
    """Makes the stored text very long; its second page begins in the middle."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE kb_versiontext SET text = repeat(%s, %s), page_starts = %s, sections = %s::jsonb",
            [
                PARAGRAPH,
                CHARACTERS // len(PARAGRAPH),
                [0, CHARACTERS // 2] if document.newest.page_count else [],
                '[{"level": 1, "title": "Ferries", "start": 0, "body": 0, "end": 20000000}]',
            ],
        )


@pytest.fixture
def browser(alice: User) -> Client:
    return signed_in(alice)


@pytest.mark.parametrize("query", ["", "?start=10000000&end=10000400", "?from=19990000", "?from=10000000&to=10050000"])
def test_its_text(browser: Client, ready: Upload, query: str) -> None:
    document = ready("long.txt", PARAGRAPH)
    lengthen(document)
    with measured() as sizes:
        shown = unescape(browser.get(f"/documents/{document.pk}/{query}").content.decode())
    assert shown.count("Ferries carry salt") > 100
    assert ("<mark" in shown) == ("start=" in query)
    assert sum(sizes) < SOME


def test_a_place_beyond_the_end_reads_little(browser: Client, ready: Upload) -> None:
    document = ready("long.txt", PARAGRAPH)
    lengthen(document)
    with measured() as sizes:
        shown = browser.get(f"/documents/{document.pk}/?start=30000000&end=30000010").content.decode()
    assert "Ferries carry salt" in shown
    assert sum(sizes) < 2 * SOME


def test_its_pages(browser: Client, ready: Upload) -> None:
    document = ready("long.pdf", of_pages([(40.0, 60.0, "Lamps")], [(40.0, 60.0, "Ferries carry salt and mail")]))
    lengthen(document)
    start = CHARACTERS // 2 + len(PARAGRAPH) - CHARACTERS // 2 % len(PARAGRAPH)
    with measured() as sizes:
        shown = browser.get(f"/documents/{document.pk}/pages/2/?start={start}&end={start + 18}").content.decode()
    assert "<svg" in shown
    assert sum(sizes) < SOME
    with measured() as sizes:
        browser.get(f"/documents/{document.pk}/pages/2/")
    assert sum(sizes) < 10_000


def test_its_passages(browser: Client, ready: Upload) -> None:
    document = ready("long.txt", PARAGRAPH)
    lengthen(document)
    with measured() as sizes:
        page = browser.get(f"/documents/{document.pk}/passages/").content.decode()
        browser.get(f"/api/v1/documents/{document.pk}/passages/")
    assert "only the beginning of the document is shown" in page
    assert sum(sizes) < SOME


def test_its_beginning_in_the_admin_panel(alice: User, ready: Upload) -> None:
    document = ready("long.txt", PARAGRAPH)
    lengthen(document)
    alice.is_staff = alice.is_superuser = True
    alice.save()
    with measured() as sizes:
        shown = signed_in(alice).get(f"/admin/kb/document/{document.pk}/change/").content.decode()
    assert "Ferries carry salt" in shown
    assert sum(sizes) < SOME


def test_programs_that_ask_for_all_of_it_get_it(browser: Client, ready: Upload) -> None:
    document = ready("note.txt", PARAGRAPH)
    whole = VersionText.objects.get(version=document.newest).text
    assert browser.get(f"/api/v1/documents/{document.pk}/text/").json()["text"] == whole
