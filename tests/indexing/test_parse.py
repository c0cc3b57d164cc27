"""The first stage: a file becomes a text, once, or is refused with a reason."""

import time
from typing import Any

import pytest
from fpdf import FPDF
from pytest_django import Settings

from kb.indexing import build, parse
from kb.indexing.claims import Claim
from kb.library import documents
from kb.models import Document, Stage, Status, Version, VersionText
from kb.parsing.errors import NoText
from kb.parsing.process import Parser
from kb.storage import files
from retrieval.models import IndexedVersion, Passage
from tests.conftest import Upload, work
from tests.engines import WordsEngine
from tests.indexing.conftest import TEXT, claim_version, indexing, let_time_pass, parsing


def pdf(sentence: str) -> bytes:
    made = FPDF()
    made.set_font("helvetica", size=10)
    made.add_page()
    made.cell(text=sentence)
    return bytes(made.output())


def test_a_read_version_keeps_its_text_and_what_it_says_of_itself(ready: Upload) -> None:
    version = ready("a.md", TEXT).newest
    assert (version.status, version.title, version.page_count) == (Status.READY, "Soup", None)
    assert (version.lease_until, version.stage, version.error_code, version.tries) == (None, "", "", 0)
    assert version.parsed_at is not None
    text = VersionText.objects.get(version=version)
    assert [text.text[section["start"] : section["body"]].strip() for section in text.sections] == ["Soup", "Salt"]


def test_it_is_noted_in_the_index_in_the_same_transaction(
    add: Upload, engine: WordsEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker may die between the stages; then another one finds the row."""
    document = add("a.md", TEXT)
    monkeypatch.setattr(build, "build", lambda indexed: None)
    parse.parse(document.newest.pk)
    assert parsing(document).status == Status.READY
    assert indexing(document).status == Status.QUEUED
    assert Document.objects.get().progress.status == Status.QUEUED
    monkeypatch.undo()
    work()
    assert Document.objects.get().progress.status == Status.READY


def test_it_is_read_once_whatever_becomes_of_its_index(ready: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    document = ready("a.md", TEXT)
    monkeypatch.setattr(Parser, "parse", lambda *args: pytest.fail("it is read again"))
    documents.reindex(Version.objects.all(), None)
    parse.parse(document.newest.pk)
    work()
    assert (parsing(document).attempt, indexing(document).attempt) == (1, 2)
    assert Document.objects.get().progress.status == Status.READY


def test_what_a_file_says_of_itself_is_metadata_unless_somebody_said_otherwise(ready: Upload) -> None:
    source = b"---\ntitle: Tea\ntags: [green, hot]\nyear: 2024\n---\nTea is hot."
    document = ready("a.md", source, metadata={"year": 1999})
    assert document.metadata == {"tags": ["green", "hot"], "year": 1999}
    assert document.newest.title == "Tea"


@pytest.mark.parametrize("again", [documents.reindex, None])
def test_parsing_again_keeps_metadata_set_by_people(ready: Upload, again: Any) -> None:
    document = ready("a.md", "---\ntags: [green]\n---\nTea.")
    documents.change(document, None, metadata={})
    if again:
        assert again(Version.objects.all(), None) == 1
    else:
        assert documents.parse_again(Document.objects.all(), None) == 1
    work()
    assert Document.objects.get().metadata == {}


class TestFailed:
    @pytest.mark.parametrize(
        ("name", "content", "code"),
        [
            ("empty.txt", b"", "no_text"),
            ("blank.md", b" \n\n", "no_text"),
            ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(100), "unsupported"),
            ("broken.pdf", b"%PDF-1.7\nnothing more", "unreadable"),
            ("broken.docx", b"PK\x03\x04 not a zip", "unreadable"),
        ],
    )
    def test_a_bad_file_ends_with_its_class(self, ready: Upload, name: str, content: bytes, code: str) -> None:
        document = ready(name, content)
        for told in (document.newest, document.progress):
            assert (told.status, told.error_code) == (Status.FAILED, code)
            assert told.error_detail
        assert not Passage.objects.exists()
        assert not IndexedVersion.objects.exists()

    def test_text_over_the_limit_is_too_large(self, ready: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
        with Parser(seconds=30, memory_bytes=2 * 1024**3, max_characters=100) as parser:
            monkeypatch.setattr(parse, "parser", lambda: parser)
            assert ready("a.txt", "word " * 100).newest.error_code == "too_large"

    def test_an_unexpected_error_is_tried_again_and_then_said(
        self, add: Upload, monkeypatch: pytest.MonkeyPatch, settings: Settings
    ) -> None:
        document = add("a.md", TEXT)
        monkeypatch.setattr(parse, "_keep", lambda *args: 1 / 0)
        for tries in range(1, settings.MAX_TRIES):
            parse.parse(document.newest.pk)
            assert (parsing(document).status, parsing(document).tries) == (Status.QUEUED, tries)
            let_time_pass()
        parse.parse(document.newest.pk)
        version = parsing(document)
        assert (version.status, version.error_code) == (Status.FAILED, "internal")
        assert "ZeroDivisionError" in version.error_detail
        assert not VersionText.objects.exists()

    def test_a_missing_file_is_reported(self, add: Upload, settings: Settings) -> None:
        document = add("a.md", TEXT)
        files.path_of(document.newest.sha256).unlink()
        for _try in range(settings.MAX_TRIES):
            parse.parse(document.newest.pk)
            let_time_pass()
        assert parsing(document).status == Status.FAILED
        assert parsing(document).error_detail


class TestSteps:
    def test_a_reader_follows_both_stages(self, add: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
        document = add("a.pdf", pdf("Boil the bones."))
        seen: list[tuple[str, int, int]] = []
        renew = Claim.renew

        def watched(claim: Claim[Any], **fields: object) -> None:
            renew(claim, **fields)
            progress = Document.objects.with_progress().get().progress
            seen.append((progress.stage, progress.done, progress.total))

        monkeypatch.setattr(Claim, "renew", watched)
        parse.parse(document.newest.pk)
        stages = [stage for stage, _done, _total in seen]
        assert stages == sorted(stages, key=[*Stage.values].index)
        assert set(stages) == set(Stage.values)
        assert {("reading", 1, 1), ("embedding", 1, 1)} <= set(seen)

    def test_a_parser_that_works_long_keeps_the_lease(
        self, add: Upload, monkeypatch: pytest.MonkeyPatch, settings: Settings
    ) -> None:
        """The lease is shorter than the parsing, but is renewed before another worker could take over."""
        settings.LEASE_SECONDS = 1.2
        document = add("a.md", TEXT)
        takers: list[object] = []

        class Slow:
            def parse(self, *args: Any) -> object:
                for _tenth in range(20):
                    time.sleep(0.1)
                    args[-1]()
                    takers.append(claim_version(document))
                raise NoText("nothing to read")

        monkeypatch.setattr(parse, "parser", Slow)
        parse.parse(document.newest.pk)
        assert takers == [None] * 20
        assert parsing(document).error_code == "no_text"

    def test_a_document_removed_while_it_is_read_stays_removed(
        self, add: Upload, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        document = add("a.md", TEXT)
        keep = parse._keep

        def removed(*args: Any) -> None:
            documents.remove(Document.objects.all(), None)
            keep(*args)

        monkeypatch.setattr(parse, "_keep", removed)
        parse.parse(document.newest.pk)
        assert not Version.objects.exists()
        assert not VersionText.objects.exists()
        assert not IndexedVersion.objects.exists()
