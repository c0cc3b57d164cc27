"""Ada is the administrator; thousands of documents are created as rows without files."""

from collections.abc import Callable
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.http import HttpResponse
from django.test import Client

from kb.models import Collection, Document, Status, Version
from retrieval.models import IndexedVersion
from tests.conftest import signed_in, statements

Many = Callable[..., list[Document]]
Act = Callable[..., HttpResponse]
Queries = Callable[[str], int]


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_superuser("ada", password="correct horse")


@pytest.fixture
def panel(ada: User) -> Client:
    return signed_in(ada)


@pytest.fixture
def many(collection: Collection) -> Many:
    """Documents with one version each: `many(1000, Status.FAILED)`.

    With `indexing`, they are parsed, and the status is that of their indexing.
    """

    def made(
        n: int, status: Status, to: Collection = collection, indexing: bool = False, **fields: object
    ) -> list[Document]:
        documents = Document.objects.bulk_create(
            [Document(collection=to, name=f"{status} {number}.md") for number in range(n)]
        )
        code = ("internal" if indexing else "no_text") if status == Status.FAILED else ""
        state = {"status": status, "error_code": code, **fields}
        is_read = indexing or status == Status.READY
        given = {"number": 1, "filename": "x.md", "media_type": "text/markdown", "size": 1, "sha256": "0" * 64}
        given |= {"status": Status.READY} if is_read else state
        versions = Version.objects.bulk_create([Version(document=document, **given) for document in documents])
        if is_read:
            IndexedVersion.objects.bulk_create(
                [IndexedVersion(generation=to.generation, version=version.pk, **state) for version in versions]
            )
        for document, version in zip(documents, versions, strict=True):
            document.latest = version
        Document.objects.bulk_update(documents, ["latest"])
        Collection.objects.filter(pk=to.pk).update(document_count=F("document_count") + n)
        return documents

    return made


@pytest.fixture
def act(panel: Client) -> Act:
    """Posts an action on all rows of a list, or on some: `act("document", "retry", documents)`."""

    def post(kind: str, action: str, rows: object = None, query: str = "", **fields: object) -> HttpResponse:
        data: dict[str, object] = {"action": action, "select_across": int(rows is None), **fields}
        data["_selected_action"] = ["-"] if rows is None else [row.pk for row in rows]  # type: ignore[attr-defined]
        answer = panel.post(f"/admin/kb/{kind}/{query}", data)
        assert answer.status_code in (200, 302)
        return answer  # type: ignore[return-value]

    return post


@pytest.fixture
def queries(panel: Client) -> Queries:
    """How many statements a page of the panel takes."""
    return partial(statements, panel)
