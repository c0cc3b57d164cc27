"""Previews of presets change nothing and need no engine."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from embedding.engine import EngineUnavailable
from kb.indexing import preview
from kb.models import Document
from retrieval.chunking.tree import Kind
from retrieval.models import Passage
from tests.conftest import Upload, signed_in, work
from tests.engines import WordsEngine

CLAUSES = "\n\n".join(
    f"{n}. Clause {n}. The party shall pay the other party what this agreement says." for n in range(40)
)


@pytest.fixture
def browser(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def lease(ready: Upload) -> Document:
    return ready("lease.md", f"# Lease\n\n{CLAUSES}")


def tried(browser: Client, document: Document, preset: str = "") -> Any:
    answer = browser.get(f"/documents/{document.pk}/passages/", {"preset": preset} if preset else {})
    assert answer.status_code == 200
    return answer.context["preview"]


def passages(document: Document) -> list[str]:
    found = Passage.objects.filter(version=document.newest.pk, kind=Kind.PASSAGE)
    return list(found.order_by("ordinal").values_list("text", flat=True))


def test_it_shows_what_the_index_holds(browser: Client, lease: Document) -> None:
    work()
    shown = tried(browser, lease)
    assert [entry.text for entry in shown.entries if not entry.level] == passages(lease)
    assert [entry.text for entry in shown.entries if entry.level] == ["Lease"]
    assert (shown.preset, shown.passages, shown.is_whole) == ("general", len(passages(lease)), True)


def test_trying_another_preset_changes_nothing(browser: Client, lease: Document) -> None:
    work()
    before = passages(lease)
    assert tried(browser, lease, "legal").preset == "legal"
    assert passages(lease) == before
    assert Document.objects.get().preset == ""


def test_no_engine_is_asked(
    browser: Client, lease: Document, engine: WordsEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be down or slow."""

    def away(*args: object, **how: object) -> object:
        raise EngineUnavailable("connection refused")

    monkeypatch.setattr(engine, "count_tokens", away)
    monkeypatch.setattr(engine, "embed", away)
    assert tried(browser, lease).passages > 0


def test_of_a_long_document_the_beginning_is_shown(
    browser: Client, lease: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "SHOWN", 1000)
    shown = tried(browser, lease)
    assert not shown.is_whole
    assert 0 < sum(len(entry.text) for entry in shown.entries) <= 1200


def test_a_document_that_is_not_read_yet_has_none(browser: Client, add: Upload) -> None:
    assert browser.get(f"/documents/{add('lease.md', CLAUSES).pk}/passages/").status_code == 404


def test_the_page_says_how_long_each_passage_is(browser: Client, ready: Upload) -> None:
    document = ready("soup.md", "Boil the bones for hours.")
    page = browser.get(f"/documents/{document.pk}/passages/").content.decode()
    assert "1 passage" in page
    assert "25 characters" in page
    assert "Split as" in page
