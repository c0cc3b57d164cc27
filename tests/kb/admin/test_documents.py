"""Documents in the panel: their rows, and actions on a thousand at a time."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kb.indexing import build, queue
from kb.indexing.progress import status_counts as counts
from kb.library import removal
from kb.models import Action, AuditEntry, Document, Status, Version, VersionText
from retrieval.models import IndexedVersion, Passage
from tests.conftest import Upload, new_collection
from tests.kb.admin.conftest import Act, Many, Queries
from tests.kb.test_pages import page, text_of

LIST = "/admin/kb/document/"


@contextmanager
def at_most(n: int) -> Iterator[None]:
    with CaptureQueriesContext(connection) as captured:
        yield
    assert len(captured) <= n, "\n".join(query["sql"][:150] for query in captured)


@pytest.fixture(autouse=True)
def no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """No message reaches the queue."""
    monkeypatch.setattr(queue, "enqueue", lambda task, *args, queue="": False)


class TestList:
    def test_tells_what_became_of_each(self, panel: Client, ready: Upload) -> None:
        ready("tea.md", "Green tea.")
        ready("scan.txt", "")
        shown = page(panel, LIST)
        assert "scan.txt failed The file holds no text Recipes Unknown 0 bytes - 0" in shown
        assert "tea.md ready Recipes Markdown 10 bytes - 1" in shown

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("status=failed", {"scan.txt"}),
            ("status=ready", {"tea.md"}),
            ("error=no_text", {"scan.txt"}),
            ("error=password", set()),
            ("type=text/markdown", {"tea.md"}),
            ("q=SCAN", {"scan.txt"}),
            ("created_at__gte=2001-01-01T00:00:00Z", {"tea.md", "scan.txt"}),
            ("created_at__lt=2001-01-01T00:00:00Z", set()),
        ],
    )
    def test_is_filtered_and_searched(self, panel: Client, ready: Upload, query: str, found: set[str]) -> None:
        ready("tea.md", "Green tea.")
        ready("scan.txt", "")
        shown = page(panel, f"{LIST}?{query}")
        assert {name for name in ("tea.md", "scan.txt") if name in shown} == found

    def test_is_filtered_by_collection_and_found_by_id(self, panel: Client, ready: Upload, alice: User) -> None:
        other = new_collection(alice, "Other")
        tea = ready("tea.md", "Green tea.")
        ready("milk.md", "Milk.", to=other)
        assert "tea.md" not in page(panel, f"{LIST}?collection__id__exact={other.pk}")
        assert "milk.md" not in page(panel, f"{LIST}?q={tea.pk}")

    def test_as_many_queries_for_thirty_as_for_three(self, queries: Queries, many: Many) -> None:
        many(3, Status.FAILED)
        few = queries(LIST)
        many(27, Status.READY)
        assert queries(LIST) == few


class TestOne:
    def test_shows_its_text_its_versions_and_where_to_read_it(self, panel: Client, ready: Upload) -> None:
        document = ready("tea.md", "Green tea wants seventy degrees. " + "So it does. " * 1000)
        html = panel.get(f"{LIST}{document.pk}/change/").content
        assert "Green tea wants seventy degrees." in text_of(html)
        assert len(html) < 60_000
        assert document.newest.sha256.encode() in html
        assert f'href="/documents/{document.pk}/"'.encode() in html

    def test_says_why_it_failed(self, panel: Client, ready: Upload) -> None:
        shown = page(panel, f"{LIST}{ready('scan.txt', '').pk}/change/")
        assert "The file holds no text (no_text). It is empty, or its pages are pictures." in shown

    def test_text_is_text(self, panel: Client, ready: Upload) -> None:
        html = panel.get(f"{LIST}{ready('<b>x.txt', '<script>alert(1)</script>').pk}/change/").content
        assert b"<script>alert" not in html
        assert b"<b>x" not in html

    def test_name_and_metadata_are_changed_through_the_audit_log(self, panel: Client, ready: Upload) -> None:
        document = ready("tea.md", "Green tea.")
        data = {"name": "Tea", "metadata": json.dumps({"year": 2026, "tags": ["hot"]})}
        assert panel.post(f"{LIST}{document.pk}/change/", data).status_code == 302
        document.refresh_from_db()
        assert (document.name, document.metadata) == ("Tea", {"year": 2026, "tags": ["hot"]})
        changed = AuditEntry.objects.get(action=Action.DOCUMENT_CHANGED)
        assert (str(changed), changed.details["before"]) == (
            "ada changed a document: Tea",
            {"name": "tea.md", "metadata": {}},
        )

    @pytest.mark.parametrize("metadata", ["[1]", '{"a": {"b": 1}}', '{"a": [1]}', "{", r'{"a": "\u0000"}'])
    def test_metadata_must_be_plain(self, panel: Client, ready: Upload, metadata: str) -> None:
        document = ready("tea.md", "Green tea.")
        answer = panel.post(f"{LIST}{document.pk}/change/", {"name": "Tea", "metadata": metadata})
        assert answer.status_code == 200
        document.refresh_from_db()
        assert (document.name, document.metadata) == ("tea.md", {})

    def test_nothing_else_can_be_set(self, panel: Client, ready: Upload) -> None:
        document = ready("tea.md", "Green tea.")
        data = {"name": "Tea", "metadata": "", "collection": "x", "latest": "", "removed_at": "2026-01-01"}
        panel.post(f"{LIST}{document.pk}/change/", data)
        after = Document.objects.get()
        assert (after.collection_id, after.latest_id, after.removed_at, after.metadata) == (
            *(document.collection_id, document.latest_id),
            *(None, {}),
        )

    def test_buttons_retry_and_reindex_it(self, panel: Client, ready: Upload) -> None:
        failed, done = ready("scan.txt", ""), ready("tea.md", "Green tea.")
        for document, button in ((failed, "kb_document_retry_one"), (done, "kb_document_reindex_one")):
            path = f"{LIST}{document.pk}/change/"
            assert f'name="{button}"'.encode() in panel.get(path).content
            panel.post(path, {"name": document.name, "metadata": "{}", button: "1"})
            assert Document.objects.with_progress().get(pk=document.pk).progress.status == Status.QUEUED
            assert b'name="kb_document_re' not in panel.get(path).content
        assert set(AuditEntry.objects.filter(actor_name="ada").values_list("action", flat=True)) == {
            Action.DOCUMENT_RETRIED,
            Action.DOCUMENT_REINDEXED,
        }

    def test_is_removed_with_all_that_belongs_to_it(self, panel: Client, ready: Upload) -> None:
        document = ready("tea.md", "Green tea.")
        assert "tea.md" in page(panel, f"{LIST}{document.pk}/delete/")
        panel.post(f"{LIST}{document.pk}/delete/", {"post": "yes"})
        assert not Document.objects.exists()
        assert not Passage.objects.exists()
        assert str(AuditEntry.objects.get(action=Action.DOCUMENT_REMOVED)) == "ada removed a document: tea.md"


class TestThousand:
    """As many statements as for one document, nothing is lost, and documents in progress are left to their workers."""

    def test_failed_documents_are_retried(self, act: Act, many: Many) -> None:
        many(1000, Status.FAILED)
        many(10, Status.READY)
        many(10, Status.PROCESSING, attempt=3, lease_until=timezone.now())
        with at_most(16):
            act("document", "retry")
        assert counts() == {"queued": 1000, "processing": 10, "ready": 10, "failed": 0}
        assert Version.objects.filter(status=Status.QUEUED).exclude(error_code="").count() == 0
        assert AuditEntry.objects.filter(action=Action.DOCUMENT_RETRIED, actor_name="ada").count() == 1000

    @pytest.mark.parametrize("indexing", [False, True])
    def test_each_is_retried_at_the_stage_that_failed(self, act: Act, many: Many, indexing: bool) -> None:
        many(1000, Status.FAILED, indexing=indexing)
        with at_most(16):
            act("document", "retry")
        waiting = IndexedVersion if indexing else Version
        assert waiting.objects.filter(status=Status.QUEUED, error_code="").count() == 1000
        assert counts() == {"queued": 1000, "processing": 0, "ready": 0, "failed": 0}

    def test_finished_ones_are_indexed_again_and_found_meanwhile(self, act: Act, many: Many, ready: Upload) -> None:
        found = [ready(f"{number}.md", f"Tea number {number}.") for number in range(3)]
        many(1000, Status.READY)
        many(10, Status.PROCESSING, attempt=3)
        many(10, Status.PROCESSING, indexing=True, attempt=3)
        passages = Passage.objects.count()
        with at_most(16):
            act("document", "reindex")
        assert IndexedVersion.objects.filter(status=Status.QUEUED).count() == 1003
        for rows in (Version.objects, IndexedVersion.objects):
            assert rows.filter(status=Status.PROCESSING, attempt=3).count() == 10
        assert Passage.objects.count() == passages
        build.build(IndexedVersion.objects.get(version=found[0].newest.pk).pk)
        assert Document.objects.with_progress().get(pk=found[0].pk).progress.status == Status.READY

    def test_files_are_read_again_and_what_was_read_stays(self, act: Act, many: Many, ready: Upload) -> None:
        tea = ready("tea.md", "Green tea.")
        many(299, Status.FAILED)
        many(10, Status.PROCESSING)
        before = Version.objects.count()
        act("document", "parse_again")
        assert Version.objects.count() == before + 300
        assert counts() == {"queued": 300, "processing": 10, "ready": 0, "failed": 0}
        assert AuditEntry.objects.filter(action=Action.DOCUMENT_PARSED_AGAIN, actor_name="ada").count() == 300
        assert VersionText.objects.get(version=tea.newest.pk).text == "Green tea."
        assert Passage.objects.filter(version=tea.newest.pk).exists()

    def test_are_removed_when_the_answer_is_yes(self, act: Act, many: Many, ready: Upload) -> None:
        ready("tea.md", "Green tea.")
        many(999, Status.FAILED)
        with at_most(16):
            asked = text_of(act("document", "remove").content)
        assert "Remove 1000 documents?" in asked
        assert Document.objects.present().count() == 1000
        with at_most(18):
            act("document", "remove", confirmed="1000")
        assert not Document.objects.present().exists()
        assert AuditEntry.objects.filter(action=Action.DOCUMENT_REMOVED, actor_name="ada").count() == 1000
        removal.finish_removals()
        assert not Document.objects.exists()
        assert not Passage.objects.exists()

    def test_if_more_have_come_since_the_question_it_is_asked_again(self, act: Act, many: Many) -> None:
        many(3, Status.READY)
        answer = act("document", "remove", confirmed="2")
        assert "The list has changed: it has 3 rows now." in text_of(answer.content)
        assert Document.objects.present().count() == 3

    def test_all_of_a_filtered_list_are_those_that_the_list_shows(self, act: Act, many: Many) -> None:
        many(120, Status.FAILED)
        many(120, Status.READY)
        act("document", "remove", query="?status=failed", confirmed="120")
        assert set(Document.objects.present().values_list("latest__status", flat=True)) == {Status.READY}

    def test_only_chosen_documents_are_retried(self, act: Act, many: Many) -> None:
        chosen = many(5, Status.FAILED)[:2]
        act("document", "retry", chosen)
        assert set(Document.objects.filter(latest__status=Status.QUEUED)) == set(chosen)

    def test_those_that_failed_while_being_indexed_are_filtered_too(
        self, panel: Client, many: Many, ready: Upload
    ) -> None:
        ready("tea.md", "Green tea.")
        many(3, Status.FAILED)
        many(2, Status.FAILED, indexing=True)
        for query, n in (("status=failed", 5), ("error=internal", 2), ("error=no_text", 3), ("status=ready", 1)):
            assert f"{n} document" in page(panel, f"{LIST}?{query}"), query
