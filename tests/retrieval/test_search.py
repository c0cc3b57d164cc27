from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from kb.models import Collection, Version
from retrieval import build
from retrieval.engines import new_generation
from retrieval.indexes import configured
from retrieval.models import IndexedVersion, Passage
from retrieval.options import Grain, Mode, SearchOptions
from retrieval.question_vectors import is_foreign
from retrieval.retrievers import FOREIGN_WEIGHT
from retrieval.search import Notice, Results, search
from tests.conftest import new_collection
from tests.engines import WordsEngine
from tests.memory_index import MemoryDense, MemoryLexical
from tests.retrieval.conftest import write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("index")]


def ask(collection: Collection, text: str, **options: Any) -> Results:
    return search([collection.generation], text, SearchOptions(**options))


def found(collection: Collection, text: str, **options: Any) -> list[str]:
    return [hit.passage.text for hit in ask(collection, text, **options).hits]


@pytest.fixture
def teas(collection: Collection) -> Collection:
    write(collection, ["green tea from Hangzhou", "black tea with milk", "rice with salt"])
    write(collection, ["bread and butter", "milk bread"])
    return collection


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The passages whose text was loaded."""
    ids: list[int] = []
    from_db = Passage.from_db.__func__  # type: ignore[attr-defined]

    def counted(cls: type[Passage], *args: Any) -> Passage:
        passage: Passage = from_db(cls, *args)
        ids.append(passage.pk)
        return passage

    monkeypatch.setattr(Passage, "from_db", classmethod(counted))
    return ids


class TestHits:
    def test_a_hit_explains_itself(self, teas: Collection) -> None:
        results = ask(teas, "black tea")
        best = results.hits[0]
        assert (best.rank, best.passage.text) == (1, "black tea with milk")
        assert best.dense is not None
        assert best.lexical is not None
        assert (best.dense.rank, best.dense.weight, best.lexical.terms) == (
            1, 1.0, ("black", "tea", "~black", "~tea"),
        )  # fmt: skip
        assert best.score == pytest.approx(2 / 61)
        assert set(results.took_ms) == {"embed", "dense", "lexical", "fuse", "total"}

    def test_a_hit_tells_its_rank_in_each_retriever(self, teas: Collection) -> None:
        ranks = [(hit.lexical.rank if hit.lexical else None) for hit in ask(teas, "black tea", mode=Mode.LEXICAL).hits]
        assert ranks == [1, 2]

    def test_each_mode_uses_its_retrievers_only(self, teas: Collection, engine: WordsEngine) -> None:
        assert len(found(teas, "black tea", mode=Mode.DENSE)) == 5
        engine.embedded.clear()
        assert found(teas, "black tea", mode=Mode.LEXICAL) == ["black tea with milk", "green tea from Hangzhou"]
        assert engine.embedded == []

    def test_weights_and_k_decide_how_the_retrievers_are_fused(self, collection: Collection) -> None:
        write(collection, ["tea " * 9 + "rice", "tea tea milk bread", "milk tea"])
        by_words = found(collection, "milk tea", mode=Mode.LEXICAL)
        assert found(collection, "milk tea", dense_weight=1e-6)[: len(by_words)] == by_words
        by_meaning = found(collection, "milk tea", mode=Mode.DENSE)
        assert found(collection, "milk tea", lexical_weight=1e-6) == by_meaning
        (best, *_others) = ask(collection, "milk tea", k=0).hits
        assert best.dense is not None
        assert best.lexical is not None
        assert best.score == pytest.approx(1 / best.dense.rank + 1 / best.lexical.rank)

    def test_a_generation_of_fewer_dimensions_is_asked_with_as_many(self, alice: User, engine: WordsEngine) -> None:
        collection = new_collection(alice, "Short")
        collection.generation = new_generation(collection.pk, engine_name="words", preset="general", dimensions=16)
        collection.save()
        write(collection, ["green tea", "rice"])
        (best, _other) = ask(collection, "green tea", mode=Mode.DENSE).hits
        assert best.passage.text == "green tea"
        assert best.dense is not None
        assert best.dense.score == pytest.approx(1, abs=1e-3)

    def test_without_collections_nothing_is_found(self, db: None) -> None:
        assert search([], "tea").hits == []


class TestPages:
    def test_the_limit_holds(self, teas: Collection) -> None:
        assert len(found(teas, "tea", limit=2)) == 2

    def test_the_offset_goes_on_where_the_limit_ended(self, teas: Collection) -> None:
        everything = ask(teas, "milk tea bread").hits
        assert len(everything) == 5
        page = ask(teas, "milk tea bread", offset=2, limit=2).hits
        assert page == everything[2:4]
        assert [hit.rank for hit in page] == [3, 4]
        assert ask(teas, "milk tea bread", offset=5).hits == []

    @pytest.mark.parametrize("grain", Grain)
    def test_page_after_page_each_hit_comes_once_also_beyond_the_depth(
        self, collection: Collection, grain: Grain
    ) -> None:
        words = ["tea", "milk", "rice", "salt", "bread"]
        for number in range(20):
            passages = [" ".join(words[: 1 + (number + n) % 5] + [f"word{number}"] * n) for n in range(4)]
            write(collection, passages, sections=[0, 0, 1, 1])
        seen: list[int] = []
        for offset in range(0, 100, 7):
            hits = ask(collection, "tea with bread", grain=grain, depth=10, offset=offset, limit=7).hits
            seen += [hit.passage.pk for hit in hits]
            assert [hit.rank for hit in hits] == list(range(offset + 1, offset + len(hits) + 1))
        assert len(seen) == len(set(seen)) == {Grain.PASSAGE: 80, Grain.SECTION: 40, Grain.DOCUMENT: 20}[grain]


class TestGrain:
    def test_with_document_grain_each_document_is_a_hit_once(self, teas: Collection) -> None:
        hits = ask(teas, "milk tea bread", grain=Grain.DOCUMENT).hits
        assert len(hits) == len({hit.passage.version for hit in hits}) == 2
        assert [hit.rank for hit in hits] == [1, 2]

    def test_with_section_grain_each_section_is_a_hit_once(self, collection: Collection) -> None:
        write(collection, ["tea", "tea with milk", "rice", "rice with tea"], sections=[0, 0, 1, 1])
        hits = ask(collection, "tea", grain=Grain.SECTION).hits
        assert [hit.passage.text for hit in hits] == ["tea", "rice with tea"]

    def test_a_document_of_many_passages_hides_no_other(self, collection: Collection) -> None:
        write(collection, ["otter"] * 150)
        for _document in range(3):
            write(collection, ["otter and a river that is far from here"])
        assert len(ask(collection, "otter", grain=Grain.DOCUMENT).hits) == 4

    def test_fewer_documents_than_wanted_cost_no_more_than_the_hits_shown(
        self, collection: Collection, loaded: list[int], index: str
    ) -> None:
        write(collection, [f"otter number {n}" for n in range(300)])
        write(collection, ["otter and river"])
        loaded.clear()
        with CaptureQueriesContext(connection) as captured:
            hits = ask(collection, "otter", grain=Grain.DOCUMENT).hits
        assert len(hits) == 2
        if index == "postgres":
            assert sorted(loaded) == sorted(hit.passage.pk for hit in hits)
            assert len([one for one in captured if "<#>" in one["sql"]]) == 1


class TestVisibility:
    def test_only_the_versions_asked_for_are_found(self, teas: Collection) -> None:
        bread = Passage.objects.get(text="milk bread").version
        wanted = Version.objects.filter(pk=bread)
        assert set(found(teas, "milk", filter=wanted)) == {"milk bread", "bread and butter"}
        assert found(teas, "milk", filter=Version.objects.none()) == []

    def test_a_filter_is_joined_however_many_versions_pass_it(self, collection: Collection) -> None:
        def scans() -> list[str]:
            with CaptureQueriesContext(connection) as captured:
                found(collection, "tea", filter=Version.objects.filter(filename="x"))
            return [one["sql"] for one in captured if "<#>" in one["sql"] or "packed" in one["sql"]]

        write(collection, ["tea"])
        few = scans()
        for _version in range(30):
            write(collection, ["tea"])
        assert scans() == few

    def test_what_was_removed_vanishes_before_its_rows_do(self, teas: Collection) -> None:
        bread = Passage.objects.get(text="milk bread").version
        IndexedVersion.objects.filter(version=bread).update(visible=False)
        for mode in Mode:
            assert set(found(teas, "milk bread", mode=mode)) <= {
                "green tea from Hangzhou",
                "black tea with milk",
                "rice with salt",
            }
        assert configured.dense().count(teas.generation_id) == configured.lexical().count(teas.generation_id) == 5

    def test_what_was_removed_is_gone_though_a_store_still_has_it(self, teas: Collection) -> None:
        bread = Passage.objects.get(text="milk bread").version
        build.remove(teas.generation, [bread])
        assert found(teas, "milk", mode=Mode.LEXICAL) == ["black tea with milk"]
        assert len(found(teas, "milk", mode=Mode.DENSE, limit=3)) == 3
        dense, lexical = configured.dense(), configured.lexical()
        if isinstance(dense, MemoryDense) and isinstance(lexical, MemoryLexical):
            assert dense.count(teas.generation_id) == lexical.count(teas.generation_id) == 5
            dense.deliver()
            lexical.deliver()
        assert dense.count(teas.generation_id) == lexical.count(teas.generation_id) == 3
        teas.generation.refresh_from_db()
        assert teas.generation.passage_count == 3

    def test_what_is_written_but_not_published_is_not_there(self, teas: Collection) -> None:
        before = ask(teas, "milk bread")
        with transaction.atomic():
            write(teas, ["milk bread with milk bread"])
            assert len(found(teas, "milk bread")) == 6
            transaction.set_rollback(True)
        assert ask(teas, "milk bread").hits == before.hits

    def test_a_version_written_again_is_found_once_and_survives_a_late_removal(self, collection: Collection) -> None:
        version = write(collection, ["tea with milk. bread"])
        build.remove(collection.generation, [version.pk])
        write(collection, ["tea with milk", "bread"], version=version)
        assert sorted(found(collection, "tea bread")) == ["bread", "tea with milk"]
        dense, lexical = configured.dense(), configured.lexical()
        if isinstance(dense, MemoryDense) and isinstance(lexical, MemoryLexical):
            dense.deliver()
            lexical.deliver()
        assert sorted(found(collection, "tea bread")) == ["bread", "tea with milk"]

    def test_a_store_that_finds_much_that_is_hidden_is_read_on(self, collection: Collection) -> None:
        for _version in range(30):
            hidden = write(collection, ["tea"] * 10)
            IndexedVersion.objects.filter(version=hidden.pk).update(visible=False)
        write(collection, ["tea and much else that is far from here"])
        for mode in Mode:
            assert found(collection, "tea", mode=mode, depth=10) == ["tea and much else that is far from here"]


class TestForeign:
    """An engine that was not trained for the question's script."""

    def test_a_question_goes_by_its_words(self, collection: Collection) -> None:
        write(collection, ["绿茶来自杭州", "红茶配牛奶", "米饭"])
        results = ask(collection, "牛奶")
        assert results.hits[0].passage.text == "红茶配牛奶"
        assert results.hits[0].dense is not None
        assert results.hits[0].dense.weight == FOREIGN_WEIGHT
        assert results.notices == [Notice.FOREIGN_LANGUAGE]
        assert [hit.passage.text for hit in results.hits] == ["红茶配牛奶"]
        assert ask(collection, "咖啡").hits == []

    def test_few_hits_by_words_cost_one_scan(self, collection: Collection, loaded: list[int], index: str) -> None:
        write(collection, ["绿茶来自杭州", "红茶配牛奶", *["米饭"] * 250])
        loaded.clear()
        with CaptureQueriesContext(connection) as captured:
            hits = ask(collection, "牛奶").hits
        assert [hit.passage.text for hit in hits] == ["红茶配牛奶"]
        if index == "postgres":
            assert len([one for one in captured if "<#>" in one["sql"]]) == 1
            assert loaded == [hits[0].passage.pk]

    def test_asked_by_meaning_alone_the_engine_answers_with_a_warning(self, collection: Collection) -> None:
        write(collection, ["绿茶来自杭州"])
        results = ask(collection, "牛奶", mode=Mode.DENSE)
        assert len(results.hits) == 1
        assert results.notices == [Notice.FOREIGN_MEANING]

    @pytest.mark.parametrize(
        ("text", "foreign"),
        [("tea", False), ("naïve café", False), ("茶", True), ("чай", True), ("GPT-4 架构", False), ("42", False)],
    )
    def test_what_is_foreign_to_an_english_engine(self, text: str, foreign: bool) -> None:
        assert is_foreign(text, frozenset({"en"})) is foreign
        assert not is_foreign(text, None)
        assert not is_foreign(text, frozenset({"en", "zz"})), "nothing is known of how zz is written"


class TestSeveralCollections:
    def test_those_of_one_vector_space_are_asked_with_one_vector(
        self, collection: Collection, alice: User, engine: WordsEngine
    ) -> None:
        other = new_collection(alice, "Other")
        write(collection, ["green tea"])
        write(other, ["black tea"])
        engine.embedded.clear()
        results = search([collection.generation, other.generation], "tea")
        assert {hit.passage.text for hit in results.hits} == {"green tea", "black tea"}
        assert engine.embedded == ["tea"]
