"""How a document is cut: by its kind, as its collection says, or as was chosen for it; and a look before it is done."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from kb.indexing import parse
from kb.library import collections
from kb.models import AuditEntry, Collection, Document, Status, Version
from retrieval.chunking.tree import Kind
from retrieval.models import Passage
from tests.conftest import Upload, new_collection, signed_in

CLAUSES = "\n\n".join(
    f"{n}. Clause {n}. The party shall pay the other party what this agreement says." for n in range(40)
)


def leaves(document: Document) -> list[str]:
    found = Passage.objects.filter(version=document.newest.pk, kind=Kind.PASSAGE)
    return list(found.order_by("ordinal").values_list("text", flat=True))


@pytest.fixture
def by_kind(alice: User) -> Collection:
    return new_collection(alice, "By kind", preset="auto")


def newest(document: Document) -> Version:
    return Version.objects.get(pk=document.newest.pk)


def test_a_contract_is_cut_as_one(by_kind: Collection, ready: Upload) -> None:
    document = ready("lease.md", CLAUSES, to=by_kind)
    assert newest(document).preset == "legal"
    assert all("Clause" in leaf.split("The party")[0] for leaf in leaves(document))


def test_source_code_is_cut_as_code_whatever_it_says(by_kind: Collection, ready: Upload) -> None:
    document = ready("lease.py", f'"""\n{CLAUSES}\n"""\n\n\ndef sign():\n    pass\n', to=by_kind)
    assert newest(document).preset == "code"


def test_a_collection_may_say_it_for_all(collection: Collection, ready: Upload, alice: User) -> None:
    document = ready("lease.md", CLAUSES)
    assert newest(document).preset == "general"
    collections.change_preset(collection, alice, "legal")
    assert newest(document).status == Status.QUEUED
    parse.parse(document.newest.pk)
    assert newest(document).preset == "legal"


def test_a_choice_for_one_document_outlives_the_collection_s(
    collection: Collection, ready: Upload, alice: User
) -> None:
    document = ready("lease.md", CLAUSES)
    browser = signed_in(alice)
    browser.post(f"/documents/{document.pk}/passages/", {"preset": "narrative"})
    parse.parse(document.newest.pk)
    assert newest(document).preset == "narrative"
    collections.change_preset(collection, alice, "legal")
    assert newest(document).status == Status.READY
    assert AuditEntry.objects.filter(action="document_changed", details__after__preset="narrative").exists()


def test_and_may_be_given_up_again(collection: Collection, ready: Upload, alice: User) -> None:
    document = ready("lease.md", CLAUSES)
    browser = signed_in(alice)
    path = f"/documents/{document.pk}/passages/"
    browser.post(path, {"preset": "narrative"})
    assert not browser.get(path).context["is_trial"]
    assert browser.get(f"{path}?preset=").context["preview"].preset == "general"
    browser.post(path, {"preset": ""})
    assert Document.objects.get().preset == ""


def test_a_preset_that_there_is_not(ready: Upload, alice: User) -> None:
    document = ready("lease.md", CLAUSES)
    assert signed_in(alice).get(f"/documents/{document.pk}/passages/?preset=none").status_code == 400


def test_the_api_takes_and_tells_it(ready: Upload, collection: Collection, alice: User) -> None:
    document = ready("lease.md", CLAUSES)
    client: Client = signed_in(alice)
    path = f"/api/v1/documents/{document.pk}/"
    assert client.patch(path, {"preset": "legal"}, "application/json").json()["status"] == "queued"
    parse.parse(document.newest.pk)
    shown = client.get(path).json()
    assert (shown["preset"], shown["cut_by"]) == ("legal", "legal")
    assert client.patch(path, {"preset": "none"}, "application/json").status_code == 400
    whole = f"/api/v1/collections/{collection.pk}/"
    assert client.patch(whole, {"preset": "code"}, "application/json").json()["index"]["preset"] == "code"
