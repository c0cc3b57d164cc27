"""The cast: Alice owns a collection, Erin edits it, Bob reads it, Mallory is a stranger to it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks as OnCommit
from pytest_django import Settings

from kb.indexing import build, generations, parse
from kb.library import collections, documents
from kb.models import Collection, Document, Member, Role, Version
from kb.operations import health
from kb.people import tokens
from kb.reading import page_pictures
from kb.storage import files
from retrieval.engines import engine as engine_named
from retrieval.models import Generation, IndexedVersion
from tests.engines import WordsEngine

Upload = Callable[..., Document]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share a running product stay together in one process of pytest-xdist."""
    for item in items:
        folder = item.path.parent.name
        if folder in ("browser", "deployment"):
            item.add_marker(pytest.mark.xdist_group(folder))


@pytest.fixture(scope="session", autouse=True)
def children_end() -> Iterator[None]:
    yield
    parse.parser().close()
    page_pictures.drawer().close()


@pytest.fixture(autouse=True)
def quick(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Faster tests without caches: weak password hashing, static files without hashes, no rate limits."""
    monkeypatch.setattr(health, "KEPT_SECONDS", 0.0)
    settings.QUESTION_CACHE_SECONDS = 0
    settings.RATES = dict.fromkeys(settings.RATES, 0)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "servestatic" not in name]


@pytest.fixture(autouse=True)
def engine(settings: Settings) -> WordsEngine:
    """The default engine of every test that does not start the product."""
    settings.ENGINES = {"words": {"class": "tests.engines.WordsEngine"}, **settings.ENGINES}
    settings.DEFAULT_ENGINE = "words"
    engine_named.cache_clear()
    found = engine_named("words")
    assert isinstance(found, WordsEngine)
    return found


@pytest.fixture(autouse=True)
def data(settings: Settings, tmp_path: Path) -> Path:
    """Each test has its own folders for files."""
    settings.FILES_DIR = tmp_path / "files"
    settings.INCOMING_DIR = tmp_path / "incoming"
    settings.FILE_UPLOAD_TEMP_DIR = str(settings.INCOMING_DIR)
    settings.MIN_FREE_DISK_BYTES = 0
    files.make_folders()
    return tmp_path


def person(name: str) -> User:
    return User.objects.create_user(name, password="correct horse")


@pytest.fixture
def alice(db: None) -> User:
    return person("alice")


@pytest.fixture
def erin(collection: Collection) -> User:
    return member(collection, "erin", Role.EDITOR)


@pytest.fixture
def bob(collection: Collection) -> User:
    return member(collection, "bob", Role.VIEWER)


@pytest.fixture
def mallory(db: None) -> User:
    return person("mallory")


def member(collection: Collection, name: str, role: Role) -> User:
    user = person(name)
    Member.objects.create(collection=collection, user=user, role=role)
    return user


@pytest.fixture
def collection(alice: User) -> Collection:
    return new_collection(alice, "Recipes")


def new_collection(owner: User, name: str, preset: str = "general", **fields: Any) -> Collection:
    return collections.create(owner, engine="words", preset=preset, name=name, **fields)


@pytest.fixture
def add(collection: Collection, tmp_path: Path) -> Upload:
    """Adds a document: `add("soup.md", "# Soup")`; it waits to be parsed."""

    def add_document(name: str, content: str | bytes, to: Collection = collection, **fields: Any) -> Document:
        source = tmp_path / "outbox" / name
        source.parent.mkdir(exist_ok=True)
        source.write_bytes(content.encode() if isinstance(content, str) else content)
        with files.copied(source) as incoming:
            return documents.add(to, None, incoming, **fields).document

    return add_document


@pytest.fixture
def on_commit(django_capture_on_commit_callbacks: OnCommit) -> OnCommit:
    """Runs what a commit would start, because a test's transaction never commits."""
    return django_capture_on_commit_callbacks


@pytest.fixture
def ready(add: Upload) -> Upload:
    """Adds a document, and parses and indexes it."""

    def add_and_ingest(*args: Any, **fields: Any) -> Document:
        document = add(*args, **fields)
        parse.parse(document.newest.pk)
        return Document.objects.with_progress().get(pk=document.pk)

    return add_and_ingest


def work() -> None:
    """Does all waiting work, as a worker would."""
    for version in Version.objects.claimable().order_by("pk").values_list("pk", flat=True):
        parse.parse(version)
    for indexed in IndexedVersion.objects.claimable().order_by("pk").values_list("pk", flat=True):
        build.build(indexed)


def built(collection: Collection, **wishes: Any) -> Generation:
    """Another complete index of the collection."""
    made = generations.start(collection, None, **wishes)
    work()
    return made


def statements(client: Client, path: str) -> int:
    """The number of SQL statements of a page or call."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def bearer(user: User, **fields: Any) -> dict[str, str]:
    """The header of a new token of `user`, for a test client's call."""
    _token, secret = tokens.create(user, user, name="test", **fields)
    return {"authorization": f"Bearer {secret}"}
