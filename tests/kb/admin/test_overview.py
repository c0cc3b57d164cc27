"""The panel's first page: numbers from the database, and the live parts."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from kb.celery import app
from kb.indexing import generations, queue
from kb.library import documents
from kb.models import Collection, Document, Status, Version, ZeroResultSearch
from kb.operations import overview
from tests.conftest import Upload, new_collection
from tests.engines import WordsEngine
from tests.kb.admin.conftest import Many, Queries
from tests.kb.test_pages import page, text_of


class TestNumbers:
    def test_an_empty_footnote_has_an_overview(self, db: None) -> None:
        found = overview.overview()
        assert found.documents == dict.fromkeys(Status, 0)
        assert (found.oldest_waiting, found.failures, found.zero_result_searches, found.changes) == (None, [], [], [])
        assert found.disk_total >= found.disk_free > 0

    def test_of_documents_by_status(self, many: Many) -> None:
        for n, status in enumerate(Status, start=1):
            many(n, status)
        documents.remove_soon(Document.objects.filter(latest__status=Status.READY, name="ready 0.md"), None)
        assert overview.overview().documents == {
            Status.QUEUED: 1,
            Status.PROCESSING: 2,
            Status.READY: 2,
            Status.FAILED: 4,
        }

    def test_only_newest_versions_count(self, many: Many) -> None:
        (document,) = many(1, Status.READY)
        Version.objects.create(document=document, number=0, size=1, status=Status.FAILED, error_code="no_text")
        found = overview.overview()
        assert (found.documents[Status.READY], found.documents[Status.FAILED], found.failures) == (1, 0, [])

    def test_whichever_stage_they_are_in(self, many: Many) -> None:
        for n, status in enumerate(Status, start=1):
            many(n, status, indexing=True)
        found = overview.overview()
        assert list(found.documents.values()) == [1, 2, 3, 4]
        assert found.failures == [("internal", 4)]

    def test_another_index_that_is_being_built_changes_no_number(
        self, many: Many, ready: Upload, collection: Collection
    ) -> None:
        ready("tea.md", "Green tea.")
        many(2, Status.FAILED)
        before = overview.overview()
        generation = generations.start(collection, None, preset="legal")
        generation.versions.update(status=Status.FAILED, error_code="internal")
        after = overview.overview()
        assert (after.documents, after.failures, after.oldest_waiting) == (before.documents, before.failures, None)

    def test_of_failures_of_the_last_days(self, many: Many) -> None:
        many(2, Status.FAILED)
        many(3, Status.FAILED, error_code="password")
        many(1, Status.FAILED, queued_at=timezone.now() - timedelta(days=8))
        assert overview.overview().failures == [("password", 3), ("no_text", 2)]

    def test_the_oldest_waiting_document_counts(self, many: Many) -> None:
        long_ago = timezone.now() - timedelta(hours=3)
        many(2, Status.QUEUED)
        many(1, Status.QUEUED, queued_at=long_ago)
        many(1, Status.READY, queued_at=long_ago - timedelta(days=1))
        assert overview.overview().oldest_waiting == long_ago
        many(1, Status.QUEUED, indexing=True, queued_at=long_ago - timedelta(hours=1))
        assert overview.overview().oldest_waiting == long_ago - timedelta(hours=1)

    def test_retried_documents_wait_from_the_retry_on(self, many: Many, alice: User) -> None:
        many(1, Status.FAILED, queued_at=timezone.now() - timedelta(days=400))
        documents.retry(Version.objects.all(), alice)
        oldest = overview.overview().oldest_waiting
        assert oldest is not None
        assert timezone.now() - oldest < timedelta(hours=1)

    def test_the_queue_may_be_down(self, db: None, settings: Settings) -> None:
        settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
        assert overview.overview().messages is None

    def test_waiting_messages_are_counted(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(queue, "waiting", lambda: 7)
        assert overview.overview().messages == 7


class TestPage:
    def test_tells_all_of_it(self, panel: Client, ready: Upload, many: Many, alice: User) -> None:
        ready("scan.txt", "")
        many(12, Status.QUEUED, queued_at=timezone.now() - timedelta(hours=5))
        ZeroResultSearch.objects.create(user=alice, question="What of coffee?")
        shown = page(panel, "/admin/")
        assert "12 documents waiting Oldest for 5 hours" in shown
        assert "Queued 12 Processing 0 Ready 0 Failed 1" in shown
        assert "The file holds no text 1" in shown
        assert "What of coffee?" in shown
        assert "Footnote added a document: scan.txt" in shown

    def test_its_numbers_lead_to_the_documents_they_count(self, panel: Client, many: Many) -> None:
        many(3, Status.FAILED)
        many(1, Status.FAILED, queued_at=timezone.now() - timedelta(days=8))
        many(2, Status.QUEUED)
        html = panel.get("/admin/").content.decode()
        counts = {"status=failed&amp;error=no_text": 3, "status=queued": 2, "status=failed": 4}
        for query, count in counts.items():
            (address,) = re.findall(rf'href="(/admin/kb/document/\?{query}(?:&amp;latest[^"]*)?)"', html)
            assert f"{count} documents" in page(panel, address.replace("&amp;", "&"))

    def test_as_many_queries_whatever_there_is(self, queries: Queries, many: Many, alice: User) -> None:
        few = queries("/admin/")
        many(20, Status.FAILED)
        many(20, Status.QUEUED)
        ZeroResultSearch.objects.bulk_create([ZeroResultSearch(user=alice, question="?") for _number in range(20)])
        for number in range(10):
            new_collection(alice, f"{number}")
        assert queries("/admin/") == few

    def test_asks_no_worker_and_no_engine(
        self, panel: Client, engine: WordsEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        monkeypatch.setattr(app.control, "ping", lambda **options: asked.append("worker"))
        assert panel.get("/admin/").status_code == 200
        assert asked + engine.embedded == []


class TestLiveParts:
    def test_health_names_what_is_wrong(self, panel: Client, engine: WordsEngine) -> None:
        engine.away = True
        shown = page(panel, "/admin/health/")
        assert "Database ok Queue ok Worker no worker answers Engine does not answer" in shown

    def test_speed_is_measured_when_asked(self, panel: Client, engine: WordsEngine) -> None:
        answer = panel.post("/admin/speed/words/")
        assert re.search(r"[\d.,]+ ms per question, [\d.,]+ passages per second", text_of(answer.content))
        assert len(engine.embedded) > 3

    def test_an_engine_that_is_away_says_so(self, panel: Client, engine: WordsEngine) -> None:
        engine.away = True
        assert "connection refused" in text_of(panel.post("/admin/speed/words/").content)

    def test_an_engine_that_is_none_is_not_there(self, panel: Client) -> None:
        assert panel.post("/admin/speed/nothing/").status_code == 404

    def test_asking_only_is_no_measuring(self, panel: Client, collection: Collection) -> None:
        assert panel.get("/admin/speed/words/").status_code == 405
        assert panel.post("/admin/health/").status_code == 405
