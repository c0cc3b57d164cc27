"""People, collections and documents of the old product, in every state that it can leave a document in."""

# mypy: ignore-errors

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import old_texts as texts
from django.contrib.auth.models import User
from django.core.management import call_command

from embedding.engine import EngineUnavailable
from kb import accounts, collections, documents, files, search, tasks, tokens
from kb import ingest as ingestion
from kb.models import Collection, Document, Role, Version, VersionQuerySet
from retrieval.engines import engine
from retrieval.search import Request


def make() -> str:
    """All but what was removed; gives the secret of Alice's token."""
    call_command("migrate", verbosity=0)
    secret = make_people()
    make_ready()
    make_several_versions()
    make_failed()
    make_waiting()
    alice = User.objects.get(username="alice")
    assert not search.search(alice, None, Request("zeppelin hangar", mode="lexical")).hits  # this is noted as a miss
    return secret


def make_people() -> str:
    """Alice owns the collections, Bob reads one of them; her token opens another."""
    accounts.create("root", None, admin=True)
    alice, bob = (accounts.create(name, None) for name in ("alice", "bob"))
    harbour = collections.create(alice, engine="minilm", preset="auto", name="Harbour")
    collections.set_member(harbour, alice, bob, Role.VIEWER)
    kitchen = collections.create(alice, engine="minilm", preset="general", name="厨房", description="Recipes")
    collections.create(alice, engine="minilm", preset="auto", name="Cellar")
    _token, secret = tokens.make(alice, alice, name="script", read_only=True, collections=[kitchen])
    return secret


def make_ready() -> None:
    soup = ingest(add("厨房", "soup.md", texts.SOUP, metadata={"kind": "recipe"}))
    Version.objects.filter(pk=soup.latest_id).update(preset="")  # indexed before there were presets
    ingest(add("厨房", "骨头汤.md", texts.BROTH))
    ingest(add("Harbour", "harbour.pdf", texts.HARBOUR))
    lease = add("Harbour", "lease.md", texts.LEASE)
    documents.change(lease, None, preset="legal")
    ingest(lease)


def make_several_versions() -> None:
    """Searched is the second; of the last two documents the first, as the second is not read yet, or has failed."""
    ingest(replace(ingest(add("Harbour", "ferry.md", texts.FERRY_1)), texts.FERRY_2))

    bread = add("厨房", "bread.md", texts.BREAD_1)
    first = bread.latest_id
    ingest(replace(bread, texts.BREAD_2))
    tasks.ingest(first)  # the older one was read last

    replace(ingest(add("Harbour", "tides.md", texts.TIDES_1)), texts.TIDES_2)
    ingest(replace(ingest(add("Harbour", "ropes.md", texts.ROPES)), texts.BLANK))


def make_failed() -> None:
    ingest(add("Harbour", "blank.pdf", texts.ALSO_BLANK))
    try_in_vain(add("Harbour", "lamp.md", texts.LAMP))
    try_in_vain(reindex(ingest(add("Harbour", "sails.md", texts.SAILS))))


def make_waiting() -> None:
    add("厨房", "kimchi.md", texts.KIMCHI)
    try_without_engine(add("Harbour", "anchors.md", texts.ANCHORS))
    leave_behind(add("Harbour", "knots.md", texts.KNOTS))
    reindex(ingest(add("Harbour", "buoys.md", texts.BUOYS)))
    leave_behind(reindex(ingest(add("Harbour", "gulls.md", texts.GULLS))))


def make_removed() -> None:
    """Out of sight, while the task that takes away the rest has not run."""
    wrecks, unread = ingest(add("Harbour", "wrecks.md", texts.WRECKS)), add("Harbour", "bell.md", texts.BELL)
    assert documents.remove_soon(Document.objects.filter(pk__in=[wrecks.pk, unread.pk]), None) == 2
    ingest(add("Cellar", "piers.md", texts.PIERS))
    cellar = Collection.objects.get(name="Cellar")
    collections.remove(cellar, cellar.members.get().user)


def add(collection: str, name: str, content: bytes, **fields: object) -> Document:
    to = Collection.objects.get(name=collection)
    owner = User.objects.get(username="alice")
    with files.written(io.BytesIO(content), name) as incoming:
        return documents.add(to, owner, incoming, **fields).document


def replace(document: Document, content: bytes) -> Document:
    with files.written(io.BytesIO(content), document.name) as incoming:
        documents.replace(document, None, incoming)
    document.refresh_from_db()
    return document


def ingest(document: Document) -> Document:
    tasks.ingest(document.latest_id)
    assert newest(document).filter(status__in=["ready", "failed"]).exists()
    return document


def reindex(document: Document) -> Document:
    assert documents.reindex(newest(document), None) == 1
    return document


def leave_behind(document: Document) -> None:
    """A worker takes it and dies."""
    assert ingestion.claim(document.latest_id)
    newest(document).update(lease_until="2026-01-01T00:00:00Z")


def try_in_vain(document: Document) -> None:
    """The engine is another one than the index was built by, as often as it is tried."""
    with engine_with(fingerprint="another@1"):
        for _attempt in range(4):
            newest(document).update(not_before=None)
            tasks.ingest(document.latest_id)
    assert newest(document).filter(status="failed", error_code="internal").exists()


def try_without_engine(document: Document) -> None:
    def embed(_inputs: object) -> None:
        raise EngineUnavailable("connection refused")

    with engine_with(embed=embed):
        tasks.ingest(document.latest_id)
    assert newest(document).filter(status="queued", error_code="engine_down").exists()


@contextmanager
def engine_with(**attributes: object) -> Iterator[None]:
    with ExitStack() as stack:
        for name, value in attributes.items():
            stack.enter_context(patch.object(engine("minilm"), name, value))
        yield


def newest(document: Document) -> VersionQuerySet:
    return Version.objects.filter(pk=document.latest_id)
