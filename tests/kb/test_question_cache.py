"""The vector of a question that was asked a moment ago is not made again; without Redis every question is answered."""

from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache as redis
from pytest_django import Settings

from embedding.engine import Vectors
from embedding.prompts import Role
from kb.library import collections, documents
from kb.models import Collection, Document, DocumentQuerySet
from kb.searching import question_cache
from kb.searching.compare import compare
from kb.searching.search import Filter, search
from retrieval.engines import engine as engine_named
from retrieval.options import Grain, SearchOptions
from tests.conftest import new_collection
from tests.engines import WordsEngine
from tests.operations.test_metrics import counted
from tests.retrieval.conftest import write


class ReadingEngine(WordsEngine):
    """An engine that reads instructions: they are words of the question to it."""

    takes_instructions = True

    def embed(self, texts: Sequence[str], *, role: Role = Role.DOCUMENT, instruction: str = "") -> Vectors:
        return super().embed([f"{instruction} {text}".strip() for text in texts])


@pytest.fixture
def engine(quick: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReadingEngine]:
    """The default engine of these tests, and a cache that holds nothing yet."""
    settings.QUESTION_CACHE_SECONDS = 60
    settings.ENGINES = {**settings.ENGINES, "words": {"class": f"{__name__}.ReadingEngine"}}
    settings.DEFAULT_ENGINE = "words"
    engine_named.cache_clear()
    monkeypatch.setattr(question_cache, "_SHARED", question_cache.QuestionCache())
    redis.clear()
    found = engine_named("words")
    assert isinstance(found, ReadingEngine)
    yield found
    engine_named.cache_clear()


@pytest.fixture
def teas(collection: Collection, engine: ReadingEngine) -> Collection:
    write(collection, ["green tea", "rice with green peas", "web search"])
    engine.embedded.clear()
    return collection


def ask(user: User, question: str, **options: int) -> list[float]:
    """How near each hit is."""
    hits = search(user, None, question, SearchOptions(**options)).hits  # type: ignore[arg-type]
    return [found.hit.dense.score for found in hits if found.hit.dense]


def looked_up() -> dict[str, float]:
    return {
        result: counted("footnote_question_cache_total", kind="vector", result=result)
        for result in ("hit", "miss", "away")
    }


def since(before: dict[str, float]) -> dict[str, float]:
    return {result: count - before[result] for result, count in looked_up().items() if count > before[result]}


@pytest.mark.usefixtures("teas")
class TestHit:
    def test_the_engine_is_asked_once_and_the_answer_is_the_same(self, alice: User, engine: ReadingEngine) -> None:
        before = looked_up()
        first = ask(alice, "green tea")
        assert ask(alice, " green tea\n") == first != []
        assert len(engine.embedded) == 1
        assert since(before) == {"hit": 1, "miss": 1}

    def test_another_page_of_the_results_too(self, alice: User, engine: ReadingEngine) -> None:
        ask(alice, "green tea", limit=1)
        ask(alice, "green tea", limit=1, offset=1)
        assert len(engine.embedded) == 1

    def test_nobody_can_tell_by_it_what_others_asked(
        self, alice: User, bob: User, teas: Collection, engine: ReadingEngine
    ) -> None:
        first, before = ask(alice, "green tea"), looked_up()
        assert ask(bob, "green tea") == first
        assert since(before) == {"miss": 1}
        assert len(engine.embedded) == 2

    def test_it_answers_while_the_engine_is_away(self, alice: User, engine: ReadingEngine) -> None:
        first = ask(alice, "green tea")
        engine.away = True
        assert ask(alice, "green tea") == first
        assert ask(alice, "rice") == []

    def test_indexes_are_compared_with_one_vector(self, teas: Collection, engine: ReadingEngine, alice: User) -> None:
        compare(alice, teas.generation, new_collection(alice, "More").generation, "green tea")
        assert len(engine.embedded) == 1


