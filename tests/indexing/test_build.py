"""The second stage: a text becomes passages, vectors and postings of an index, all or nothing."""

import threading
import time
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from kb.indexing import build, parse
from kb.models import Document, Status, Version, VersionText
from retrieval import build as index
from retrieval.chunking.tree import Kind
from retrieval.indexes import postgres_lexical
from retrieval.models import IndexedVersion, Passage, PassageVector, Posting, Segment
from tests.conftest import Upload, work
from tests.engines import WordsEngine
from tests.indexing.conftest import TEXT, assert_whole, claim_indexed, expire_leases, indexing, let_time_pass


class TestReady:
    def test_everything_is_there_at_once(self, ready: Upload) -> None:
        document = ready("a.md", TEXT)
        row = indexing(document)
        assert (row.status, row.preset, row.passage_count) == (Status.READY, "general", 2)
        assert (row.lease_until, row.stage, row.error_code, row.tries) == (None, "", "", 0)
        assert row.ready_at is not None
        progress = document.progress
        assert (progress.status, progress.passage_count, progress.ready_at) == (Status.READY, 2, row.ready_at)
        kinds = list(Passage.objects.order_by("ordinal").values_list("kind", flat=True))
        assert kinds == [Kind.DOCUMENT, *[Kind.SECTION, Kind.PASSAGE] * 2]
        assert PassageVector.objects.count() == Segment.objects.get().size == 2
        assert Posting.objects.filter(term="salt").get().document_frequency == 1
        assert_whole(row.generation)

    def test_a_passage_is_indexed_with_its_title_and_headings(self, ready: Upload, engine: WordsEngine) -> None:
        ready("a.md", TEXT)
        assert engine.embedded == ["Soup\nBoil the bones.", "Soup › Salt\nA pinch of salt."]

    def test_every_passage_is_the_text_at_its_place(self, ready: Upload) -> None:
        document = ready("长.txt", "第一句在这里。😀 第二句。\n\n" * 120)
        text = VersionText.objects.get(version=document.newest).text
        found = Passage.objects.filter(kind=Kind.PASSAGE)
        assert found.count() > 5
        assert all(text[passage.start : passage.end] == passage.text for passage in found)

    def test_a_second_message_changes_nothing(self, ready: Upload) -> None:
        document = ready("a.md", TEXT)
        parse.parse(document.newest.pk)
        build.build(indexing(document).pk)
        assert indexing(document).attempt == 1
        assert Passage.objects.filter(kind=Kind.PASSAGE).count() == 2

    def test_a_worker_that_lost_its_lease_publishes_nothing(
        self, add: Upload, engine: WordsEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It hangs while embedding; another attempt finishes; then it wakes up."""
        document = add("a.md", TEXT)
        embed = engine.embed

        def hang(texts: list[str], **how: Any) -> object:
            monkeypatch.setattr(engine, "embed", embed)
            expire_leases()
            build.build(indexing(document).pk)
            return embed(texts, **how)

        monkeypatch.setattr(engine, "embed", hang)
        parse.parse(document.newest.pk)
        row = indexing(document)
        assert (row.status, row.attempt) == (Status.READY, 2)
        assert_whole(row.generation)

    @pytest.mark.django_db(transaction=True)
    def test_publishing_may_take_longer_than_the_lease(
        self, add: Upload, monkeypatch: pytest.MonkeyPatch, settings: Settings
    ) -> None:
        """Another worker tries to take over while the first one publishes, long after its lease."""
        settings.LEASE_SECONDS = 0.1
        document = add("a.md", TEXT)
        publish = index.publish
        takers: list[object] = []

        def take_over() -> None:
            takers.append(claim_indexed(indexing(document)))
            connection.close()

        def slowly(*args: Any) -> None:
            publish(*args)
            time.sleep(0.3)
            thread = threading.Thread(target=take_over)
            thread.start()
            thread.join()

        monkeypatch.setattr(index, "publish", slowly)
        parse.parse(document.newest.pk)
        assert takers == [None]
        assert (indexing(document).status, indexing(document).attempt) == (Status.READY, 1)


class TestVersions:
    def another(self, document: Document) -> Version:
        old = document.newest
        return Version.objects.create(
            document=document, number=2, filename="a.md", media_type=old.media_type, size=old.size, sha256=old.sha256
        )

    def test_a_newer_version_replaces_the_older_in_the_index(self, ready: Upload) -> None:
        document = ready("a.md", TEXT)
        newer = self.another(document)
        parse.parse(newer.pk)
        assert set(Passage.objects.values_list("version", flat=True)) == {newer.pk}
        assert Segment.objects.get().version == newer.pk
        assert IndexedVersion.objects.get().version == newer.pk
        assert VersionText.objects.count() == 2
        assert_whole(document.collection.generation_id)

    def test_an_older_version_that_ends_late_does_not_come_back(self, add: Upload) -> None:
        document = add("a.md", TEXT)
        old = document.newest
        newer = self.another(document)
        parse.parse(newer.pk)
        parse.parse(old.pk)
        assert set(Passage.objects.values_list("version", flat=True)) == {newer.pk}
        assert Version.objects.get(pk=old.pk).status == Status.READY
        assert IndexedVersion.objects.get().version == newer.pk
        assert_whole(document.collection.generation_id)


class TestFailed:
    def test_the_engine_away_costs_no_try_and_the_document_goes_on_by_itself(
        self, ready: Upload, engine: WordsEngine, settings: Settings
    ) -> None:
        engine.away = True
        document = ready("a.md", TEXT)
        for _again in range(settings.MAX_TRIES + 2):
            let_time_pass()
            work()
        row = indexing(document)
        assert (row.status, row.error_code, row.tries) == (Status.QUEUED, "engine_down", 0)
        assert document.newest.status == Status.READY, "its text can be read meanwhile"
        progress = Document.objects.with_progress().get().progress
        assert (progress.status, progress.error_code) == (Status.QUEUED, "engine_down")
        assert claim_indexed(row) is None, "it waits a little first"
        engine.away = False
        let_time_pass()
        work()
        assert (indexing(document).status, indexing(document).error_code) == (Status.READY, "")

    def test_an_engine_of_another_kind_than_the_index_is_waited_for_too(
        self, ready: Upload, engine: WordsEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(WordsEngine, "fingerprint", "words@2")
        document = ready("a.md", TEXT)
        row = indexing(document)
        assert (row.status, row.error_code, row.tries) == (Status.QUEUED, "engine_down", 0)
        assert "The index was built by words@1" in row.error_detail
        assert engine.embedded == []
        monkeypatch.undo()
        let_time_pass()
        work()
        assert indexing(document).status == Status.READY

    def test_an_unexpected_error_is_tried_again_and_then_said(
        self, add: Upload, monkeypatch: pytest.MonkeyPatch, settings: Settings
    ) -> None:
        document = add("a.md", TEXT)
        monkeypatch.setattr(build, "_publish", lambda *args: 1 / 0)
        parse.parse(document.newest.pk)
        for tries in range(1, settings.MAX_TRIES):
            assert (indexing(document).status, indexing(document).tries) == (Status.QUEUED, tries)
            let_time_pass()
            work()
        row = indexing(document)
        assert (row.status, row.error_code) == (Status.FAILED, "internal")
        assert "ZeroDivisionError" in row.error_detail
        assert Document.objects.with_progress().get().progress.status == Status.FAILED

    def test_a_failed_attempt_leaves_nothing_half_published(self, add: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
        document = add("a.md", TEXT)
        monkeypatch.setattr(postgres_lexical.PostgresLexical, "write", lambda *args: 1 / 0)
        parse.parse(document.newest.pk)
        assert not Passage.objects.exists()
        assert not PassageVector.objects.exists()
        assert VersionText.objects.exists(), "what was read stays read"
        assert_whole(document.collection.generation_id)
