"""Access of each role to each page and call: the statuses are those in this table, and nothing leaks.

A new address without a line here fails the first test. Pages are asked by GET and POST, calls by the methods that they
have; "in" is a page that sends to the sign-in. What stands after ? is only asked too, or names another body.
"""

import copy
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from kb.indexing import generations
from kb.indexing.activation import activate
from kb.models import Collection, Member, Token
from tests.conftest import Upload, bearer, new_collection, signed_in, work
from tests.reading.pdfs import written

# stranger: signed in, no member. reading: the owner's read-only token. limited: a token of the owner's for another
# collection. expired: an expired token of the owner's. Pages know no tokens.
BLIND = {"nobody", "stranger", "limited", "expired"}  # may not know that the collection is there

TABLE = """
                                                    nobody stranger viewer editor owner admin reading limited expired
GET    /                                                in      200    200    200   200   200      in      in      in
POST   /                                                in      405    405    405   405   405      in      in      in
GET    /search/                                         in      200    200    200   200   200      in      in      in
GET    /search/?q=bones&collection={c}                  in      404    200    200   200   200      in      in      in
POST   /search/                                         in      405    405    405   405   405      in      in      in
GET    /sign-in/                                       200      302    302    302   302   302     200     200     200
POST   /sign-in/                                       200      302    302    302   302   302     200     200     200
GET    /sign-out/                                       in      405    405    405   405   405      in      in      in
POST   /sign-out/                                       in      302    302    302   302   302      in      in      in
GET    /forgot-password/                               200      200    200    200   200   200     200     200     200
POST   /forgot-password/                               200      200    200    200   200   200     200     200     200
GET    /forgot-password/sent/                          200      200    200    200   200   200     200     200     200
POST   /forgot-password/sent/                          405      405    405    405   405   405     405     405     405
GET    /set-password/{uid}/{link}/                     302      302    302    302   302   302     302     302     302
POST   /set-password/{uid}/{link}/                     302      302    302    302   302   302     302     302     302
GET    /account/                                        in      200    200    200   200   200      in      in      in
POST   /account/                                        in      200    200    200   200   200      in      in      in
GET    /account/password/                               in      200    200    200   200   200      in      in      in
POST   /account/password/                               in      200    200    200   200   200      in      in      in
GET    /account/tokens/new/                             in      200    200    200   200   200      in      in      in
POST   /account/tokens/new/                             in      200    200    200   200   200      in      in      in
GET    /account/tokens/{token}/revoke/                  in      405    405    405   405   405      in      in      in
POST   /account/tokens/{token}/revoke/                  in      404    404    404   302   404      in      in      in
GET    /collections/new/                                in      200    200    200   200   200      in      in      in
POST   /collections/new/                                in      302    302    302   302   302      in      in      in
GET    /collections/{c}/                                in      404    200    200   200   200      in      in      in
POST   /collections/{c}/                                in      405    405    405   405   405      in      in      in
GET    /collections/{c}/edit/                           in      404    403    200   200   200      in      in      in
POST   /collections/{c}/edit/                           in      404    403    302   302   302      in      in      in
GET    /collections/{c}/remove/                         in      404    403    403   200   200      in      in      in
POST   /collections/{c}/remove/                         in      404    403    403   302   302      in      in      in
GET    /collections/{c}/members/                        in      404    200    200   200   200      in      in      in
POST   /collections/{c}/members/                        in      404    403    403   302   302      in      in      in
GET    /collections/{c}/members/{member}/               in      405    405    405   405   405      in      in      in
POST   /collections/{c}/members/{member}/               in      404    403    403   302   302      in      in      in
GET    /collections/{c}/index/                          in      404    200    200   200   200      in      in      in
POST   /collections/{c}/index/                          in      404    403    302   302   302      in      in      in
GET    /collections/{c}/index/compare/                  in      404    200    200   200   200      in      in      in
GET    /collections/{c}/index/compare/?q=bones          in      404    200    200   200   200      in      in      in
POST   /collections/{c}/index/compare/                  in      405    405    405   405   405      in      in      in
GET    /collections/{c}/index/{g}/pause/                in      405    405    405   405   405      in      in      in
POST   /collections/{c}/index/{g}/pause/                in      404    403    302   302   302      in      in      in
GET    /collections/{c}/index/{g}/resume/               in      405    405    405   405   405      in      in      in
POST   /collections/{c}/index/{g}/resume/               in      404    403    302   302   302      in      in      in
GET    /collections/{c}/index/{g}/activate/             in      405    405    405   405   405      in      in      in
POST   /collections/{c}/index/{g}/activate/             in      404    403    302   302   302      in      in      in
GET    /collections/{c}/index/{g}/drop/                 in      404    403    200   200   200      in      in      in
POST   /collections/{c}/index/{g}/drop/                 in      404    403    302   302   302      in      in      in
GET    /collections/{c}/upload/                         in      405    405    405   405   405      in      in      in
POST   /collections/{c}/upload/                         in      404    403    302   302   302      in      in      in
GET    /collections/{c}/progress/                       in      404    200    200   200   200      in      in      in
POST   /collections/{c}/progress/                       in      405    405    405   405   405      in      in      in
GET    /collections/{c}/retry/                          in      405    405    405   405   405      in      in      in
POST   /collections/{c}/retry/                          in      404    403    302   302   302      in      in      in
GET    /documents/{d}/                                  in      404    200    200   200   200      in      in      in
GET    /documents/{d}/?version=1&start=0&end=4          in      404    200    200   200   200      in      in      in
POST   /documents/{d}/                                  in      405    405    405   405   405      in      in      in
GET    /documents/{d}/passages/                         in      404    200    200   200   200      in      in      in
POST   /documents/{d}/passages/                         in      404    403    302   302   302      in      in      in
GET    /documents/{p}/pages/{one}/                      in      404    200    200   200   200      in      in      in
GET    /documents/{p}/pages/{one}/?start=0&end=4        in      404    200    200   200   200      in      in      in
POST   /documents/{p}/pages/{one}/                      in      405    405    405   405   405      in      in      in
GET    /documents/{p}/pages/{one}/picture/              in      404    200    200   200   200      in      in      in
POST   /documents/{p}/pages/{one}/picture/              in      405    405    405   405   405      in      in      in
GET    /documents/{d}/file/                             in      404    200    200   200   200      in      in      in
POST   /documents/{d}/file/                             in      405    405    405   405   405      in      in      in
GET    /documents/{d}/retry/                            in      405    405    405   405   405      in      in      in
POST   /documents/{d}/retry/                            in      404    403    302   302   302      in      in      in
GET    /documents/{d}/remove/                           in      404    403    200   200   200      in      in      in
POST   /documents/{d}/remove/                           in      404    403    302   302   302      in      in      in
GET    /healthz                                        200      200    200    200   200   200     200     200     200
POST   /healthz                                        200      200    200    200   200   200     200     200     200
GET    /readyz                                         200      200    200    200   200   200     200     200     200
POST   /readyz                                         200      200    200    200   200   200     200     200     200
GET    /metrics                                        404      404    404    404   404   404     404     404     404
POST   /metrics                                        404      404    404    404   404   404     404     404     404
GET    /api/schema/                                    200      200    200    200   200   200     200     200     200
GET    /api/docs/                                      200      200    200    200   200   200     200     200     200
POST   /api/docs/                                      405      405    405    405   405   405     405     405     405
GET    /api/v1/collections/                            401      200    200    200   200   200     200     200     401
POST   /api/v1/collections/                            401      201    201    201   201   201     403     403     401
GET    /api/v1/collections/{c}/                        401      404    200    200   200   200     200     404     401
PATCH  /api/v1/collections/{c}/                        401      404    403    200   200   200     403     404     401
DELETE /api/v1/collections/{c}/                        401      404    403    403   204   204     403     404     401
GET    /api/v1/collections/{c}/members/                401      404    200    200   200   200     200     404     401
GET    /api/v1/collections/{c}/members/{alice}/        401      404    200    200   200   200     200     404     401
PUT    /api/v1/collections/{c}/members/{mallory}/      401      404    403    403   201   201     403     404     401
DELETE /api/v1/collections/{c}/members/{bob}/          401      404    204    403   204   204     403     404     401
GET    /api/v1/collections/{c}/documents/              401      404    200    200   200   200     200     404     401
GET    /api/v1/collections/{c}/documents/?name=soup    401      404    200    200   200   200     200     404     401
POST   /api/v1/collections/{c}/documents/              401      404    403    202   202   202     403     404     401
GET    /api/v1/collections/{c}/generations/            401      404    200    200   200   200     200     404     401
POST   /api/v1/collections/{c}/generations/            401      404    403    202   202   202     403     404     401
GET    /api/v1/collections/{c}/generations/{g}/        401      404    200    200   200   200     200     404     401
PATCH  /api/v1/collections/{c}/generations/{g}/        401      404    403    200   200   200     403     404     401
DELETE /api/v1/collections/{c}/generations/{g}/        401      404    403    204   204   204     403     404     401
POST   /api/v1/collections/{c}/generations/{g}/resume/ 401      404    403    202   202   202     403     404     401
POST   /api/v1/collections/{c}/generations/{g}/activate/ 401    404    403    200   200   200     403     404     401
GET    /api/v1/documents/{d}/                          401      404    200    200   200   200     200     404     401
PATCH  /api/v1/documents/{d}/                          401      404    403    200   200   200     403     404     401
DELETE /api/v1/documents/{d}/                          401      404    403    204   204   204     403     404     401
POST   /api/v1/documents/{d}/retry/                    401      404    403    202   202   202     403     404     401
POST   /api/v1/documents/{d}/parse/                    401      404    403    202   202   202     403     404     401
GET    /api/v1/documents/{d}/versions/                 401      404    200    200   200   200     200     404     401
GET    /api/v1/documents/{d}/file/                     401      404    200    200   200   200     200     404     401
PUT    /api/v1/documents/{d}/file/                     401      404    403    202   202   202     403     404     401
GET    /api/v1/documents/{d}/text/                     401      404    200    200   200   200     200     404     401
GET    /api/v1/documents/{d}/passages/                 401      404    200    200   200   200     200     404     401
POST   /api/v1/search/                                 401      200    200    200   200   200     200     200     401
POST   /api/v1/search/?named                           401      404    200    200   200   200     200     404     401
POST   /api/v1/embeddings/                             401      200    200    200   200   200     200     200     401
"""

