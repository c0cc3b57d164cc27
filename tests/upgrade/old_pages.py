"""What the old product shows and answers."""

# mypy: ignore-errors

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import F
from django.test import Client
from questions import QUESTIONS, highlighted

from kb import search
from kb.models import Document, Event, Miss, VersionText
from retrieval.models import Embedded
from retrieval.search import Request


def note() -> dict[str, Any]:
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "servestatic" not in name]
    alice = User.objects.get(username="alice")
    client = Client()
    client.force_login(alice)
    answers = [
        {"question": question, "mode": mode, "hits": [hit(found) for found in answer.hits]}
        for question, mode in QUESTIONS
        if (answer := search.search(alice, None, Request(question, mode=mode)))
    ]
    addresses = {hit["url"] for answer in answers for hit in answer["hits"]} | first_words_of_all_texts(alice)
    opened = {address: highlighted(client.get(address).content.decode()) for address in sorted(addresses)}
    assert all(opened.values())
    return {
        "documents": {document.pop("name"): document for document in shown_to(alice)},
        "answers": answers,
        "opened": opened,
    }


def rows() -> dict[str, int]:
    return {kind.__name__: kind.objects.count() for kind in (Event, Miss, Embedded)}


def shown_to(user: User) -> list[dict[str, Any]]:
    documents = Document.objects.visible_to(user).select_related("latest", "collection").order_by("name")
    return [
        {
            "name": document.name,
            "id": document.pk,
            "collection": document.collection.name,
            "versions": document.versions.count(),
            "status": document.newest.status,
            "error_code": document.newest.error_code,
        }
        for document in documents
    ]


def hit(found: search.FoundPassage) -> dict[str, Any]:
    return {
        "document": found.document.name,
        "version": found.version.number,
        "start": found.passage.start,
        "end": found.passage.end,
        "score": found.hit.score,
        "dense": found.hit.dense and [found.hit.dense.rank, found.hit.dense.score],
        "lexical": found.hit.lexical and [found.hit.lexical.rank, found.hit.lexical.score],
        "url": found.url,
    }


def first_words_of_all_texts(user: User) -> set[str]:
    """What an old footnote may name, also of versions that are no longer searched."""
    texts = VersionText.objects.filter(version__document__in=Document.objects.visible_to(user))
    texts = texts.select_related("version").exclude(version=F("version__document__latest"))
    return {search.place_url(text.version, 0, 20) for text in texts}
