"""Upgrading a data folder of the old product; make_old_data.py says what is in it.

Alice owns two collections with documents in every state that the old product could leave behind.
"""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.migrations.exceptions import IrreversibleError
from django.test import Client

from kb.indexing import recut
from kb.library import documents, removal
from kb.models import AuditEntry, Collection, Document, Status, Version, ZeroResultSearch
from kb.searching.search import FoundPassage, search
from kb.storage import files
from retrieval.chunking.tree import Kind
from retrieval.models import CachedEmbedding, Generation, IndexedVersion, Passage, PassageVector, Segment
from retrieval.options import Mode, SearchOptions
from tests.conftest import signed_in, work
from tests.engines import WordsEngine
from tests.upgrade.questions import QUESTIONS, highlighted

NO_TEXT = {"blank.pdf", "ropes.md"}
GAVE_UP = {"lamp.md", "sails.md"}  # failed for a reason of the old product


def shown_to(user: User) -> dict[str, Document]:
    return {document.name: document for document in Document.objects.visible_to(user).with_progress()}


def names(shown: dict[str, Document], status: Status) -> set[str]:
    return {name for name, document in shown.items() if document.progress.status == status}


def ask(user: User, question: str, mode: str) -> list[FoundPassage]:
    return search(user, None, question, SearchOptions(mode=Mode(mode))).hits


def found_by_words(user: User, question: str) -> list[tuple[str, int]]:
    """Names and numbers of the versions."""
    return [(hit.document.name, hit.version.number) for hit in ask(user, question, "lexical")]


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


def test_the_same_questions_have_the_same_hits(alice: User, before: dict[str, Any]) -> None:
    """To the last digit once the removed documents, whose words the old product went on counting, are gone.

    Only scores by words are other ones, as a question now counts some terms twice: the ranks by them are the same.
    """
    removal.finish_removals()
    assert len(before["answers"]) == len(QUESTIONS)
    for asked in before["answers"]:
        found = [noted(hit) for hit in ask(alice, asked["question"], asked["mode"])]
        expected = [
            {**hit, "dense": near(hit["dense"]), "lexical": hit["lexical"] and hit["lexical"][0]}
            for hit in asked["hits"]
        ]
        assert found == expected, asked["question"]


def noted(found: FoundPassage) -> dict[str, Any]:
    dense, lexical = found.hit.dense, found.hit.lexical
    return {
        "document": found.document.name,
        "version": found.version.number,
        "start": found.passage.start,
        "end": found.passage.end,
        "score": pytest.approx(found.hit.score, abs=1e-6),
        "dense": dense and [dense.rank, dense.score],
        "lexical": lexical and lexical.rank,
        "url": found.url,
    }


def near(explained: list[float] | None) -> object:
    """Rank and score of a retriever."""
    return explained and pytest.approx(explained, abs=1e-6)


def test_an_address_made_before_opens_the_same_words(alice: User, before: dict[str, Any]) -> None:
    client = signed_in(alice)
    opened = {address: highlighted(client.get(address).content.decode()) for address in before["opened"]}
    assert opened == before["opened"]


def test_every_page_opens(alice: User) -> None:
    hers = signed_in(alice)
    collections = Collection.objects.visible_to(alice)
    addresses = ["/", "/account/", "/api/v1/collections/", "/search/?q=salt"]
    addresses += [f"/collections/{one.pk}/" for one in collections]
    addresses += [f"/api/v1/collections/{one.pk}/documents/" for one in collections]
    shown = Document.objects.visible_to(alice)
    addresses += [f"/{room}documents/{one.pk}/" for one in shown for room in ("", "api/v1/")]
    addresses += [f"/documents/{one.pk}/passages/" for one in shown.filter(latest__status=Status.READY)]
    administrators = signed_in(User.objects.get(username="root"))
    kinds = ["collection", "document", "auditentry", "zeroresultsearch", "token"]
    panel = ["/admin/", *(f"/admin/kb/{kind}/" for kind in kinds)]
    opened = {address: hers.get(address).status_code for address in addresses}
    opened |= {address: administrators.get(address).status_code for address in panel}
    assert opened == dict.fromkeys([*addresses, *panel], 200)