FILE = object()  # stands for an uploaded file
BODIES: dict[str, Any] = {
    "POST /collections/new/": {"name": "New"},
    "POST /collections/{c}/edit/": {"name": "Edited", "preset": "auto"},
    "POST /collections/{c}/members/": {"username": "mallory", "role": "viewer"},
    "POST /collections/{c}/members/{member}/": {"role": "editor"},
    "POST /collections/{c}/upload/": {"files": FILE},
    "POST /collections/{c}/index/": {"engine": "words", "preset": "auto"},
    "POST /documents/{d}/passages/": {"preset": "legal"},
    "POST /account/tokens/new/": {"name": "x"},
    "POST /api/v1/collections/": {"name": "New"},
    "PATCH /api/v1/collections/{c}/": {"name": "Edited"},
    "PATCH /api/v1/collections/{c}/generations/{g}/": {"paused": False},
    "PUT /api/v1/collections/{c}/members/{mallory}/": {"role": "viewer"},
    "POST /api/v1/collections/{c}/documents/": {"file": FILE},
    "PATCH /api/v1/documents/{d}/": {"metadata": {"year": 2024}},
    "PUT /api/v1/documents/{d}/file/": {"file": FILE},
    "POST /api/v1/search/": {"query": "bones"},
    "POST /api/v1/search/?named": {"query": "bones", "collections": ["{c}"]},
    "POST /api/v1/embeddings/": {"texts": ["tea"]},
}