@pytest.mark.usefixtures("teas")
class TestKey:
    def test_another_question_is_another(self, alice: User, engine: ReadingEngine) -> None:
        ask(alice, "green tea")
        ask(alice, "Green tea")
        assert len(engine.embedded) == 2

    def test_another_instruction_is_another(self, alice: User, engine: ReadingEngine, teas: Collection) -> None:
        first = ask(alice, "green tea")
        collections.change_instruction(teas, alice, "Find me rice")
        second = ask(alice, "green tea")
        assert engine.embedded[-1] == "Find me rice green tea"
        assert first != second
        collections.change_instruction(teas, alice, "web")
        assert ask(alice, "green tea") == first
        assert len(engine.embedded) == 2

    def test_other_weights_are_another(
        self, alice: User, engine: ReadingEngine, teas: Collection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ask(alice, "green tea")
        monkeypatch.setattr(ReadingEngine, "fingerprint", "words@2")
        teas.generation.vector_space.engine_fingerprint = "words@2"
        teas.generation.vector_space.save()
        ask(alice, "green tea")
        assert len(engine.embedded) == 2

    def test_an_engine_set_otherwise_is_another(self, alice: User, engine: ReadingEngine, settings: Settings) -> None:
        ask(alice, "green tea")
        settings.ENGINES = {**settings.ENGINES, "words": {**settings.ENGINES["words"], "prompts": "q: "}}
        ask(alice, "green tea")
        assert len(engine.embedded) == 2

    def test_redis_is_told_no_question(self, alice: User, engine: ReadingEngine) -> None:
        ask(alice, "green tea")
        keys = redis._cache.get_client().keys("*question*")  # type: ignore[attr-defined]
        assert len(keys) == 3, "its vector, and the hits of both retrievers"
        for key in keys:
            assert b"tea" not in key
            assert 0 < redis._cache.get_client().ttl(key) <= 60  # type: ignore[attr-defined]


@pytest.mark.usefixtures("teas")
class TestAway:
    def gone(self, settings: Settings) -> None:
        settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}

    def test_every_question_is_answered(
        self, alice: User, engine: ReadingEngine, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        first = ask(alice, "green tea")
        self.gone(settings)
        before = looked_up()
        assert [ask(alice, "green tea") for _ in range(3)] == [first] * 3
        assert len(engine.embedded) == 4
        assert since(before) == {"away": 3}
        assert caplog.text.count("Redis is away") == 1, "it is not tried again at once"

    def test_it_is_tried_again_after_some_seconds(
        self, alice: User, engine: ReadingEngine, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        there = settings.CACHES
        self.gone(settings)
        ask(alice, "green tea")
        settings.CACHES = there
        now = monotonic()
        monkeypatch.setattr(question_cache, "monotonic", lambda: now + question_cache.PAUSE_SECONDS)
        ask(alice, "green tea")
        ask(alice, "green tea")
        assert len(engine.embedded) == 2

    def test_what_is_no_vector_of_this_engine_is_made_anew(self, alice: User, engine: ReadingEngine) -> None:
        first = ask(alice, "green tea")
        for broken in (b"abcd", b"abc", "text"):
            client = redis._cache.get_client()  # type: ignore[attr-defined]
            (key,) = client.keys("*question:vector*")
            redis.set(key.decode().split(":", 2)[2], broken)
            assert ask(alice, "green tea") == first

    def test_settings_may_want_none(self, alice: User, engine: ReadingEngine, settings: Settings) -> None:
        settings.QUESTION_CACHE_SECONDS = 0
        ask(alice, "green tea")
        ask(alice, "green tea")
        assert len(engine.embedded) == 2


def hits_looked_up() -> dict[str, float]:
    return {result: counted("footnote_question_cache_total", kind="hits", result=result) for result in ("hit", "miss")}


def found(user: User, question: str, only: Filter | None = None, **options: Any) -> list[str]:
    return [hit.passage.text for hit in search(user, None, question, SearchOptions(**options), only=only).hits]


class TestHits:
    """What the retrievers found, until anything changes in what they searched."""

    def test_the_same_question_and_its_next_page_search_once(self, alice: User, teas: Collection) -> None:
        first = found(alice, "green tea")
        before = hits_looked_up()
        assert found(alice, "green tea") == first != []
        assert found(alice, "green tea", limit=1, offset=1) == first[1:2]
        after = hits_looked_up()
        assert (after["hit"] - before["hit"], after["miss"] - before["miss"]) == (4, 0), "two retrievers, twice"

    def test_another_grain_is_another_search(self, alice: User, teas: Collection) -> None:
        assert len(found(alice, "green")) == 3
        assert len(found(alice, "green", grain=Grain.DOCUMENT)) == 1

    def test_what_is_added_is_found_at_once(self, alice: User, teas: Collection) -> None:
        assert "green apples" not in found(alice, "green")
        write(teas, ["green apples"])
        assert "green apples" in found(alice, "green")

    @pytest.mark.parametrize("how", [documents.remove, documents.remove_soon])
    def test_what_is_removed_is_gone_at_once(
        self, alice: User, teas: Collection, how: Callable[[DocumentQuerySet, User], int]
    ) -> None:
        version = write(teas, ["green apples"])
        assert "green apples" in found(alice, "green")
        how(Document.objects.filter(pk=version.document_id), alice)
        before = hits_looked_up()
        assert "green apples" not in found(alice, "green")
        assert hits_looked_up()["miss"] == before["miss"] + 2, "searched anew: the statistics have changed, too"

    def test_what_another_collection_gets_changes_nothing_here(self, alice: User, teas: Collection) -> None:
        other = new_collection(alice, "Other")
        first = [hit.hit.score for hit in search(alice, None, "green", SearchOptions(), [teas.pk]).hits]
        write(other, ["green apples"])
        before = hits_looked_up()
        assert [hit.hit.score for hit in search(alice, None, "green", SearchOptions(), [teas.pk]).hits] == first
        assert hits_looked_up()["hit"] == before["hit"] + 2

    def test_a_filter_is_applied_anew(self, alice: User, teas: Collection) -> None:
        only = Filter(document=list(Document.objects.values_list("pk", flat=True)))
        before = hits_looked_up()
        assert len(found(alice, "green", only=only)) == 3
        assert hits_looked_up() == before
