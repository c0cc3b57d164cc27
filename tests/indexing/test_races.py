"""Changes of a document or collection while a worker processes it: nothing is lost, doubled or left behind."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from kb.indexing import build, claims, generations, parse
from kb.library import collections, documents, removal
from kb.models import Collection, Document, Status, Version, VersionText
from kb.storage import files
from retrieval import build as index
from retrieval.models import Generation, IndexedVersion, Passage, PassageVector, Posting, Segment
from tests.conftest import Upload, work
from tests.engines import WordsEngine
from tests.indexing.conftest import TEXT, active, assert_whole, in_own_connection, indexing, passages

Meanwhile = Callable[[Callable[[], object]], None]
CLAUSES = "\n\n".join(f"{n}. Clause {n}. The party shall pay the other party {n} coins in gold." for n in range(40))


@pytest.fixture
def while_embedding(engine: WordsEngine, monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Runs an action when a worker next calls the engine: after its claim and before publishing."""
    embed = engine.embed

    def arrange(action: Callable[[], object]) -> None:
        def interrupted(texts: list[str], **how: Any) -> object:
            monkeypatch.setattr(engine, "embed", embed)
            action()
            return embed(texts, **how)

        monkeypatch.setattr(engine, "embed", interrupted)

    return arrange


@pytest.fixture
def while_parsing(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Runs an action when a worker has parsed a file but not stored the text."""
    keep = parse._keep

    def arrange(action: Callable[[], object]) -> None:
        def interrupted(*args: Any) -> None:
            monkeypatch.setattr(parse, "_keep", keep)
            action()
            keep(*args)

        monkeypatch.setattr(parse, "_keep", interrupted)

    return arrange


def replace(document: Document, content: str, folder: Path) -> Version:
    source = folder / "next.md"
    source.write_text(content)
    with files.copied(source) as incoming:
        return documents.replace(document, None, incoming).document.newest


class TestPresets:
    def test_of_a_document_chosen_while_a_worker_splits_it_the_old_way(
        self, add: Upload, collection: Collection, while_embedding: Meanwhile
    ) -> None:
        document = add("lease.md", CLAUSES)
        while_embedding(lambda: documents.change(document, None, preset="narrative"))
        parse.parse(document.newest.pk)
        row = indexing(document)
        assert (row.status, row.attempt) == (Status.QUEUED, 1), "the worker has lost it, and published nothing"
        assert passages() == []
        work()
        row = indexing(document)
        assert (row.status, row.preset, row.attempt) == (Status.READY, "narrative", 2)
        assert_whole(collection.generation)

    def test_twice_in_a_row_the_last_one_wins(self, add: Upload, while_embedding: Meanwhile) -> None:
        """Another worker processes the first choice when the second is made."""
        document = add("lease.md", CLAUSES)

        def again() -> None:
            documents.change(document, None, preset="narrative")
            while_embedding(lambda: documents.change(document, None, preset="paper"))
            build.build(indexing(document).pk)

        while_embedding(again)
        parse.parse(document.newest.pk)
        assert indexing(document).status == Status.QUEUED
        work()
        assert (indexing(document).status, indexing(document).preset) == (Status.READY, "paper")

    def test_while_its_file_is_read(self, add: Upload, while_parsing: Meanwhile) -> None:
        document = add("lease.md", CLAUSES)
        while_parsing(lambda: documents.change(document, None, preset="narrative"))
        parse.parse(document.newest.pk)
        assert (indexing(document).status, indexing(document).preset) == (Status.READY, "narrative")

    def test_in_an_index_that_is_being_built_too(
        self, ready: Upload, collection: Collection, alice: User, while_embedding: Meanwhile, engine: WordsEngine
    ) -> None:
        document = ready("lease.md", CLAUSES)
        made = generations.start(collection, alice, preset="technical")
        row = indexing(document, made)
        publish = index.publish

        with pytest.MonkeyPatch.context() as patch:

            def change_first(claim: Any) -> None:
                documents.change(document, None, preset="narrative")

            patch.setattr(claims.Claim, "keep", change_first)
            build.build(row.pk)
        assert index.publish == publish
        row.refresh_from_db()
        assert row.status == Status.QUEUED
        work()
        for generation in (made, collection.generation):
            assert (indexing(document, generation).status, indexing(document, generation).preset) == (
                Status.READY,
                "narrative",
            )
            assert_whole(generation)

    @pytest.mark.parametrize("stage", ["parsing", "embedding"])
    def test_of_the_collection_while_its_documents_are_in_work(
        self, add: Upload, collection: Collection, alice: User, stage: str, request: pytest.FixtureRequest
    ) -> None:
        meanwhile: Meanwhile = request.getfixturevalue(f"while_{stage}")
        waiting, in_work = add("soup.md", TEXT), add("lease.md", CLAUSES)
        before = collection.generation
        meanwhile(lambda: collections.change_preset(collection, alice, "legal"))
        parse.parse(in_work.newest.pk)
        assert (indexing(in_work).status, indexing(in_work).preset) == (Status.READY, "general")
        assert active(collection) == before, "the old one serves"
        work()
        after = active(collection)
        assert after.preset == "legal"
        for document in (waiting, in_work):
            assert (indexing(document, after).status, indexing(document, after).preset) == (Status.READY, "legal")
        assert_whole(after)
        assert Document.objects.with_progress().in_status(Status.READY).count() == 2


class TestVersions:
    def test_a_second_one_is_ready_before_the_first(
        self, add: Upload, collection: Collection, while_embedding: Meanwhile, tmp_path: Path
    ) -> None:
        document = add("tea.md", "Green tea wants seventy degrees.")
        first = document.newest
        while_embedding(lambda: parse.parse(replace(document, "Green tea wants eighty degrees.", tmp_path).pk))
        parse.parse(first.pk)
        assert [text for _version, _start, text in passages()] == ["Green tea wants eighty degrees."]
        assert [row.version for row in IndexedVersion.objects.all()] == [Document.objects.get().newest.pk]
        assert VersionText.objects.count() == 2, "what was read can still be cited"
        assert_whole(collection.generation)

    def test_a_second_one_comes_and_waits(
        self, add: Upload, collection: Collection, while_embedding: Meanwhile, tmp_path: Path
    ) -> None:
        document = add("tea.md", "Green tea wants seventy degrees.")
        while_embedding(lambda: replace(document, "Green tea wants eighty degrees.", tmp_path))
        parse.parse(document.newest.pk)
        assert [text for _version, _start, text in passages()] == ["Green tea wants seventy degrees."]
        work()
        assert [text for _version, _start, text in passages()] == ["Green tea wants eighty degrees."]
        assert_whole(collection.generation)

    def test_a_second_one_comes_while_another_index_is_built(
        self, ready: Upload, collection: Collection, alice: User, tmp_path: Path
    ) -> None:
        document = ready("tea.md", "Green tea wants seventy degrees.")
        made = generations.start(collection, alice, preset="legal")
        publish = index.publish

        def replaced(generation: Generation, *args: Any) -> None:
            if generation == made and document.versions.count() == 1:
                replace(document, "Green tea wants eighty degrees.", tmp_path)
            publish(generation, *args)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(index, "publish", replaced)
            build.build(indexing(document, made).pk)
        assert [text for _version, _start, text in passages(made)] == ["Green tea wants seventy degrees."]
        work()
        for generation in (made, collection.generation):
            assert [text for _version, _start, text in passages(generation)] == ["Green tea wants eighty degrees."]
            assert generation.versions.count() == 1
            assert_whole(generation)


class TestRemoval:
    def assert_nothing_is_left(self, collection: Collection) -> None:
        for kind in (Document, Version, VersionText, IndexedVersion, Passage, PassageVector, Segment, Posting):
            assert not kind.objects.exists(), kind
        assert set(Generation.objects.values_list("passage_count", flat=True)) == {0}
        assert Collection.objects.get(pk=collection.pk).document_count == 0
        assert list(files.kept()) == []

    @pytest.mark.parametrize("how", [documents.remove, documents.remove_soon])
    @pytest.mark.django_db(transaction=True)
    def test_while_it_is_embedded(
        self, add: Upload, collection: Collection, while_embedding: Meanwhile, how: Callable[..., int]
    ) -> None:
        document = add("tea.md", TEXT)
        while_embedding(lambda: how(Document.objects.all(), None))
        parse.parse(document.newest.pk)
        assert passages() == []
        removal.finish_removals()
        self.assert_nothing_is_left(collection)

    @pytest.mark.parametrize("how", [documents.remove, documents.remove_soon])
    @pytest.mark.django_db(transaction=True)
    def test_while_another_index_is_built_of_it(
        self, ready: Upload, collection: Collection, alice: User, how: Callable[..., int]
    ) -> None:
        document = ready("tea.md", TEXT)
        made = generations.start(collection, alice, dimensions=16)
        row = indexing(document, made)
        claim = claims.take

        with pytest.MonkeyPatch.context() as patch:

            def claimed(*args: Any) -> Any:
                found = claim(*args)
                how(Document.objects.all(), None)
                return found

            patch.setattr(claims, "take", claimed)
            build.build(row.pk)
        removal.finish_removals()
        work()
        self.assert_nothing_is_left(collection)
        assert generations.building(made).complete

    @pytest.mark.django_db(transaction=True)
    def test_while_it_is_published_it_waits_for_the_end(
        self, add: Upload, collection: Collection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        document = add("tea.md", TEXT)
        publish = index.publish
        removed: list[int] = []
        remover = threading.Thread(target=in_own_connection, args=(lambda: removed.append(
            documents.remove(Document.objects.all(), None)
        ),))  # fmt: skip

        def slowly(*args: Any) -> None:
            publish(*args)
            remover.start()
            remover.join(timeout=0.5)
            assert removed == []

        monkeypatch.setattr(index, "publish", slowly)
        parse.parse(document.newest.pk)
        remover.join()
        assert removed == [1]
        self.assert_nothing_is_left(collection)
