"""If an engine fails, only its own generations lose their dense retriever."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from embedding.engine import EngineMisconfigured, EngineUnavailable
from kb.models import Collection
from retrieval.engines import engine as engine_named
from retrieval.engines import new_generation
from retrieval.models import VectorSpace
from retrieval.options import Mode, SearchOptions
from retrieval.search import Notice, Results, search
from tests.conftest import new_collection
from tests.engines import WordsEngine
from tests.retrieval.conftest import write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("index")]


@pytest.fixture
def other(alice: User, settings: Settings, engine: WordsEngine) -> Collection:
    """A collection with an engine of its own."""
    settings.ENGINES = {**settings.ENGINES, "other": {"class": "tests.engines.WordsEngine"}}
    engine_named.cache_clear()
    collection = new_collection(alice, "Other")
    collection.generation = new_generation(collection.pk, engine_name="other", preset="general")
    collection.save()
    write(collection, ["black tea"])
    return collection


@pytest.fixture
def both(collection: Collection, other: Collection) -> list[Collection]:
    write(collection, ["green tea"])
    return [collection, other]


def ask(collections: list[Collection], text: str = "tea", **options: Any) -> Results:
    return search([collection.generation for collection in collections], text, SearchOptions(**options))


def by_meaning(results: Results) -> set[str]:
    return {hit.passage.text for hit in results.hits if hit.dense}


def by_words(results: Results) -> set[str]:
    return {hit.passage.text for hit in results.hits if hit.lexical}


def away(name: str) -> None:
    found = engine_named(name)
    assert isinstance(found, WordsEngine)
    found.away = True


def test_without_failures_there_are_no_notices(both: list[Collection]) -> None:
    results = ask(both)
    assert by_meaning(results) == by_words(results) == {"green tea", "black tea"}
    assert results.notices == []


def test_one_that_is_away_leaves_the_words(both: list[Collection], caplog: pytest.LogCaptureFixture) -> None:
    away("other")
    results = ask(both)
    assert by_meaning(results) == {"green tea"}
    assert by_words(results) == {"green tea", "black tea"}
    assert results.notices == [Notice.ENGINE_AWAY]
    assert "connection refused" in caplog.text


def test_one_that_settings_no_longer_name_leaves_the_words(
    both: list[Collection], settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ENGINES = {name: options for name, options in settings.ENGINES.items() if name != "other"}
    engine_named.cache_clear()
    results = ask(both)
    assert by_meaning(results) == {"green tea"}
    assert by_words(results) == {"green tea", "black tea"}
    assert results.notices == [Notice.ENGINE_DOES_NOT_FIT]
    assert "'other'" in caplog.text


@pytest.mark.parametrize(
    "wrong", [{"class": "tests.engines.NoSuch"}, {"class": "tests.engines.WordsEngine", "colour": "red"}, {}]
)
def test_one_that_settings_describe_wrongly_leaves_the_words(
    both: list[Collection], settings: Settings, wrong: dict[str, str]
) -> None:
    settings.ENGINES = {**settings.ENGINES, "other": wrong}
    engine_named.cache_clear()
    results = ask(both)
    assert by_words(results) == {"green tea", "black tea"}
    assert results.notices == [Notice.ENGINE_DOES_NOT_FIT]


def test_one_that_did_not_build_the_index_is_not_asked(both: list[Collection], other: Collection) -> None:
    space = VectorSpace.objects.create(engine_fingerprint="words@0", dimensions=64)
    other.generation.vector_space = space
    other.generation.save()
    results = ask(both)
    assert by_meaning(results) == {"green tea"}
    assert results.notices == [Notice.ENGINE_DOES_NOT_FIT]


def test_by_meaning_alone_the_others_answer(both: list[Collection]) -> None:
    away("other")
    results = ask(both, mode=Mode.DENSE)
    assert by_meaning(results) == {"green tea"}
    assert results.notices == [Notice.ENGINE_AWAY]


def test_by_meaning_alone_somebody_must_answer(both: list[Collection], settings: Settings) -> None:
    away("words")
    away("other")
    with pytest.raises(EngineUnavailable):
        ask(both, mode=Mode.DENSE)
    settings.ENGINES = {}
    engine_named.cache_clear()
    with pytest.raises(EngineMisconfigured):
        ask(both, mode=Mode.DENSE)
    assert by_words(ask(both)) == {"green tea", "black tea"}


def test_by_words_alone_nobody_is_asked(both: list[Collection]) -> None:
    away("words")
    away("other")
    assert ask(both, mode=Mode.LEXICAL).notices == []


def test_an_engine_of_two_vector_spaces_is_asked_once(
    collection: Collection, alice: User, engine: WordsEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = new_collection(alice, "Short")
    short.generation = new_generation(short.pk, engine_name="words", preset="general", dimensions=16)
    short.save()
    write(short, ["black tea"])
    write(collection, ["green tea"])
    engine.embedded.clear()
    assert by_meaning(ask([collection, short])) == {"green tea", "black tea"}
    assert engine.embedded == ["tea"]

    waits: list[str] = []

    def too_late(texts: list[str], **how: object) -> None:
        waits.extend(texts)
        raise EngineUnavailable("no answer for 30 seconds")

    monkeypatch.setattr(engine, "embed", too_late)
    results = ask([collection, short])
    assert (len(waits), results.notices) == (1, [Notice.ENGINE_AWAY])
