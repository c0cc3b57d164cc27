"""Postings of a former cut are replaced in the background."""

import pytest
from django.contrib.auth.models import User

from kb.indexing import queue, recut
from kb.library import documents
from kb.management.commands.work import Command as Work
from kb.models import Collection, Document
from kb.operations import upkeep
from retrieval.chunking.tree import Kind
from retrieval.indexes import bm25, configured
from retrieval.models import Generation, IndexedVersion, Passage, PassageVector
from retrieval.options import Mode, SearchOptions
from retrieval.search import search
from retrieval.terms import CUT
from tests.conftest import Upload, new_collection
from tests.engines import WordsEngine

pytestmark = pytest.mark.django_db

TEXT = "# Boats\n\nThe ferry Zoë sails at noon.\n\n# Rates\n\nA rower pays 1,250 crowns."


@pytest.fixture
def former(ready: Upload, collection: Collection) -> IndexedVersion:
    """A document whose postings know only whole lower-case words, as some former cut."""
    ready("boats.md", TEXT)
    row = IndexedVersion.objects.get()
    passages = Passage.objects.filter(kind=Kind.PASSAGE).order_by("ordinal")
    words = [passage.text.lower().replace(".", "").split() for passage in passages]
    ids = {row.version: [passage.pk for passage in passages]}
    configured.lexical().remove(row.generation_id, ids)
    configured.lexical().write(row.generation_id, row.version, ids[row.version], bm25.pack(words))
    IndexedVersion.objects.update(cut=CUT - 1)
    return row


by_words = SearchOptions(mode=Mode.LEXICAL)


def kept() -> list[list[object]]:
    return [list(kind.objects.order_by("pk").values_list("pk", flat=True)) for kind in (Passage, PassageVector)]


def found(collection: Collection, text: str) -> int:
    return len(search([collection.generation], text, by_words).hits)


def test_a_former_cut_answers_until_it_is_replaced_and_nothing_is_embedded_again(
    former: IndexedVersion, collection: Collection, engine: WordsEngine
) -> None:
    assert (found(collection, "ferry"), found(collection, "Zoe"), found(collection, "1250")) == (1, 0, 0)
    before = kept()
    revision = Generation.objects.get().revision
    engine.embedded.clear()
    recut.recut()
    assert (found(collection, "ferry"), found(collection, "Zoe"), found(collection, "1250")) == (1, 1, 1)
    assert [
        list(kind.objects.order_by("pk").values_list("pk", flat=True)) for kind in (Passage, PassageVector)
    ] == before
    assert engine.embedded == []
    assert Generation.objects.get().revision > revision  # cached hits are no longer used
    assert configured.lexical().count(former.generation_id) == Generation.objects.get().passage_count
    assert not IndexedVersion.objects.of_a_former_cut().exists()


def test_the_new_postings_are_those_of_a_new_document(
    former: IndexedVersion, collection: Collection, alice: User, ready: Upload
) -> None:
    recut.recut()
    fresh = new_collection(alice, "Fresh")
    ready("boats.md", TEXT, fresh)
    again, new = (
        [(hit.score, hit.lexical) for hit in search([one.generation], "rowers pay 1250", by_words).hits]
        for one in (collection, fresh)
    )
    assert again == new != []


def test_it_stops_in_time_and_goes_on(former: IndexedVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    queued: list[object] = []
    monkeypatch.setattr(queue, "enqueue", lambda task, *_args, **_options: queued.append(task))
    recut.recut(-1.0)
    assert queued == [recut.recut]
    assert IndexedVersion.objects.of_a_former_cut().exists()
    upkeep._enqueue_upkeep()
    assert queued == [recut.recut] * 2
    recut.recut()
    upkeep._enqueue_upkeep()
    assert len(queued) == 2


def test_a_removed_document_is_left_alone(former: IndexedVersion, alice: User) -> None:
    documents.remove_soon(Document.objects.all(), alice)
    assert not recut.recut_version(former.pk)


def test_without_a_worker(former: IndexedVersion) -> None:
    Work().handle()
    assert not IndexedVersion.objects.of_a_former_cut().exists()
