"""Tokens, the audit log and zero-result searches: their lists and actions."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from kb.library import documents
from kb.models import Action, AuditEntry, Collection, Document, Token, ZeroResultSearch
from kb.people import audit, tokens
from tests.conftest import Upload, new_collection
from tests.kb.admin.conftest import Act, Queries
from tests.kb.test_pages import page

AUDIT_LOG = "/admin/kb/auditentry/"


class TestTokens:
    def test_tell_whose_they_are_and_what_they_open(self, panel: Client, collection: Collection, alice: User) -> None:
        gone = new_collection(alice, "Gone")
        tokens.create(alice, alice, name="all")
        tokens.create(alice, alice, name="one", collections=[collection], read_only=True)
        tokens.create(alice, alice, name="none", collections=[gone])
        Collection.objects.filter(pk=gone.pk).update(removed_at=gone.created_at)
        shown = page(panel, "/admin/kb/token/")
        assert "alice all close_small everything the user may see" in shown
        assert "alice none close_small nothing: its collections were removed" in shown
        assert "alice one check_small Recipes" in shown

    def test_are_revoked(self, act: Act, alice: User, bob: User) -> None:
        made = [tokens.create(alice, alice, name=f"t{number}")[0] for number in range(3)]
        kept, _secret = tokens.create(bob, bob, name="kept")
        act("token", "revoke", made)
        assert list(Token.objects.all()) == [kept]
        revoked = AuditEntry.objects.filter(action=Action.TOKEN_REVOKED).order_by("pk")
        assert [str(event) for event in revoked] == [f"ada revoked a token: t{number}" for number in range(3)]

    def test_as_many_queries_for_thirty_as_for_three(
        self, queries: Queries, collection: Collection, alice: User
    ) -> None:
        for number in range(3):
            tokens.create(alice, alice, name=f"{number}", collections=[collection])
        few = queries("/admin/kb/token/")
        for number in range(27):
            tokens.create(alice, alice, name=f"more {number}", collections=[collection])
        assert queries("/admin/kb/token/") == few


class TestAuditLog:
    def test_leads_to_what_is_still_there(self, panel: Client, add: Upload, collection: Collection, ada: User) -> None:
        gone, there = add("gone.md", "x"), add("there.md", "y")
        documents.remove(Document.objects.filter(pk=gone.pk), ada)
        html = panel.get(AUDIT_LOG).content.decode()
        assert f'href="/admin/kb/document/{there.pk}/change/"' in html
        assert f'href="/admin/kb/collection/{collection.pk}/change/"' in html
        assert f"/admin/kb/document/{gone.pk}/" not in html
        assert "gone.md" in html

    def test_leads_to_people_who_are_still_there(self, panel: Client, ada: User, alice: User) -> None:
        audit.account(ada, Action.USER_CREATED, alice)
        html = panel.get(AUDIT_LOG).content.decode()
        assert f'href="/admin/auth/user/{alice.pk}/change/"' in html

    def test_a_collection_named_like_a_person_is_no_person(self, panel: Client, alice: User) -> None:
        new_collection(alice, "alice")
        assert f"/admin/auth/user/{alice.pk}/change/" not in panel.get(AUDIT_LOG).content.decode()

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("action=document_added", {"tea.md"}),
            ("action=collection_created", {"Recipes"}),
            ("q=tea", {"tea.md"}),
            ("q=alice", {"Recipes"}),
            ("actor__id__exact={alice}", {"Recipes"}),
            ("at__lt=2001-01-01T00:00:00Z", set()),
        ],
    )
    def test_is_filtered_and_searched(
        self, panel: Client, add: Upload, alice: User, query: str, found: set[str]
    ) -> None:
        add("tea.md", "Green tea.")
        shown = page(panel, f"{AUDIT_LOG}?{query.format(alice=alice.pk)}")
        assert {name for name in ("tea.md", "Recipes") if name in shown} == found

    def test_text_is_text(self, panel: Client, alice: User) -> None:
        new_collection(alice, "<script>alert(1)</script>")
        assert b"<script>alert" not in panel.get(AUDIT_LOG).content

    def test_as_many_queries_for_thirty_as_for_three(self, queries: Queries, alice: User) -> None:
        for number in range(3):
            new_collection(alice, f"{number}")
        few = queries(AUDIT_LOG)
        for number in range(27):
            new_collection(alice, f"more {number}")
        assert queries(AUDIT_LOG) == few


class TestZeroResultSearches:
    def test_are_removed(self, act: Act, alice: User) -> None:
        made = [ZeroResultSearch.objects.create(user=alice, question=f"question {number}") for number in range(3)]
        act("zeroresultsearch", "remove", made[:2])
        assert list(ZeroResultSearch.objects.all()) == made[2:]

    def test_as_many_queries_for_thirty_as_for_three(self, queries: Queries, alice: User) -> None:
        ZeroResultSearch.objects.bulk_create([ZeroResultSearch(user=alice, question="?") for _number in range(3)])
        few = queries("/admin/kb/zeroresultsearch/")
        ZeroResultSearch.objects.bulk_create([ZeroResultSearch(user=alice, question="?") for _number in range(27)])
        assert queries("/admin/kb/zeroresultsearch/") == few
