"""Only administrators have access; for everybody else the panel does not exist."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver
from django.utils import timezone

from kb.admin.site import site
from kb.library import collections, documents
from kb.models import AuditEntry, Collection, Document, Token, ZeroResultSearch
from kb.people import tokens
from tests.conftest import Upload, bearer, signed_in


def patterns(found: list[URLPattern | URLResolver], before: str = "/admin/") -> Iterator[str]:
    for pattern in found:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern.url_patterns, path)
        else:
            yield path


ALL = sorted(set(patterns(site.urls[0])))
LISTS = ["collection", "document", "token", "auditentry", "zeroresultsearch"]


@pytest.fixture
def rows(ready: Upload, collection: Collection, alice: User) -> dict[str, str]:
    """One object of each kind, whose names must not leak."""
    collections.change(collection, alice, name="secret recipes")
    document = ready("secret.md", "# Secret\n\nThe secret sauce is soy.")
    token, _secret = tokens.create(alice, alice, name="secret token")
    search = ZeroResultSearch.objects.create(user=alice, question="secret question")
    return {
        "collection": document.collection_id,
        "document": document.pk,
        "token": str(token.pk),
        "auditentry": str(AuditEntry.objects.latest("pk").pk),
        "zeroresultsearch": str(search.pk),
        "user": str(alice.pk),
    }


def filled(path: str, rows: dict[str, str]) -> str:
    """A path of `ALL` with a real id in place of its converter."""
    kind = path.split("/")[3] if path.count("/") > 3 else ""
    for converter in ("<path:object_id>", "<id>"):
        path = path.replace(converter, rows.get(kind, "1"))
    path = path.replace("<path:content_type_id>", "1").replace("<str:engine>", "words").replace("<int:generation>", "1")
    return path.replace("^(?P<app_label>kb|auth)/$", "kb/").replace("(?P<url>.*)$", "anything")


def test_every_kind_of_path_is_known(rows: dict[str, str]) -> None:
    assert len(ALL) > 40
    assert not [path for path in ALL if set("<>^$(") & set(filled(path, rows))]


@pytest.mark.parametrize("path", ALL)
def test_nobody_is_asked_to_sign_in_and_whoever_is_no_administrator_finds_nothing(
    path: str, rows: dict[str, str], mallory: User, bob: User, erin: User, alice: User, ada: User
) -> None:
    path = filled(path, rows)
    for method in ("get", "post"):
        late = timezone.now() - timedelta(seconds=1)
        others = [bearer(ada), bearer(ada, collections=[]), bearer(ada, expires_at=late), bearer(alice, read_only=True)]
        for headers in ({}, *others):
            answer = getattr(Client(headers=headers), method)(path)
            assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/sign-in/")
        for user in (mallory, bob, erin, alice):
            answer = getattr(signed_in(user), method)(path)
            assert answer.status_code == 404
            assert b"secret" not in answer.content
            assert "unsafe-eval" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize("path", ALL)
def test_an_administrator_gets_an_answer(path: str, rows: dict[str, str], panel: Client) -> None:
    assert panel.get(filled(path, rows)).status_code in (200, 302, 403, 404, 405)


def test_staff_without_all_rights_and_tokens_of_administrators_open_nothing(ada: User, mallory: User) -> None:
    mallory.is_staff = True
    mallory.save()
    assert signed_in(mallory).get("/admin/").status_code == 404
    assert Client().get("/admin/", headers=bearer(ada)).status_code == 302


@pytest.mark.parametrize("kind", LISTS)
def test_an_administrator_sees_every_list_and_row(kind: str, rows: dict[str, str], panel: Client) -> None:
    assert b"secret" in panel.get(f"/admin/kb/{kind}/").content
    assert panel.get(f"/admin/kb/{kind}/{rows[kind]}/change/").status_code == 200


@pytest.mark.parametrize(
    "path", ["/admin/auth/user/", "/admin/auth/user/add/", "/admin/auth/user/{user}/change/", "/admin/jsi18n/"]
)
def test_an_administrator_sees_the_pages_about_people(path: str, rows: dict[str, str], panel: Client) -> None:
    assert panel.get(path.format(**rows)).status_code == 200


@pytest.mark.parametrize("kind", LISTS)
def test_rows_cannot_be_created_here(kind: str, panel: Client) -> None:
    assert panel.get(f"/admin/kb/{kind}/add/").status_code == 403


@pytest.mark.parametrize("kind", ["token", "auditentry", "zeroresultsearch"])
def test_rows_to_read_are_neither_changed_nor_deleted(kind: str, rows: dict[str, str], panel: Client) -> None:
    assert panel.post(f"/admin/kb/{kind}/{rows[kind]}/change/", {}).status_code == 403
    assert panel.post(f"/admin/kb/{kind}/{rows[kind]}/delete/", {"post": "yes"}).status_code == 403


def test_people_sign_in_where_everybody_does(panel: Client) -> None:
    assert panel.get("/admin/login/").status_code == 404


def test_the_menu_leads_there_for_administrators_only(panel: Client, mallory: User) -> None:
    assert b'href="/admin/"' in panel.get("/").content
    assert b"/admin/" not in signed_in(mallory).get("/").content


def test_only_the_panel_may_make_code_of_text_and_nothing_comes_from_outside(panel: Client) -> None:
    strict = set(panel.get("/")["Content-Security-Policy"].split("; "))
    loose = set(panel.get("/admin/")["Content-Security-Policy"].split("; "))
    assert strict - loose == {"script-src 'self'"}
    assert loose - strict == {
        "script-src 'self' 'unsafe-eval'",
        "style-src-attr 'unsafe-inline'",
        "font-src 'self'",
    }


def test_no_secret_of_a_token_is_shown(panel: Client, alice: User) -> None:
    token, secret = tokens.create(alice, alice, name="script")
    html = panel.get("/admin/kb/token/").content + panel.get(f"/admin/kb/token/{token.pk}/change/").content
    assert secret.encode() not in html
    assert Token.objects.get().digest.encode() not in html


def test_what_was_removed_is_not_shown(panel: Client, ready: Upload) -> None:
    document = ready("secret.md", "Soy.")
    documents.remove_soon(Document.objects.all(), None)
    assert b"secret.md" not in panel.get("/admin/kb/document/").content
    assert panel.get(f"/admin/kb/document/{document.pk}/change/").status_code == 302


@pytest.mark.parametrize(
    ("model", "field"), [("member", "user"), ("token", "user"), ("auditentry", "actor"), ("document", "collection")]
)
def test_choices_of_many_are_searched_by_name(
    model: str, field: str, collection: Collection, panel: Client, mallory: User
) -> None:
    asked = {"term": "RECI" if field == "collection" else "ALI", "app_label": "kb", "model_name": model}
    found = panel.get("/admin/autocomplete/", {**asked, "field_name": field}).json()["results"]
    assert [one["text"] for one in found] == ["Recipes" if field == "collection" else "alice"]
