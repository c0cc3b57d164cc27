"""A missing engine affects only its own collections."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from kb.indexing import generations
from kb.library import collections
from kb.models import Collection, Document, Status
from retrieval.engines import engine as engine_named
from tests.conftest import Upload, new_collection, signed_in, work
from tests.engines import WordsEngine
from tests.indexing.conftest import let_time_pass

WORKING = {"class": "tests.engines.WordsEngine"}
BROKEN: dict[str, dict[str, Any] | None] = {
    "missing": None,
    "no such class": {"class": "tests.engines.NoEngine"},
    "no such module": {"class": "tests.no_engines.WordsEngine"},
    "unknown option": {"class": "tests.engines.WordsEngine", "colour": "green"},
    "no class": {"url": "http://127.0.0.1:1"},
    "wrong address": {
        "class": "embedding.server.client.ServerEngine",
        "url": "",
        "model": "x",
        "model_dimensions": 1,
        "dimensions": 1,
    },
    "another model": {"class": "tests.kb.test_missing_engine.OtherEngine"},
}


class OtherEngine(WordsEngine):
    fingerprint = "others@1"


@pytest.fixture
def broken(
    request: pytest.FixtureRequest, alice: User, ready: Upload, settings: Settings, collection: Collection
) -> Collection:
    """A collection with a document, whose engine has disappeared."""
    settings.ENGINES = {**settings.ENGINES, "other": WORKING}
    engine_named.cache_clear()
    made = collections.create(alice, engine="other", preset="general", name="Broken")
    ready("tea.md", "# Tea\n\nGreen tea wants seventy degrees.", to=made)
    ready("soup.md", "# Soup\n\nGreen soup is boiled.")
    rest = {name: options for name, options in settings.ENGINES.items() if name != "other"}
    now = BROKEN[request.param]
    settings.ENGINES = rest if now is None else {**rest, "other": now}
    engine_named.cache_clear()
    return made


pytestmark = pytest.mark.parametrize("broken", BROKEN, indirect=True)


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_superuser("ada", password="correct horse")


def document_of(collection: Collection) -> Document:
    return Document.objects.get(collection=collection)


def test_every_page_is_there(broken: Collection, collection: Collection, alice: User) -> None:
    browser = signed_in(alice)
    pages = ["/", "/search/?q=green", "/account/", "/collections/new/", "/readyz", "/api/schema/"]
    for one in (broken, collection):
        pages += [f"/collections/{one.pk}/{part}" for part in ("", "edit/", "members/", "progress/", "index/")]
        document = document_of(one)
        pages += [f"/documents/{document.pk}/{part}" for part in ("", "passages/", "passages/?preset=legal")]
        pages += [f"/search/?q=green&collection={one.pk}"]
    assert {path: browser.get(path).status_code for path in pages} == dict.fromkeys(pages, 200)


def test_every_answer_of_the_api_is_there(broken: Collection, collection: Collection, alice: User) -> None:
    api = signed_in(alice)
    paths = ["/api/v1/collections/"]
    for one in (broken, collection):
        paths += [f"/api/v1/collections/{one.pk}/{part}" for part in ("", "documents/", "generations/", "members/")]
        paths += [f"/api/v1/documents/{document_of(one).pk}/{part}" for part in ("", "text/", "passages/")]
    assert {path: api.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)
    names = [one["name"] for one in api.get("/api/v1/collections/").json()["results"]]
    assert names == ["Broken", "Recipes"]


def test_the_panel_is_there(broken: Collection, collection: Collection, ada: User) -> None:
    panel = signed_in(ada)
    paths = ["/admin/", "/admin/health/", "/admin/kb/collection/", "/admin/kb/document/"]
    for one in (broken, collection):
        paths += [f"/admin/kb/collection/{one.pk}/change/", f"/admin/kb/document/{document_of(one).pk}/change/"]
    assert {path: panel.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)


def test_a_question_over_all_finds_what_is_in_each(broken: Collection, collection: Collection, alice: User) -> None:
    api = signed_in(alice)
    answer = api.post("/api/v1/search/", {"query": "green tea soup", "explain": True}, "application/json").json()
    by_document = {hit["document"]["name"]: hit["explanation"] for hit in answer["hits"]}
    assert set(by_document) == {"tea.md", "soup.md"}
    assert by_document["tea.md"]["dense"] is None
    assert by_document["soup.md"]["dense"] is not None
    assert len(answer["notices"]) == 1


def test_its_uploads_wait_and_go_on_when_it_is_set_right(
    broken: Collection, collection: Collection, add: Upload, alice: User, settings: Settings
) -> None:
    waiting, other = add("milk.md", "Milk.", to=broken), add("bread.md", "Bread.")
    for _some_seconds in range(settings.MAX_TRIES + 2):
        let_time_pass()
        work()
    progress = Document.objects.with_progress().get(pk=waiting.pk).progress
    assert (progress.status, progress.error_code) == (Status.QUEUED, "engine_down")
    assert "other" in progress.error_detail
    assert Document.objects.with_progress().get(pk=other.pk).progress.status == Status.READY
    settings.ENGINES = {**settings.ENGINES, "other": WORKING}
    engine_named.cache_clear()
    let_time_pass()
    work()
    assert Document.objects.with_progress().get(pk=waiting.pk).progress.status == Status.READY


def test_another_index_leads_out_of_it(broken: Collection, alice: User) -> None:
    made = generations.start(broken, alice, engine="words", activate_when_complete=True)
    work()
    broken.refresh_from_db()
    assert broken.generation == made
    answer = signed_in(alice).post(
        "/api/v1/search/", {"query": "seventy", "collections": [broken.pk]}, "application/json"
    )
    assert (len(answer.json()["hits"]), answer.json()["notices"]) == (1, [])


def test_a_collection_with_it_cannot_be_made_and_says_why(broken: Collection, alice: User, client: Client) -> None:
    body = {"name": "Another", "engine": "other"}
    answer = signed_in(alice).post("/api/v1/collections/", body, "application/json")
    if engine_is_usable():
        assert answer.status_code == 201
    else:
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["engine"])


def engine_is_usable() -> bool:
    from embedding.engine import EngineError

    try:
        engine_named("other")
    except EngineError:
        return False
    return True


def test_other_collections_are_made_as_ever(broken: Collection, alice: User) -> None:
    assert new_collection(alice, "Another").generation.engine == "words"
