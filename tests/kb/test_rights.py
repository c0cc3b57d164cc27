"""Access rights: in querysets, on pages, and in API calls."""

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.test import Client

from kb.library import collections
from kb.models import Collection, Document
from kb.people import tokens
from tests.conftest import Upload, bearer, new_collection, signed_in

PAGES = [
    "/collections/{c}/",
    "/collections/{c}/edit/",
    "/collections/{c}/remove/",
    "/collections/{c}/progress/",
    "/collections/{c}/members/",
    "/documents/{d}/",
    "/documents/{d}/?version=1&start=0&end=4",
    "/documents/{d}/file/",
    "/documents/{d}/remove/",
    "/search/?q=secret&collection={c}",
]
POSTS = ["/collections/{c}/upload/", "/collections/{c}/retry/", "/collections/{c}/remove/", "/documents/{d}/retry/"]
POSTS += ["/documents/{d}/remove/", "/collections/{c}/edit/", "/collections/{c}/members/"]
CALLS = [
    ("get", "/api/v1/collections/{c}/"),
    ("patch", "/api/v1/collections/{c}/"),
    ("delete", "/api/v1/collections/{c}/"),
    ("get", "/api/v1/collections/{c}/documents/"),
    ("post", "/api/v1/collections/{c}/documents/"),
    ("get", "/api/v1/documents/{d}/"),
    ("patch", "/api/v1/documents/{d}/"),
    ("delete", "/api/v1/documents/{d}/"),
    ("get", "/api/v1/documents/{d}/file/"),
    ("post", "/api/v1/documents/{d}/retry/"),
    ("get", "/api/v1/documents/{d}/text/"),
    ("get", "/api/v1/documents/{d}/passages/"),
]


@pytest.fixture
def secret(ready: Upload) -> Document:
    return ready("secret.md", "# Secret\n\nThe secret sauce is soy.")


def filled(path: str, document: Document) -> str:
    return path.format(c=document.collection_id, d=document.pk)


class TestRows:
    def test_a_collection_is_seen_by_its_members_and_administrators(
        self, collection: Collection, alice: User, bob: User, erin: User, mallory: User
    ) -> None:
        admin = User.objects.create_superuser("admin", password="x")
        for user in (alice, bob, erin, admin):
            assert collection in Collection.objects.visible_to(user)
        for stranger in (mallory, AnonymousUser()):
            assert collection not in Collection.objects.visible_to(stranger)

    def test_editors_edit_and_owners_own(self, collection: Collection, alice: User, bob: User, erin: User) -> None:
        people = (alice, erin, bob)
        assert [collection in Collection.objects.editable_by(user) for user in people] == [True, True, False]
        assert [collection in Collection.objects.owned_by(user) for user in people] == [True, False, False]

    def test_what_everyone_may_read_nobody_else_may_change(self, alice: User, mallory: User) -> None:
        shared = new_collection(alice, "Shared", everyone_may_read=True)
        assert shared in Collection.objects.visible_to(mallory)
        assert shared not in Collection.objects.editable_by(mallory)
        assert shared not in Collection.objects.visible_to(AnonymousUser())

    def test_a_user_who_was_switched_off_sees_nothing(self, collection: Collection, alice: User) -> None:
        alice.is_active = False
        assert not Collection.objects.visible_to(alice).exists()

    def test_a_removed_collection_is_gone_for_everyone_at_once(self, collection: Collection, alice: User) -> None:
        collections.remove(collection, alice)
        assert not Collection.objects.visible_to(alice).exists()
        assert not Collection.objects.owned_by(alice).exists()

    def test_a_token_narrows_what_its_user_may(self, collection: Collection, alice: User) -> None:
        other = new_collection(alice, "Other")
        limited, _secret = tokens.create(alice, alice, name="x", collections=[other])
        reading, _secret = tokens.create(alice, alice, name="y", read_only=True)
        assert list(Collection.objects.visible_to(alice, limited)) == [other]
        assert list(Collection.objects.editable_by(alice, limited)) == [other]
        assert not Collection.objects.editable_by(alice, reading).exists()
        assert Collection.objects.visible_to(alice, reading).count() == 2

    def test_a_token_whose_collections_are_gone_opens_nothing(self, collection: Collection, alice: User) -> None:
        limited, _secret = tokens.create(alice, alice, name="x", collections=[])
        assert not Collection.objects.visible_to(alice, limited).exists()


