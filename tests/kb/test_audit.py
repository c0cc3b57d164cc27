"""The audit log records who changed what, and outlives the changed objects."""

from django.contrib.auth.models import User

from kb.library import collections, documents
from kb.models import Action, AuditEntry, Collection, Document, Role, Version
from kb.people import tokens
from tests.conftest import Upload, new_collection


def lines() -> list[str]:
    return [str(event) for event in AuditEntry.objects.order_by("pk")]


def test_it_tells_the_life_of_a_collection_in_order(alice: User, mallory: User) -> None:
    collection = new_collection(alice, "Teas")
    collections.change(collection, alice, name="Teas and herbs", description="")
    collections.set_member(collection, alice, mallory, Role.VIEWER)
    collections.remove_member(collection, alice, mallory)
    collections.remove(collection, alice)
    assert lines() == [
        "alice created a collection: Teas",
        "alice changed a collection: Teas and herbs",
        "alice set a member's role: Teas and herbs",
        "alice removed a member: Teas and herbs",
        "alice removed a collection: Teas and herbs",
    ]
    renamed = AuditEntry.objects.get(action=Action.COLLECTION_CHANGED)
    assert renamed.details == {"before": {"name": "Teas"}, "after": {"name": "Teas and herbs"}}
    assert AuditEntry.objects.get(action=Action.MEMBER_SET).details == {"user": "mallory", "role": "viewer"}


def test_what_changes_nothing_is_not_in_it(collection: Collection, alice: User) -> None:
    AuditEntry.objects.all().delete()
    collections.change(collection, alice, name=collection.name)
    collections.set_member(collection, alice, alice, Role.OWNER)
    assert documents.retry(Version.objects.all(), alice) == 0
    assert lines() == []


def test_it_outlives_document_and_person(add: Upload, collection: Collection, mallory: User) -> None:
    add("tea.md", "Green tea.")
    documents.remove(Document.objects.all(), mallory)
    mallory.delete()
    event = AuditEntry.objects.get(action=Action.DOCUMENT_REMOVED)
    assert (event.actor, str(event)) == (None, "mallory removed a document: tea.md")
    assert event.collection == collection.pk


def test_tokens_are_in_it_without_their_secret(alice: User) -> None:
    token, secret = tokens.create(alice, alice, name="script")
    tokens.revoke(token, alice)
    assert lines() == ["alice created a token: script", "alice revoked a token: script"]
    assert secret not in str(list(AuditEntry.objects.values()))