ROLES = TABLE.split(maxsplit=9)[:9]
SECRETS = ["Recipes", "Hidden things", "hidden-soup", "umami"]


def expected(role: str) -> dict[str, str]:
    """The expected statuses of a role, by method and path."""
    roles, *lines = (line.split() for line in TABLE.strip().splitlines())
    return {" ".join(line[:2]): line[2 + roles.index(role)] for line in lines}


def addresses(found: URLResolver, before: str = "/") -> Iterator[str]:
    """Each method and path in the URL configuration, with {} for parameters."""
    for pattern in found.url_patterns:
        path = before + str(pattern.pattern)
        if path == "/admin/":
            continue  # the panel has one rule for all of its addresses: tests/kb/admin/test_doors.py
        if isinstance(pattern, URLPattern):
            call = getattr(pattern.callback, "cls", None)
            methods = [one for one in call.http_method_names if hasattr(call, one)] if call else ["get", "post"]
            for method in {*methods} - {"head", "options"}:
                yield f"{method.upper()} {re.sub('<[^>]*>', '{}', path)}"
        else:
            yield from addresses(pattern, path)


def test_every_address_has_its_line() -> None:
    told = {re.sub("{[^}]*}", "{}", line.partition("?")[0]) for line in expected("nobody")}
    assert told == set(addresses(get_resolver()))


