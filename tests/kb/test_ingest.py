"""A version from queued to ready: claims, leases, failures, and what each leaves behind."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from kb.indexing.ingest import LeaseLost
from pytest_django import Settings

from kb.indexing import ingest, tasks
from kb.library import documents
from kb.models import Document, Stage, Status, Version, VersionText
from kb.parsing.errors import NoText
from kb.parsing.process import Parser
from retrieval import build
from retrieval.chunking.tree import Kind
from retrieval.models import Passage, PassageVector, Posting, Segment
from tests.conftest import Upload
from tests.engines import WordsEngine

TEXT = "# Soup\n\nBoil the bones.\n\n## Salt\n\nA pinch of salt."


def newest(document: Document) -> Version:
    return Version.objects.get(document=document)


def expire_lease(document: Document) -> None:
    Version.objects.filter(document=document).update(lease_until=Now() - timedelta(seconds=1))


class TestClaim:
    def test_a_queued_version_is_taken_once(self, add: Upload) -> None:
        version = add("a.md", TEXT).newest
        first, second = ingest.claim(version.pk), ingest.claim(version.pk)
        assert first is not None
        assert (first.attempt, first.tries) == (1, 1)
        assert second is None

    def test_one_whose_lease_ran_out_is_taken_over(self, add: Upload) -> None:
        document = add("a.md", TEXT)
        old = ingest.claim(document.newest.pk)
        expire_lease(document)
        new = ingest.claim(document.newest.pk)
        assert old is not None
        assert new is not None
        assert new.attempt == 2
        with pytest.raises(LeaseLost):
            old.renew()
        with pytest.raises(LeaseLost):
            old.end(status=Status.FAILED)
        new.renew()

    def test_one_that_waits_for_later_is_not_taken_now(self, add: Upload) -> None:
        version = add("a.md", TEXT).newest
        Version.objects.update(not_before=Now() + timedelta(seconds=60))
        assert ingest.claim(version.pk) is None

    def test_a_finished_or_removed_one_is_not_taken(self, ready: Upload) -> None:
        assert ingest.claim(ready("a.md", TEXT).newest.pk) is None
        assert ingest.claim(10**9) is None

    @pytest.mark.django_db(transaction=True)
    def test_of_many_at_once_one_wins(self, add: Upload) -> None:
        version = add("a.md", TEXT).newest
        barrier = threading.Barrier(6)
        won: list[ingest.Claim] = []

        def race() -> None:
            barrier.wait()
            claim = ingest.claim(version.pk)
            if claim is not None:
                won.append(claim)
            connection.close()

        threads = [threading.Thread(target=race) for _thread in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1

    def test_progress_renews_the_lease(self, add: Upload) -> None:
        document = add("a.md", TEXT)
        claim = ingest.claim(document.newest.pk)
        assert claim is not None
        expire_lease(document)
        claim.progress(10, 10)
        version = newest(document)
        assert (version.done, version.total) == (10, 10)
        assert ingest.claim(version.pk) is None


class TestReady:
    def test_everything_is_there_at_once(self, ready: Upload) -> None:
        document = ready("a.md", TEXT)
        version = document.newest
        assert (version.status, version.title, version.passage_count) == (Status.READY, "Soup", 2)
        assert (version.lease_until, version.stage, version.error_code) == (None, "", "")
        kinds = list(Passage.objects.order_by("ordinal").values_list("kind", flat=True))
        assert kinds == [Kind.DOCUMENT, *[Kind.SECTION, Kind.PASSAGE] * 2]
        assert PassageVector.objects.count() == Segment.objects.get().size == 2
        assert Posting.objects.filter(term="salt").get().document_frequency == 1

    def test_a_leaf_is_indexed_with_its_title_and_headings(self, ready: Upload, engine: WordsEngine) -> None:
        ready("a.md", TEXT)
        assert engine.embedded == ["Soup\nBoil the bones.", "Soup › Salt\nA pinch of salt."]

    def test_what_its_people_made_of_it_outlives_another_index(self, ready: Upload) -> None:
        document = ready("a.md", "---\ntags: [green]\n---\nTea.")
        documents.change(document, None, metadata={})
        documents.reindex(Version.objects.all(), None)
        tasks.ingest(document.newest.pk)
        assert Document.objects.get().metadata == {}

    def test_what_a_file_says_of_itself_is_metadata_unless_somebody_said_otherwise(self, ready: Upload) -> None:
        source = b"---\ntitle: Tea\ntags: [green, hot]\nyear: 2024\n---\nTea is hot."
        document = ready("a.md", source, metadata={"year": 1999})
        assert document.metadata == {"tags": ["green", "hot"], "year": 1999}
        assert document.newest.title == "Tea"

    def test_every_leaf_is_the_text_at_its_place(self, ready: Upload) -> None:
        document = ready("长.txt", "第一句在这里。😀 第二句。\n\n" * 60)
        text = VersionText.objects.get(version=document.newest).text
        leaves = Passage.objects.filter(kind=Kind.PASSAGE)
        assert leaves.count() > 5
        assert all(text[leaf.start : leaf.end] == leaf.text for leaf in leaves)

    def test_a_second_message_changes_nothing(self, ready: Upload) -> None:
        document = ready("a.md", TEXT)
        tasks.ingest(document.newest.pk)
        assert newest(document).attempt == 1
        assert Passage.objects.filter(kind=Kind.PASSAGE).count() == 2

    def test_a_worker_that_lost_its_lease_publishes_nothing(
        self, add: Upload, engine: WordsEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It hangs while embedding; another attempt finishes; then it wakes up."""
        document = add("a.md", TEXT)
        embed = engine.embed

        def hang(texts: list[str]) -> object:
            monkeypatch.setattr(engine, "embed", embed)
            expire_lease(document)
            tasks.ingest(document.newest.pk)
            return embed(texts)

        monkeypatch.setattr(engine, "embed", hang)
        tasks.ingest(document.newest.pk)
        version = newest(document)
        assert (version.status, version.attempt) == (Status.READY, 2)
        assert Passage.objects.filter(kind=Kind.PASSAGE).count() == 2

    @pytest.mark.django_db(transaction=True)
    def test_publishing_may_take_longer_than_the_lease(
        self, add: Upload, monkeypatch: pytest.MonkeyPatch, settings: Settings
    ) -> None:
        """Somebody else tries to take over while the publisher writes, long after its lease."""
        settings.LEASE_SECONDS = 0.1
        document = add("a.md", TEXT)
        publish = build.publish
        takers: list[object] = []

        def take_over() -> None:
            takers.append(ingest.claim(document.newest.pk))
            connection.close()

        def slowly(*args: Any) -> None:
            publish(*args)
            time.sleep(0.3)
            thread = threading.Thread(target=take_over)
            thread.start()
            thread.join()

        monkeypatch.setattr(build, "publish", slowly)
        tasks.ingest(document.newest.pk)
        assert takers == [None]
        assert (newest(document).status, newest(document).attempt) == (Status.READY, 1)

    def test_a_document_removed_meanwhile_stays_removed(
        self, add: Upload, engine: WordsEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        document = add("a.md", TEXT)
        embed = engine.embed

        def removed(texts: list[str]) -> object:
            Document.objects.all().delete()
            return embed(texts)

        monkeypatch.setattr(engine, "embed", removed)
        tasks.ingest(document.newest.pk)
        assert not Version.objects.exists()
        assert not Passage.objects.exists()

    def test_a_newer_version_replaces_the_older_in_the_index(self, ready: Upload) -> None:
        document = ready("a.md", TEXT)
        old = document.newest
        newer = Version.objects.create(
            document=document, number=2, filename="a.md", media_type=old.media_type, size=old.size, sha256=old.sha256
        )
        tasks.ingest(newer.pk)
        assert set(Passage.objects.values_list("version", flat=True)) == {newer.pk}
        assert Segment.objects.get().version == newer.pk
        assert VersionText.objects.count() == 2

    def test_an_older_version_that_ends_late_does_not_come_back(self, add: Upload) -> None:
        document = add("a.md", TEXT)
        old = document.newest
        newer = Version.objects.create(
            document=document, number=2, filename="a.md", media_type=old.media_type, size=old.size, sha256=old.sha256
        )
        tasks.ingest(newer.pk)
        tasks.ingest(old.pk)
        assert set(Passage.objects.values_list("version", flat=True)) == {newer.pk}
        assert Version.objects.get(pk=old.pk).status == Status.READY


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
        version = ready(name, content).newest
        assert (version.status, version.error_code) == (Status.FAILED, code)
        assert version.error_detail
        assert not Passage.objects.exists()

    def test_text_over_the_limit_is_too_large(self, ready: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
        with Parser(seconds=30, memory_bytes=2 * 1024**3, max_characters=100) as parser:
            monkeypatch.setattr(tasks, "parser", lambda: parser)
            assert ready("a.txt", "word " * 100).newest.error_code == "too_large"

    def test_the_engine_away_costs_no_try_and_the_document_goes_on_by_itself(
        self, ready: Upload, engine: WordsEngine, settings: Settings
    ) -> None:
        engine.away = True
        document = ready("a.md", TEXT)
        for _again in range(settings.MAX_TRIES + 2):
            Version.objects.update(not_before=None)
            tasks.ingest(document.newest.pk)
        version = newest(document)
        assert (version.status, version.error_code, version.tries) == (Status.QUEUED, "engine_down", 0)
        assert ingest.claim(version.pk) is None, "it waits a little first"
        engine.away = False
        Version.objects.update(not_before=None)
        tasks.ingest(version.pk)
        assert (newest(document).status, newest(document).error_code) == (Status.READY, "")

    def test_an_unexpected_error_is_tried_again_and_then_said(
        self, add: Upload, monkeypatch: pytest.MonkeyPatch, settings: Settings
    ) -> None:
        document = add("a.md", TEXT)
        monkeypatch.setattr(ingest, "_publish", lambda *args: 1 / 0)
        for tries in range(1, settings.MAX_TRIES):
            tasks.ingest(document.newest.pk)
            assert (newest(document).status, newest(document).tries) == (Status.QUEUED, tries)
            Version.objects.update(not_before=None)
        tasks.ingest(document.newest.pk)
        version = newest(document)
        assert (version.status, version.error_code) == (Status.FAILED, "internal")
        assert "ZeroDivisionError" in version.error_detail

    def test_a_document_that_kills_every_worker_is_given_up(self, add: Upload, settings: Settings) -> None:
        document = add("a.md", TEXT)
        for _killed in range(settings.MAX_TRIES):
            assert ingest.claim(document.newest.pk) is not None
            expire_lease(document)
        tasks.ingest(document.newest.pk)
        assert (newest(document).status, newest(document).error_code) == (Status.FAILED, "internal")

    def test_a_failed_attempt_leaves_nothing_half_published(self, add: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
        document = add("a.md", TEXT)
        monkeypatch.setattr(postgres_lexical, "write", lambda *args: 1 / 0)
        tasks.ingest(document.newest.pk)
        assert not Passage.objects.exists()
        assert not VersionText.objects.exists()


class TestSteps:
    def test_a_reader_follows_the_stages(self, add: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
        document = add("a.md", TEXT)
        seen: list[tuple[str, int, int]] = []
        renew = ingest.Claim.renew

        def watched(claim: ingest.Claim, **fields: object) -> None:
            renew(claim, **fields)
            version = newest(document)
            seen.append((version.stage, version.done, version.total))

        monkeypatch.setattr(ingest.Claim, "renew", watched)
        tasks.ingest(document.newest.pk)
        stages = [stage for stage, _done, _total in seen]
        assert stages == sorted(stages, key=[*Stage.values].index)
        assert ("embedding", 2, 2) in seen

    def test_a_parser_that_works_long_keeps_the_lease(
        self, add: Upload, monkeypatch: pytest.MonkeyPatch, settings: Settings
    ) -> None:
        """The lease is shorter than the parsing; whoever would take over finds it renewed each time."""
        settings.LEASE_SECONDS = 1.2
        document = add("a.md", TEXT)
        takers: list[object] = []

        class Slow:
            def parse(self, *args: Any) -> object:
                for _tenth in range(20):
                    time.sleep(0.1)
                    args[-1]()
                    takers.append(ingest.claim(document.newest.pk))
                raise NoText("nothing to read")

        monkeypatch.setattr(tasks, "parser", Slow)
        tasks.ingest(document.newest.pk)
        assert takers == [None] * 20
        assert newest(document).error_code == "no_text"
