"""Stored counts stay equal to the counted rows after any sequence of changes."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from kb.indexing import activation, generations
from kb.indexing.progress import status_counts
from kb.library import collections, documents, removal
from kb.models import Collection, Document, Status, Version
from kb.storage import files
from retrieval.chunking.tree import Kind
from retrieval.models import Generation, Passage
from tests.conftest import new_collection, work
from tests.engines import WordsEngine
from tests.indexing.conftest import assert_whole, let_time_pass

STEPS = 60
WORDS = ["tea", "milk", "soup", "bread", "salt", "rice"]


class Librarian:
    """Makes random changes in two collections."""

    def __init__(self, seed: int, by: User, shelves: list[Collection], engine: WordsEngine, folder: Path) -> None:
        self.random = random.Random(seed)
        self.by = by
        self.shelves = shelves
        self.engine = engine
        self.folder = folder
        self.done: list[str] = []

    def act(self) -> None:
        weighted: list[tuple[Callable[[], object], int]] = [
            (self.add, 6), (self.replace, 3), (self.remove, 2), (self.remove_soon, 2), (self.finish_removals, 1),
            (self.index_again, 2), (self.read_again, 1), (self.split_otherwise, 2), (self.retry, 1),
            (self.split_all_otherwise, 1), (self.start, 1), (self.activate, 1), (self.drop, 1), (self.take_back, 1),
            (self.purge, 1), (self.toggle_engine, 1), (self.work, 4),
        ]  # fmt: skip
        (action,) = self.random.choices([one for one, _ in weighted], [weight for _, weight in weighted])
        self.done.append(action.__name__)
        action()

    def some(self, n: int = 3) -> list[str]:
        there = sorted(Document.objects.present().values_list("pk", flat=True))
        return self.random.sample(there, min(n, len(there)))

    def content(self) -> Path:
        path = self.folder / f"{self.random.randrange(30)}.md"  # some of them come again
        word = WORDS[int(path.stem) % len(WORDS)]
        sections = [f"# {word} {n}\n\n{word} and more {word}." for n in range(int(path.stem) % 4)]
        path.write_text("\n\n".join([*sections, f"{word} {path.stem}"]) if int(path.stem) % 7 else " ")
        return path

    def add(self) -> None:
        with files.copied(self.content()) as incoming:
            documents.add(self.random.choice(self.shelves), self.by, incoming)

    def replace(self) -> None:
        for document in Document.objects.filter(pk__in=self.some(1)):
            with files.copied(self.content()) as incoming:
                documents.replace(document, self.by, incoming)

    def remove(self) -> None:
        documents.remove(Document.objects.filter(pk__in=self.some(2)), self.by)

    def remove_soon(self) -> None:
        documents.remove_soon(Document.objects.filter(pk__in=self.some(2)), self.by)

    def finish_removals(self) -> None:
        removal.finish_removals()

    def index_again(self) -> None:
        documents.reindex(Version.objects.filter(document__in=self.some()), self.by)

    def read_again(self) -> None:
        documents.parse_again(Document.objects.filter(pk__in=self.some(2)), self.by)

    def retry(self) -> None:
        documents.retry(Version.objects.filter(document__in=self.some()), self.by)

    def split_otherwise(self) -> None:
        for document in Document.objects.filter(pk__in=self.some(1)):
            documents.change(document, self.by, preset=self.random.choice(["", "legal", "narrative", "code"]))

    def shelf(self) -> Collection:
        return Collection.objects.get(pk=self.random.choice(self.shelves).pk)

    def split_all_otherwise(self) -> None:
        self.unless_refused(
            lambda: collections.change_preset(self.shelf(), self.by, self.random.choice(["general", "legal"]))
        )

    def start(self) -> None:
        self.unless_refused(lambda: generations.start(self.shelf(), self.by, dimensions=self.random.choice([16, 64])))

    def of(self, shelf: Collection, state: Generation.State) -> Generation | None:
        return Generation.objects.filter(collection=shelf.pk, state=state).order_by("?").first()

    def activate(self) -> None:
        shelf = self.shelf()
        if found := self.of(shelf, Generation.State.BUILDING):
            self.unless_refused(lambda: activation.activate(shelf, found, self.by))

    def drop(self) -> None:
        shelf = self.shelf()
        if found := self.of(shelf, Generation.State.BUILDING) or self.of(shelf, Generation.State.RETIRED):
            generations.drop(shelf, found, self.by)

    def take_back(self) -> None:
        if found := self.of(self.shelf(), Generation.State.RETIRED):
            self.unless_refused(lambda: generations.resume(found))

    def purge(self) -> None:
        generations.purge_dropped()

    def toggle_engine(self) -> None:
        self.engine.away = not self.engine.away

    def work(self) -> None:
        let_time_pass()
        work()

    def unless_refused(self, action: Callable[[], object]) -> None:
        try:
            action()
        except activation.GenerationError:
            self.done.append("(refused)")


def assert_counts() -> None:
    for collection in Collection.objects.all():
        there = Document.objects.present().filter(collection=collection)
        assert collection.document_count == there.count()
        by_status = {status.value: there.with_progress().in_status(status).count() for status in Status}
        assert status_counts(collection) == by_status
    for generation in Generation.objects.all():
        passages = Passage.objects.filter(generation=generation, kind=Kind.PASSAGE)
        assert generation.passage_count == passages.count()


@pytest.mark.parametrize("seed", range(6))
def test_after_every_step_and_when_all_is_done(
    seed: int, alice: User, collection: Collection, engine: WordsEngine, tmp_path: Path
) -> None:
    shelves = [collection, new_collection(alice, "Other")]
    librarian = Librarian(seed, alice, shelves, engine, tmp_path)
    for _step in range(STEPS):
        librarian.act()
        assert_counts()
    assert set(librarian.done) >= {"add", "replace", "remove", "index_again", "work"}, "too short a day"

    engine.away = False
    librarian.work()
    librarian.work()
    removal.finish_removals()
    generations.purge_dropped()
    assert_counts()
    assert set(Document.objects.values_list("removed_at", flat=True)) <= {None}
    assert status_counts()["queued"] == status_counts()["processing"] == 0
    live = Generation.objects.filter(state__in=[Generation.State.ACTIVE, Generation.State.BUILDING])
    for generation in live:
        newest_read = {
            document.versions.parsed().order_by("-number")[0].pk
            for document in Document.objects.filter(collection=generation.collection, versions__status=Status.READY)
        }
        assert set(generation.versions.values_list("version", flat=True)) == newest_read
    for generation in Generation.objects.all():
        assert_whole(generation)