@pytest.fixture
def callers(alice: User, bob: User, erin: User, mallory: User) -> dict[str, Client]:
    other = new_collection(alice, "Other")
    past = timezone.now() - timedelta(seconds=1)
    return {
        "nobody": Client(),
        "stranger": signed_in(mallory),
        "viewer": signed_in(bob),
        "editor": signed_in(erin),
        "owner": signed_in(alice),
        "admin": signed_in(User.objects.create_superuser("admin", password="x")),
        "reading": Client(headers=bearer(alice, read_only=True)),
        "limited": Client(headers=bearer(alice, collections=[other])),
        "expired": Client(headers=bearer(alice, expires_at=past)),
    }


@pytest.fixture
def places(collection: Collection, alice: User, bob: User, ready: Upload) -> dict[str, str]:
    """The values of {c} and so on."""
    Collection.objects.filter(pk=collection.pk).update(description="Hidden things")
    document = ready("hidden-soup.md", "# Broth\n\nThe umami is in the bones.")
    pdf = ready("hidden-soup.pdf", written((40, 40, "The umami is in the bones.")))
    bearer(alice)
    return {
        "c": collection.pk,
        "g": str(retired_index(collection)),
        "d": document.pk,
        "p": pdf.pk,
        "one": "1",
        "member": str(Member.objects.get(user=bob).pk),
        **{name: name for name in ("alice", "bob", "mallory")},
        "token": str(Token.objects.filter(user=alice).latest("pk").pk),
        "uid": urlsafe_base64_encode(force_bytes(alice.pk)),
        "link": default_token_generator.make_token(alice),
    }


def retired_index(collection: Collection) -> int:
    """A complete index: it can be activated, resumed and dropped, and another one can be built."""
    first = collection.generation.pk
    made = generations.start(collection, None)
    work()
    activate(collection, made, None)
    return first


@pytest.mark.parametrize("role", ROLES)
def test_everyone_gets_what_they_may(role: str, callers: dict[str, Client], places: dict[str, str]) -> None:
    wanted = expected(role)
    got = {}
    for line in wanted:
        client = copy.deepcopy(callers[role])  # signing out takes its cookies
        with transaction.atomic():
            answer = ask(client, line, places)
            transaction.set_rollback(True)
        got[line] = "in" if answer.get("Location", "").startswith("/sign-in/?next=") else str(answer.status_code)
        if role in BLIND and not answer.streaming:
            told = answer.content.decode() + str(answer.headers)
            assert [secret for secret in SECRETS if secret in told] == [], line
        if "/api/v1/" in line and answer.status_code >= 400:
            assert set(answer.json()["error"]) <= {"code", "message", "fields"}, line
    assert got == wanted


def ask(client: Client, line: str, places: dict[str, str]) -> Any:
    method, path = line.split()

    def filled(text: str) -> str:
        return re.sub(r"{(\w+)}", lambda match: places[match[1]], text)

    body = BODIES.get(line, {})
    call = getattr(client, method.lower())
    if method == "GET":
        return call(filled(path))
    if "file" in body or "files" in body or not path.startswith("/api/"):
        fields = {name: SimpleUploadedFile("x.md", b"Tea.") if value is FILE else value for name, value in body.items()}
        return client.generic(method, filled(path), encode_multipart(BOUNDARY, fields), MULTIPART_CONTENT)
    return call(filled(path), json.loads(filled(json.dumps(body))), "application/json")
