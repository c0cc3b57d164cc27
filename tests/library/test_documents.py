"""Replacing, reindexing and removing documents: searches meanwhile work, and nothing is lost or left behind."""

from pathlib import Path
from threading import Thread

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from kb.indexing import parse
from kb.library import documents, removal
from kb.models import Action, AuditEntry, Collection, Document, Status, Version
from kb.models.progress import Progress
from kb.searching import search
from kb.storage import files
from retrieval.models import Passage
from retrieval.options import SearchOptions
from tests.conftest import Upload, work


def replaced(document: Document, content: str, folder: Path, by: User | None = None) -> documents.Added:
    source = folder / "next.md"
    source.write_text(content)
    with files.copied(source) as incoming:
        return documents.replace(document, by, incoming)


def progress(document: Document) -> Progress:
    return Document.objects.with_progress().get(pk=document.pk).progress


def found(user: User, question: str) -> list[str]:
    return [hit.passage.text for hit in search.search(user, None, question, SearchOptions()).hits]


class TestReplacing:
    def test_the_last_version_is_searched_until_the_next_is_ready(
        self, ready: Upload, alice: User, tmp_path: Path
    ) -> None:
        document = ready("tea.md", "Green tea wants seventy degrees.")
        added = replaced(document, "Green tea wants eighty degrees.", tmp_path)
        assert (added.document.newest.number, added.document.newest.status) == (2, Status.QUEUED)
        assert found(alice, "green tea") == ["Green tea wants seventy degrees."]
        parse.parse(added.document.newest.pk)
        assert found(alice, "green tea") == ["Green tea wants eighty degrees."]
        assert document.versions.count() == 2

    def test_a_next_version_that_fails_takes_nothing_away(self, ready: Upload, alice: User, tmp_path: Path) -> None:
        document = ready("tea.md", "Green tea wants seventy degrees.")
        added = replaced(document, " ", tmp_path)
        parse.parse(added.document.newest.pk)
        added.document.newest.refresh_from_db()
        assert added.document.newest.status == Status.FAILED
        assert found(alice, "green tea") == ["Green tea wants seventy degrees."]

    def test_the_same_bytes_change_nothing(self, ready: Upload, tmp_path: Path) -> None:
        document = ready("tea.md", "Green tea.")
        assert replaced(document, "Green tea.", tmp_path).duplicate
        assert document.versions.count() == 1

    def test_a_removed_document_is_not_replaced(self, ready: Upload, tmp_path: Path) -> None:
        document = ready("tea.md", "Green tea.")
        documents.remove_soon(Document.objects.all(), None)
        with pytest.raises(Document.DoesNotExist):
            replaced(document, "Black tea.", tmp_path)


class TestTheSameBytesAgain:
    def test_a_failed_file_is_retried_under_its_new_name(self, ready: Upload) -> None:
        assert ready("notes.pdf", "Green tea.").newest.error_code == "unreadable"
        again = ready("notes.txt", "Green tea.")
        assert (again.name, again.newest.status) == ("notes.txt", Status.READY)
        assert Document.objects.count() == 1

    def test_they_put_back_what_the_disk_lost(self, ready: Upload) -> None:
        document = ready("tea.md", "Green tea.")
        path = files.path_of(document.newest.sha256)
        path.unlink()
        ready("tea.md", "Green tea.")
        assert path.read_text() == "Green tea."

    @pytest.mark.django_db(transaction=True)
    def test_they_are_kept_when_the_first_are_just_being_removed(self, ready: Upload, add: Upload) -> None:
        first = ready("tea.md", "Green tea.")
        came: list[Document] = []

        def upload() -> None:
            came.append(add("tea.md", "Green tea."))
            connection.close()

        with transaction.atomic():
            documents.remove(Document.objects.all(), None)
            thread = Thread(target=upload)
            thread.start()
            thread.join(timeout=0.5)
            assert came == [], "it waits for the removal to be decided"
        thread.join()
        assert came[0].pk != first.pk
        assert Version.objects.get().document == came[0]
        assert files.path_of(came[0].newest.sha256).exists()


class TestNames:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("Report 1. The whole story of the company", "Report 1. The whole story of the company"),
            ("a" * 300 + ".pdf", "a" * 251 + ".pdf"),
            ("a." + "y" * 300, "a." + "y" * 253),
            ("../../etc/passwd", "passwd"),
            ("a\nb\x00.md", "ab.md"),
            ("\n", "untitled"),
        ],
    )
    def test_a_name_keeps_what_it_can(self, given: str, kept: str) -> None:
        assert documents._name(given) == kept


class TestIndexingAgain:
    def test_what_is_there_is_searched_meanwhile_and_not_doubled(self, ready: Upload, alice: User) -> None:
        document = ready("tea.md", "Green tea wants seventy degrees.")
        before = list(Passage.objects.order_by("pk").values_list("version", "start", "end", "text"))
        assert documents.reindex(Version.objects.all(), alice) == 1
        assert progress(document).status == Status.QUEUED
        assert found(alice, "green tea") == ["Green tea wants seventy degrees."]
        work()
        assert progress(document).status == Status.READY
        assert list(Passage.objects.order_by("pk").values_list("version", "start", "end", "text")) == before

    def test_what_is_being_worked_on_is_left_alone(self, add: Upload, alice: User) -> None:
        add("tea.md", "Green tea.")
        assert documents.reindex(Version.objects.all(), alice) == 0


class TestRemovingMany:
    def test_they_are_out_of_sight_at_once_and_gone_after_the_task(
        self, ready: Upload, collection: Collection, alice: User
    ) -> None:
        for number in range(3):
            ready(f"{number}.md", f"Green tea number {number}.")
        documents.remove_soon(Document.objects.exclude(name="1.md"), alice)
        assert found(alice, "green tea") == ["Green tea number 1."]
        assert Collection.objects.summarised_for(alice).get().document_count == 1
        removal.finish_removals()
        assert [document.name for document in Document.objects.all()] == ["1.md"]
        assert AuditEntry.objects.filter(action=Action.DOCUMENT_REMOVED, actor=alice).count() == 2

    def test_hits_that_went_make_room_for_others(self, ready: Upload, alice: User) -> None:
        for number in range(5):
            ready(f"{number}.md", f"Green tea number {number}.")
        documents.remove_soon(Document.objects.filter(name__in=["0.md", "1.md", "2.md"]), alice)
        answer = search.search(alice, None, "green tea number", SearchOptions(limit=2))
        assert len(answer.hits) == 2

    def test_the_same_bytes_may_come_again_meanwhile(self, add: Upload) -> None:
        first = add("tea.md", "Green tea.")
        documents.remove_soon(Document.objects.all(), None)
        second = add("tea.md", "Green tea.")
        assert second.pk != first.pk
        removal.finish_removals()
        parse.parse(second.newest.pk)
        assert Version.objects.get().status == Status.READY