class TestStranger:
    """What only others may see responds with 404, and its name never appears."""

    @pytest.mark.parametrize("path", PAGES)
    def test_a_page(self, path: str, secret: Document, mallory: User) -> None:
        response = signed_in(mallory).get(filled(path, secret))
        assert response.status_code == 404
        assert b"secret.md" not in response.content

    @pytest.mark.parametrize("path", POSTS)
    def test_a_form(self, path: str, secret: Document, mallory: User) -> None:
        assert signed_in(mallory).post(filled(path, secret)).status_code == 404
        assert Document.objects.filter(pk=secret.pk).exists()

    @pytest.mark.parametrize(("method", "path"), CALLS)
    def test_a_call(self, method: str, path: str, secret: Document, mallory: User) -> None:
        client = signed_in(mallory)
        response = getattr(client, method)(filled(path, secret), headers=bearer(mallory))
        assert response.status_code == 404
        assert response.json()["error"]["code"] == "not_found"

    def test_a_hit(self, secret: Document, mallory: User, ready: Upload) -> None:
        own = new_collection(mallory, "Own")
        ready("own.md", "Nothing here is a secret.", to=own)
        client = signed_in(mallory)
        everything = client.post("/api/v1/search/", {"query": "secret sauce"}, "application/json").json()
        assert {hit["document"]["name"] for hit in everything["hits"]} == {"own.md"}
        named = {"query": "secret", "collections": [secret.collection_id]}
        assert client.post("/api/v1/search/", named, "application/json").status_code == 404
        filtered = {"query": "secret", "filter": {"document": [secret.pk]}}
        assert client.post("/api/v1/search/", filtered, "application/json").json()["hits"] == []

    def test_the_library_does_not_list_it(self, secret: Document, mallory: User) -> None:
        assert b"Recipes" not in signed_in(mallory).get("/").content


class TestViewer:
    @pytest.mark.parametrize("path", POSTS)
    def test_may_change_nothing(self, path: str, secret: Document, bob: User) -> None:
        assert signed_in(bob).post(filled(path, secret)).status_code == 403

    @pytest.mark.parametrize(("method", "path"), [call for call in CALLS if call[0] != "get"])
    def test_may_change_nothing_by_the_api(self, method: str, path: str, secret: Document, bob: User) -> None:
        response = getattr(signed_in(bob), method)(filled(path, secret), headers=bearer(bob))
        assert response.status_code == 403
        assert response.json()["error"]["code"] == "permission_denied"

    def test_reads_and_finds_all(self, secret: Document, bob: User) -> None:
        client = signed_in(bob)
        assert b"secret sauce" in client.get(f"/documents/{secret.pk}/").content
        assert client.get("/search/?q=sauce").content.count(b"secret.md") == 1


class TestNobody:
    @pytest.mark.parametrize("path", ["/", "/search/?q=secret", *PAGES])
    def test_a_page_asks_to_sign_in(self, path: str, secret: Document) -> None:
        response = Client().get(filled(path, secret))
        assert response.status_code == 302
        assert response["Location"].startswith("/sign-in/")

    @pytest.mark.parametrize(("method", "path"), [*CALLS, ("post", "/api/v1/search/"), ("get", "/api/v1/collections/")])
    def test_a_call_answers_401(self, method: str, path: str, secret: Document) -> None:
        response = getattr(Client(), method)(filled(path, secret))
        assert response.status_code == 401
        assert set(response.json()["error"]) == {"code", "message"}
