"""Comparing two indexes of a collection on a question."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from kb.indexing import generations
from kb.library import documents
from kb.models import Collection, Document
from kb.searching.search import NOTICES
from retrieval import build as index
from retrieval.models import Generation
from retrieval.search import Notice
from tests.conftest import Upload, built, signed_in, work
from tests.kb.test_pages import page, text_of

SOUP = "# Broth\n\nBoil the bones.\n\n# Noodles\n\nCook the noodles in the broth."


@pytest.fixture
def owner(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def path(collection: Collection) -> str:
    return f"/collections/{collection.pk}/index/"


def test_two_answers_side_by_side(bob: User, path: str, collection: Collection, ready: Upload) -> None:
    ready("soup.md", SOUP)
    made = built(collection, preset="legal")
    reader = signed_in(bob)
    assert "Ask both indexes the same question" in page(reader, path)
    answer = reader.get(f"{path}compare/?q=bones&with={made.pk}")
    shown = text_of(answer.content)
    assert "words, 64 dimensions, split as general" in shown
    assert "words, 64 dimensions, split as contract or law" in shown
    assert shown.count("soup.md") == 2 * len(answer.context["sides"][0].found)
    assert answer.context["sides"][1].found[0].passage.heading_path == ["Broth"]
    assert b"<mark>bones</mark>" in answer.content
    assert all(found.shared for side in answer.context["sides"] for found in side.found)


def test_an_index_of_fewer_dimensions_is_asked_with_such_a_vector(
    owner: Client, path: str, collection: Collection, ready: Upload
) -> None:
    ready("soup.md", SOUP)
    built(collection, dimensions=16)
    answer = owner.get(f"{path}compare/?q=bones")
    assert "words, 16 dimensions, split as general" in text_of(answer.content)
    assert [len(side.found) for side in answer.context["sides"]] == [2, 2]


def test_what_only_one_finds_is_not_marked(owner: Client, path: str, collection: Collection, ready: Upload) -> None:
    ready("soup.md", SOUP)
    tea = ready("tea.md", "# Tea\n\nTea of bones.")
    made = built(collection)
    index.remove(made, [tea.newest.pk])
    first, second = owner.get(f"{path}compare/?q=bones").context["sides"]
    assert {found.document.name: found.shared for found in first.found} == {"soup.md": True, "tea.md": False}
    assert {found.document.name for found in second.found} == {"soup.md"}


def test_hits_open_at_their_place(owner: Client, path: str, collection: Collection, ready: Upload) -> None:
    ready("soup.md", SOUP)
    built(collection)
    first, _second = owner.get(f"{path}compare/?q=bones").context["sides"]
    assert b'id="passage"' in owner.get(first.found[0].url.partition("#")[0]).content


def test_a_document_that_is_being_removed_is_found_by_neither(
    owner: Client, path: str, collection: Collection, ready: Upload
) -> None:
    ready("soup.md", SOUP)
    built(collection)
    documents.remove_soon(Document.objects.all(), None)
    assert "soup.md" not in page(owner, f"{path}compare/?q=bones")
    assert "Nothing was found." in page(owner, f"{path}compare/?q=bones")


def test_without_its_engine_one_side_says_so(owner: Client, path: str, collection: Collection, ready: Upload) -> None:
    ready("soup.md", SOUP)
    made = built(collection)
    Generation.objects.filter(pk=made.pk).update(engine="gone")
    first, second = owner.get(f"{path}compare/?q=bones").context["sides"]
    assert (len(first.found), first.notices) == (2, [])
    assert second.found[0].passage.heading_path == ["Broth"]  # by its words
    assert second.notices == [NOTICES[Notice.ENGINE_DOES_NOT_FIT]]


def test_an_incomplete_one_is_not_compared(owner: Client, path: str, collection: Collection, ready: Upload) -> None:
    ready("soup.md", SOUP)
    assert owner.get(f"{path}compare/?q=bones")["Location"] == path
    made = generations.start(collection, None)
    assert owner.get(f"{path}compare/?q=bones&with={made.pk}")["Location"] == path
    work()
    assert owner.get(f"{path}compare/?q=bones&with={made.pk}").status_code == 200
    assert owner.get(f"{path}compare/?q=bones&with={collection.generation_id}").status_code == 404
    assert owner.get(f"{path}compare/").status_code == 200


def test_comparisons_are_limited(
    owner: Client, path: str, collection: Collection, ready: Upload, settings: Settings
) -> None:
    ready("soup.md", SOUP)
    built(collection)
    settings.RATES = {**settings.RATES, "search": 1}
    statuses = [owner.get(f"{path}compare/?q=bones").status_code for _time in range(3)]
    assert statuses[-1] == 429
    assert owner.get(path).status_code == 200
