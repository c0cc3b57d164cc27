"""`manage.py reindex`: building another index of a collection."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django import Settings

from kb.indexing import generations
from kb.library import collections
from kb.management.commands import reindex
from kb.models import AuditEntry, Collection
from retrieval.models import CachedEmbedding, Generation, IndexedVersion
from tests.conftest import Upload, new_collection, work
from tests.engines import WordsEngine


def run(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("reindex", *arguments, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Actions that run one after another, whenever the command sleeps."""
    events: list[Any] = []
    monkeypatch.setattr(reindex, "sleep", lambda _seconds: events.pop(0)())
    return events


def test_it_says_what_it_starts(collection: Collection, ready: Upload) -> None:
    ready("soup.md", "Boil the bones.")
    said = run(collection.pk, "--engine", "words", "--dimensions", "32", "--preset", "paper")
    made = Generation.objects.get(state="building")
    assert said == (
        f"Recipes ({collection.pk}): building index {made.pk} with words, 32 dimensions, split as paper, "
        "from 1 documents.\n"
    )
    assert (made.vector_space.dimensions, made.preset, made.activate_when_complete) == (32, "paper", False)
    assert str(AuditEntry.objects.get(action="index_started")) == "Footnote started building an index: Recipes"


def test_a_name_is_enough_if_no_other_has_it(collection: Collection, alice: User) -> None:
    run("Recipes", "--preset", "code")
    other = new_collection(alice, "Recipes")
    with pytest.raises(CommandError, match="2 collections are called 'Recipes'") as refusal:
        run("Recipes")
    assert other.pk in str(refusal.value)
    collections.remove(other, alice)
    generations.drop(collection, Generation.objects.get(preset="code"), None)
    assert "building index" in run("Recipes")


def test_it_waits_until_the_index_is_complete(collection: Collection, ready: Upload, meanwhile: list[Any]) -> None:
    ready("soup.md", "Boil the bones.")
    meanwhile += [lambda: None, work]
    *_started, before, after = run("Recipes", "--wait").splitlines()
    assert before.endswith("0 of 1 documents done.")
    assert after.endswith('1 of 1 documents done, complete: activate it on the collection\'s page "Index".')
    assert meanwhile == []


def test_it_activates_the_index_with_the_option(collection: Collection, ready: Upload, meanwhile: list[Any]) -> None:
    ready("soup.md", "Boil the bones.")
    meanwhile.append(work)
    said = run("Recipes", "--preset", "code", "--activate", "--wait")
    assert said.splitlines()[-1].endswith("1 of 1 documents done, active.")
    collection.refresh_from_db()
    assert collection.generation.preset == "code"


def test_what_it_waits_for_and_what_failed_is_told(
    collection: Collection, ready: Upload, engine: WordsEngine, meanwhile: list[Any]
) -> None:
    ready("soup.md", "Boil the bones.")
    CachedEmbedding.objects.all().delete()
    engine.away = True

    def fail() -> None:
        rows = IndexedVersion.objects.filter(generation__state="building")
        rows.update(status="failed", error_code="internal")

    def pause() -> None:
        generations.pause(Generation.objects.get(state="building"))

    meanwhile += [work, pause, fail]
    lines = run("Recipes", "--wait").splitlines()
    assert lines[2].endswith("0 of 1 documents done, waiting for the engine (connection refused).")
    assert "paused" in lines[3]
    assert "1 of 1 documents done, 1 failed" in lines[4]


def test_an_index_that_is_dropped_meanwhile_ends_it(
    collection: Collection, ready: Upload, meanwhile: list[Any]
) -> None:
    ready("soup.md", "Boil the bones.")
    meanwhile.append(lambda: generations.drop(collection, Generation.objects.get(state="building"), None))
    with pytest.raises(CommandError, match="was dropped"):
        run("Recipes", "--wait")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Name one collection, or give --all."),
        (["Recipes", "--all", "--engine", "words"], "Name one collection, or give --all."),
        (["--all"], "--all needs --engine."),
        (["Soups"], "No collection has the id or the name 'Soups'."),
        (["--all", "--engine", "none"], "No engine is called 'none'"),
        (["Recipes", "--preset", "none"], "invalid choice: 'none'"),
        (["Recipes", "--dimensions", "many"], "invalid int value: 'many'"),
    ],
)
def test_refusals(collection: Collection, arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence.replace(".", r"\.")):
        run(*arguments)
    assert Generation.objects.count() == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(["--engine", "none"], "No engine is called 'none'"), (["--dimensions", "8"], "16 to 64 dimensions, not of 8")],
)
def test_what_the_engine_refuses(collection: Collection, arguments: list[str], sentence: str) -> None:
    err = StringIO()
    with pytest.raises(CommandError, match=r"1 of 1 indexes could not be started\."):
        run("Recipes", *arguments, stderr=err)
    assert sentence in err.getvalue()


def test_all_that_another_engine_indexed_and_one_refusal_stops_no_other(
    alice: User, collection: Collection, ready: Upload, settings: Settings
) -> None:
    ready("soup.md", "Boil the bones.")
    by_words = new_collection(alice, "By words")
    for one in (collection, new_collection(alice, "Elsewhere")):
        Generation.objects.filter(pk=one.generation_id).update(engine="former")
    generations.start(collection, None, engine="words")
    err = StringIO()
    with pytest.raises(CommandError, match=r"1 of 2 indexes could not be started\."):
        run("--all", "--engine", "words", stderr=err)
    assert "Recipes" in err.getvalue()
    assert "An index with these settings is being built already." in err.getvalue()
    made = Generation.objects.exclude(collection=collection.pk).filter(state="building")
    assert [Collection.objects.get(pk=one.collection).name for one in made] == ["Elsewhere"]
    assert not Generation.objects.filter(collection=by_words.pk, state="building").exists()
