"""A data folder that the old product left goes on with this one: see make_old_data.py for what is in it.

Alice owns two collections. In them stand documents in every state that the old product could leave one in.
"""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.migrations.exceptions import IrreversibleError
from django.test import Client

from kb.indexing import tasks
from kb.library import documents
from kb.models import AuditEntry, Collection, Document, Status, Version, ZeroResultSearch
from kb.searching.search import search
from kb.storage import files
from retrieval.chunking.tree import Kind
from retrieval.models import CachedEmbedding, Generation, IndexedVersion, Passage, PassageVector, Segment
from retrieval.search import SearchOptions
from tests.conftest import signed_in
from tests.upgrade.questions import QUESTIONS, highlighted

NO_TEXT = {"blank.pdf", "ropes.md"}
GAVE_UP = {"lamp.md", "sails.md"}  # failed for a reason of the old product


def shown_to(user: User) -> dict[str, Document]:
    return {document.name: document for document in Document.objects.visible_to(user).with_progress()}


def names(shown: dict[str, Document], status: Status) -> set[str]:
    return {name for name, document in shown.items() if document.progress.status == status}


def work_off_the_queue() -> None:
    """What the workers do after the upgrade."""
    for version in list(Version.objects.claimable().values_list("pk", flat=True)):
        tasks.parse(version)
    for indexed in list(IndexedVersion.objects.claimable().values_list("pk", flat=True)):
        tasks.build(indexed)


def hits_for(user: User, question: str, mode: str = "lexical") -> list[tuple[str, int]]:
    found = search(user, None, question, SearchOptions(mode=mode)).hits
    return [(hit.document.name, hit.version.number) for hit in found]


def test_every_document_is_shown_as_before(alice: User, before: dict[str, Any]) -> None:
    shown = {
        name: {
            "id": document.pk,
            "collection": document.collection.name,
            "versions": document.versions.count(),
            "status": document.progress.status,
            "error_code": document.progress.error_code,
        }
        for name, document in shown_to(alice).items()
    }
    left_behind = {"gulls.md": before["documents"]["gulls.md"] | {"status": "queued"}}  # nobody works on it now
    assert shown == before["documents"] | left_behind


def test_everybody_has_the_rights_they_had(alice: User, before: dict[str, Any]) -> None:
    assert {one.name for one in Collection.objects.visible_to(alice)} == {"Harbour", "厨房"}
    assert {one.name for one in Collection.objects.visible_to(User.objects.get(username="bob"))} == {"Harbour"}
    script = Client(headers={"authorization": f"Bearer {before['token']}"})
    opened = script.get("/api/v1/collections/").json()["results"]
    assert [one["name"] for one in opened] == ["厨房"]
    assert script.post("/api/v1/collections/", {"name": "Attic"}).status_code == 403


def test_what_was_kept_for_later_is_kept(upgraded: None, before: dict[str, Any]) -> None:
    assert AuditEntry.objects.count() == before["rows"]["Event"]
    assert [one.question for one in ZeroResultSearch.objects.all()] == ["zeppelin hangar"]
    assert CachedEmbedding.objects.count() == before["rows"]["Embedded"]


@pytest.mark.parametrize("place", range(len(QUESTIONS)), ids=[question for question, _mode in QUESTIONS])
def test_the_same_question_has_the_same_hits(alice: User, before: dict[str, Any], place: int) -> None:
    asked = before["answers"][place]
    found = search(alice, None, asked["question"], SearchOptions(mode=asked["mode"])).hits
    assert [(hit.document.name, hit.version.number, hit.passage.start, hit.passage.end, hit.url) for hit in found] == [
        (hit["document"], hit["version"], hit["start"], hit["end"], hit["url"]) for hit in asked["hits"]
    ]
    for now, then in zip(found, asked["hits"], strict=True):
        for retriever in ("dense", "lexical"):
            explained = getattr(now.hit, retriever)
            assert (explained and [explained.rank, explained.score]) == (
                then[retriever] and pytest.approx(then[retriever], abs=1e-6)
            )


def test_an_address_made_before_opens_the_same_words(alice: User, before: dict[str, Any]) -> None:
    client = signed_in(alice)
    opened = {address: highlighted(client.get(address).content.decode()) for address in before["opened"]}
    assert opened == before["opened"]


def test_what_waited_becomes_ready(alice: User) -> None:
    work_off_the_queue()
    shown = shown_to(alice)
    assert names(shown, Status.FAILED) == NO_TEXT | GAVE_UP
    assert names(shown, Status.READY) == shown.keys() - NO_TEXT - GAVE_UP

    assert hits_for(alice, "cabbage ferments") == [("kimchi.md", 1)]  # was never read
    assert hits_for(alice, "chain") == [("anchors.md", 1)]  # waited for the engine
    assert hits_for(alice, "unequal thickness") == [("knots.md", 1)]  # its worker died
    assert hits_for(alice, "starboard") == [("buoys.md", 1)]  # was to be indexed again
    assert hits_for(alice, "mussels") == [("gulls.md", 1)]  # and its worker died
    assert hits_for(alice, "neap") == [("tides.md", 2)]  # its second version was never read
    assert {version for name, version in hits_for(alice, "spring tides") if name == "tides.md"} == {2}


def test_what_failed_can_be_retried(alice: User) -> None:
    newest = Version.objects.filter(pk__in=Document.objects.visible_to(alice).values("latest"))
    assert documents.retry(newest, alice) == len(NO_TEXT | GAVE_UP)
    work_off_the_queue()
    shown = shown_to(alice)
    assert names(shown, Status.FAILED) == NO_TEXT
    assert {shown[name].progress.error_code for name in NO_TEXT} == {"no_text"}
    assert hits_for(alice, "wick") == [("lamp.md", 1)]
    assert hits_for(alice, "mainsail") == [("sails.md", 1)]
    assert hits_for(alice, "bowline") == [("ropes.md", 1)]  # the version that has a text


def test_what_was_removed_stays_removed(alice: User) -> None:
    assert hits_for(alice, "schooner clementine oak pier") == []
    work_off_the_queue()
    tasks.finish_removals()
    assert not Document.objects.filter(name__in=["wrecks.md", "bell.md", "piers.md"]).exists()
    assert not Collection.objects.filter(name="Cellar").exists()
    assert Generation.objects.count() == 2
    there = set(Version.objects.values_list("pk", flat=True))
    for kind in (IndexedVersion, Passage, PassageVector, Segment):
        assert set(kind.objects.values_list("version", flat=True)) <= there
    assert set(files.kept()) == set(Version.objects.values_list("sha256", flat=True))


def test_stored_counts_are_right_all_along(upgraded: None) -> None:
    assert_counts_are_right()
    work_off_the_queue()
    assert_counts_are_right()
    tasks.finish_removals()
    assert_counts_are_right()


def assert_counts_are_right() -> None:
    for collection in Collection.objects.all():
        assert collection.document_count == Document.objects.present().filter(collection=collection).count()
        passages = Passage.objects.filter(generation=collection.generation, kind=Kind.PASSAGE)
        assert collection.generation.passage_count == passages.count()
    for indexed in IndexedVersion.objects.all():
        passages = Passage.objects.filter(generation=indexed.generation, version=indexed.version, kind=Kind.PASSAGE)
        assert indexed.passage_count == passages.count()


def test_there_is_no_way_back_and_trying_changes_nothing(alice: User, before: dict[str, Any]) -> None:
    with pytest.raises(IrreversibleError, match=r"kb\.0012_indexed_versions is not reversible"):
        call_command("migrate", "kb", "0010", verbosity=0)
    assert shown_to(alice).keys() == before["documents"].keys()
