"""Two other indexes of a collection are built beside the active one while everything continues.

Every search uses one complete index: the old one before the swap, the new one after it.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from kb.indexing import activation, generations
from kb.library import documents
from kb.models import Action, AuditEntry, Collection, Document, Status, Version, VersionText
from kb.searching import search
from kb.storage import files
from retrieval import search as retrieval
from retrieval.chunking.tree import Kind
from retrieval.models import Generation, IndexedVersion, Passage, PassageVector, Segment
from retrieval.options import Grain, Mode, SearchOptions
from tests.conftest import Upload, work
from tests.crash.supervision import unfinished, wait_for, workers
from tests.crash.worker import EMBEDDED, UNHARMED
from tests.indexing.conftest import assert_whole, passages

FIRST, UPLOADS, DELETES, SEARCHES = 40, 200, 50, 1000
FRUITS = [f"{letter}umquat" for letter in ascii_lowercase[:25]]
SPICES = [f"{letter}innamon" for letter in ascii_lowercase[:7]]

pytestmark = pytest.mark.django_db(transaction=True)


def recipe(number: int, edition: int = 1) -> str:
    fruit, spice = FRUITS[number % len(FRUITS)], SPICES[number % len(SPICES)]
    return f"# Dish {number}\n\nBoil {fruit} with {spice}, edition {edition}.\n\n## Salt\n\nA pinch of salt{number}."


@contextmanager
def snapshot() -> Iterator[None]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


class Kitchen:
    """Who uploads, removes and searches: each in a thread, with numbers of their own."""

    def __init__(self, collection: Collection, alice: User, add: Upload, folder: Path) -> None:
        self.collection, self.alice, self.add, self.folder = collection, alice, add, folder
        self.first = collection.generation_id  # activation changes the collection at hand before it commits
        self.uploaded = self.removed = 0
        self.asked: Counter[int] = Counter()  # searches answered by each generation
        self.lock = threading.Lock()

    def upload(self, numbers: range) -> None:
        """Every tenth is another edition of a document that is there."""
        for number in numbers:
            if number % 10:
                self.add(f"{number}.md", recipe(number))
            else:
                source = self.folder / f"edition-{number}.md"
                source.write_text(recipe(number, edition=2))
                old = Document.objects.get(name=f"{number % FIRST}.md")
                with files.copied(source) as incoming:
                    documents.replace(old, self.alice, incoming)
            self.uploaded += 1

    def remove(self, n: int) -> None:
        """At once or by a task, in turn; never those that somebody replaces."""
        chance = random.Random(n)
        for turn in range(n):
            there = [name for name in self.names() if int(name.removesuffix(".md")) % 10]
            document = Document.objects.filter(name=chance.choice(there))
            how = documents.remove if turn % 2 else documents.remove_soon
            self.removed += how(document, self.alice)

    def names(self) -> list[str]:
        return list(Document.objects.present().order_by("pk").values_list("name", flat=True))

    def search(self, numbers: range) -> None:
        for number in numbers:
            with snapshot():
                generation = self.check(f"{FRUITS[number % len(FRUITS)]} {SPICES[number % len(SPICES)]}")
                if number % 10 == 0:
                    self.check_by_hand(generation, FRUITS[number % len(FRUITS)])
            with self.lock:
                self.asked[generation.pk] += 1

    def check(self, question: str) -> Generation:
        """Asked as a person does, the answer is that of the index which was activated last; gives that."""
        last = AuditEntry.objects.filter(action=Action.INDEX_ACTIVATED).order_by("pk").last()
        wanted = last.details["generation"] if last else self.first
        generation = Generation.objects.select_related("vector_space").get(pk=wanted)
        found = search.search(self.alice, None, question, SearchOptions(limit=5))
        expected = retrieval.search([generation], question, SearchOptions(limit=5))
        assert [(hit.passage.pk, hit.hit.score) for hit in found.hits] == [
            (hit.passage.pk, hit.score) for hit in expected.hits
        ]
        assert found.notices == []
        assert len(found.hits) == 5
        assert {hit.passage.generation_id for hit in found.hits} == {generation.pk}
        return generation

    def check_by_hand(self, generation: Generation, word: str) -> None:
        """Of the documents that the index holds, those with the word are found, each once."""
        rows = generation.versions.filter(visible=True, status=Status.READY).values("version")
        texts = VersionText.objects.filter(version__in=rows).values_list("version", "text")
        options = SearchOptions(mode=Mode.LEXICAL, grain=Grain.DOCUMENT, limit=100)
        found = [hit.passage.version for hit in retrieval.search([generation], word, options).hits]
        assert sorted(found) == sorted(version for version, text in texts if word in text.split())


def state(generation: Generation) -> str:
    return Generation.objects.get(pk=generation.pk).state


def in_own_connection(action: Callable[[], None]) -> None:
    try:
        action()
    finally:
        connection.close()


def assert_each_present_document_is_there_once(generation: Generation) -> None:
    newest: dict[str, int] = {}
    parsed = Version.objects.parsed().filter(document__removed_at=None).order_by("number")
    newest.update(parsed.values_list("document", "pk"))
    rows = IndexedVersion.objects.filter(generation=generation, visible=True)
    assert sorted(rows.values_list("version", flat=True)) == sorted(newest.values())
    assert set(rows.values_list("status", flat=True)) == {Status.READY}
    counts = dict(rows.values_list("version", "passage_count"))
    assert min(counts.values()) > 0
    there = Passage.objects.filter(generation=generation, version__in=counts)
    assert Counter(there.filter(kind=Kind.PASSAGE).values_list("version", flat=True)) == counts
    assert set(Counter(there.filter(kind=Kind.DOCUMENT).values_list("version", flat=True)).values()) == {1}
    vectors = PassageVector.objects.filter(generation=generation, version__in=counts)
    assert Counter(vectors.values_list("version", flat=True)) == counts, "a window for each of these short passages"
    assert dict(Segment.objects.filter(generation=generation, version__in=counts).values_list("version", "size")) == (
        counts
    )


def test_searches_uploads_and_removals_go_on_while_two_indexes_are_built_side_by_side(
    collection: Collection, alice: User, add: Upload, tmp_path: Path
) -> None:
    kitchen = Kitchen(collection, alice, add, tmp_path)
    for number in range(FIRST):
        add(f"{number}.md", recipe(number))
    work()
    first = collection.generation
    with workers(UNHARMED, tmp_path, 0) as codes, ThreadPoolExecutor(max_workers=5) as people:

        def begin(action: Callable[..., None], *arguments: Any) -> Future[None]:
            return people.submit(in_own_connection, partial(action, *arguments))

        changes = [begin(kitchen.upload, range(FIRST, FIRST + UPLOADS)), begin(kitchen.remove, DELETES)]
        searches = [begin(kitchen.search, range(0, SEARCHES, 2))]
        legal = generations.start(collection, alice, preset="legal", activate_when_complete=True)
        short = generations.start(collection, alice, dimensions=16)
        wait_for(lambda: all(change.done() for change in changes), "uploads and removals")
        wait_for(lambda: Collection.objects.get(pk=collection.pk).generation == legal, "the first swap")
        wait_for(lambda: generations.building(short).complete and not unfinished(), "the other index")
        with snapshot():
            for generation in (legal, short):
                assert_each_present_document_is_there_once(generation)
        searches.append(begin(kitchen.search, range(1, SEARCHES, 2)))
        wait_for(lambda: kitchen.asked[legal.pk] > 0, "an answer of the first new index")
        activation.activate(collection, short, alice)
        for one in changes + searches:
            one.result()
        assert codes == []
    assert (kitchen.uploaded, kitchen.removed, kitchen.asked.total()) == (UPLOADS, DELETES, SEARCHES)
    assert set(kitchen.asked) == {first.pk, legal.pk, short.pk}, "each of them has answered"
    assert (state(first), state(legal), state(short)) == ("retired", "retired", "active")
    assert (legal.preset, short.vector_space.dimensions) == ("legal", 16)
    embedded = (tmp_path / EMBEDDED).read_text().split()
    assert len(embedded) == len(set(embedded)), "no text is embedded twice"


def essay(number: int) -> str:
    """Long enough for other passages with another preset, and for several batches."""
    sentences = [f"Sentence {n} of essay {number} tells of {FRUITS[n % 25]} and {SPICES[n % 7]}." for n in range(150)]
    return "# Essay\n\n" + "\n\n".join(" ".join(sentences[start : start + 10]) for start in range(0, 150, 10))


@pytest.mark.parametrize("moment", ["embedding", "publishing"])
def test_a_worker_killed_five_times_in_the_middle_of_the_build(
    moment: str, collection: Collection, alice: User, add: Upload, tmp_path: Path
) -> None:
    trials, n = 5, 8
    for number in range(n):
        add(f"{number}.md", essay(number))
    with workers(UNHARMED, tmp_path, 0):
        wait_for(lambda: not unfinished(), "the first index")
    before = passages(collection.generation)
    at_first = (tmp_path / EMBEDDED).read_text().split()

    made = generations.start(collection, alice, preset="narrative", activate_when_complete=True)
    with workers(moment, tmp_path, trials) as codes:
        wait_for(lambda: generations.building(made).complete, "the new index")
        wait_for(lambda: Collection.objects.get().generation == made, "the swap")
        assert len(codes) == trials, "not killed as often as wanted"
    assert passages(collection.generation) == before, "the old one is as it was"
    assert sorted(made.versions.values_list("attempt", flat=True)) == [1] * (n - trials) + [2] * trials
    for generation in (made, collection.generation):
        assert_whole(generation)
    embedded = (tmp_path / EMBEDDED).read_text().split()
    assert len(embedded) > len(at_first), "another preset makes other texts"
    assert len(embedded) == len(set(embedded)), "no text is embedded twice"