def test_what_waited_becomes_ready(alice: User) -> None:
    work()
    shown = shown_to(alice)
    assert names(shown, Status.FAILED) == NO_TEXT | GAVE_UP
    assert names(shown, Status.READY) == shown.keys() - NO_TEXT - GAVE_UP

    assert found_by_words(alice, "cabbage ferments") == [("kimchi.md", 1)]  # was never read
    assert found_by_words(alice, "chain") == [("anchors.md", 1)]  # waited for the engine
    assert found_by_words(alice, "unequal thickness") == [("knots.md", 1)]  # its worker died
    assert found_by_words(alice, "starboard") == [("buoys.md", 1)]  # was to be indexed again
    assert found_by_words(alice, "mussels") == [("gulls.md", 1)]  # and its worker died
    assert found_by_words(alice, "neap") == [("tides.md", 2)]  # its second version was never read
    assert {version for name, version in found_by_words(alice, "spring tides") if name == "tides.md"} == {2}


def test_postings_are_cut_again_without_embedding(alice: User, engine: WordsEngine) -> None:
    former = IndexedVersion.objects.of_a_former_cut()
    rows, passages = former.count(), set(Passage.objects.values_list("pk", flat=True))
    assert rows > 0
    assert (found_by_words(alice, "merchants"), found_by_words(alice, "merchant")) == ([("harbour.pdf", 1)], [])
    recut.recut()
    assert (found_by_words(alice, "merchants"), found_by_words(alice, "merchant")) == ([("harbour.pdf", 1)],) * 2
    assert (former.count(), set(Passage.objects.values_list("pk", flat=True))) == (0, passages)
    assert engine.embedded == []
    assert_counts_are_right()


def test_of_each_document_one_version_is_searched(alice: User) -> None:
    work()
    searched = set(Passage.objects.values_list("version", flat=True))
    documents_of = Version.objects.filter(pk__in=searched).values_list("document", flat=True)
    assert len(documents_of) == len(set(documents_of))
    assert set(IndexedVersion.objects.values_list("version", flat=True)) == searched


def test_what_failed_can_be_retried(alice: User) -> None:
    newest = Version.objects.filter(pk__in=Document.objects.visible_to(alice).values("latest"))
    assert documents.retry(newest, alice) == len(NO_TEXT | GAVE_UP)
    work()
    shown = shown_to(alice)
    assert names(shown, Status.FAILED) == NO_TEXT
    assert {shown[name].progress.error_code for name in NO_TEXT} == {"no_text"}
    assert found_by_words(alice, "wick") == [("lamp.md", 1)]
    assert found_by_words(alice, "mainsail") == [("sails.md", 1)]
    assert found_by_words(alice, "bowline") == [("ropes.md", 1)]  # the version that has a text


def test_what_was_removed_stays_removed(alice: User) -> None:
    assert found_by_words(alice, "schooner clementine oak pier") == []
    wrecks = Version.objects.get(document__name="wrecks.md")
    assert not IndexedVersion.objects.get(version=wrecks.pk).visible
    work()
    removal.finish_removals()
    assert not Document.objects.filter(name__in=["wrecks.md", "bell.md", "piers.md"]).exists()
    assert not Collection.objects.filter(name="Cellar").exists()
    assert Generation.objects.count() == 2
    there = set(Version.objects.values_list("pk", flat=True))
    for kind in (IndexedVersion, Passage, PassageVector, Segment):
        assert set(kind.objects.values_list("version", flat=True)) <= there
    assert set(files.kept()) == set(Version.objects.values_list("sha256", flat=True))


def test_stored_counts_are_right_all_along(upgraded: None) -> None:
    assert_counts_are_right()
    work()
    assert_counts_are_right()
    removal.finish_removals()
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
