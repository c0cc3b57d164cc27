from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from kb.models import Collection
from retrieval.indexes import postgres_lexical
from retrieval.models import Passage
from retrieval.search import FOREIGN_WEIGHT, Grain, Mode, Notice, Request, is_foreign, search
from tests.conftest import new_collection
from tests.engines import WordsEngine
from tests.retrieval.conftest import write

pytestmark = pytest.mark.django_db


def found(collection: Collection, text: str, **options: Any) -> list[str]:
    results = search([collection.generation], Request(text, **options))
    return [hit.passage.text for hit in results.hits]


@pytest.fixture
def teas(collection: Collection) -> Collection:
    write(collection, ["green tea from Hangzhou", "black tea with milk", "rice with salt"])
    write(collection, ["bread and butter", "milk bread"])
    return collection


def test_a_hit_explains_itself(teas: Collection) -> None:
    results = search([teas.generation], Request("black tea"))
    best = results.hits[0]
    assert (best.rank, best.passage.text) == (1, "black tea with milk")
    assert best.dense is not None
    assert best.lexical is not None
    assert (best.dense.rank, best.dense.weight, best.lexical.terms) == (1, 1.0, ("black", "tea"))
    assert best.score == pytest.approx(2 / 61)
    assert set(results.took_ms) == {"embed", "dense", "lexical", "fuse", "total"}


def test_each_mode_uses_its_legs_only(teas: Collection, engine: WordsEngine) -> None:
    assert len(found(teas, "black tea", mode=Mode.DENSE)) == 5
    engine.embedded.clear()
    assert found(teas, "black tea", mode=Mode.LEXICAL) == ["black tea with milk", "green tea from Hangzhou"]
    assert engine.embedded == []


def test_the_limit_holds(teas: Collection) -> None:
    assert len(found(teas, "tea", limit=2)) == 2


def test_at_the_grain_of_documents_each_comes_once(teas: Collection) -> None:
    results = search([teas.generation], Request("milk tea bread", grain=Grain.DOCUMENT))
    assert len(results.hits) == len({hit.passage.version for hit in results.hits}) == 2
    assert [hit.rank for hit in results.hits] == [1, 2]


def test_a_document_of_many_passages_hides_no_other(collection: Collection) -> None:
    write(collection, ["otter"] * 150)
    for _document in range(3):
        write(collection, ["otter and a river that is far from here"])
    results = search([collection.generation], Request("otter", grain=Grain.DOCUMENT))
    assert len(results.hits) == 4


def test_only_the_versions_asked_for_are_found(teas: Collection) -> None:
    bread = Passage.objects.get(text="milk bread").version
    assert set(found(teas, "milk", versions=[bread])) == {"milk bread", "bread and butter"}


def test_a_question_in_a_script_the_engine_does_not_know_goes_by_its_words(collection: Collection) -> None:
    write(collection, ["绿茶来自杭州", "红茶配牛奶", "米饭"])
    results = search([collection.generation], Request("牛奶"))
    assert results.hits[0].passage.text == "红茶配牛奶"
    assert results.hits[0].dense is not None
    assert results.hits[0].dense.weight == FOREIGN_WEIGHT
    assert results.notices == [Notice.FOREIGN_LANGUAGE]
    assert [hit.passage.text for hit in results.hits] == ["红茶配牛奶"]
    assert search([collection.generation], Request("咖啡")).hits == []


def test_asked_by_meaning_alone_the_engine_answers_with_a_warning(collection: Collection) -> None:
    write(collection, ["绿茶来自杭州"])
    results = search([collection.generation], Request("牛奶", mode=Mode.DENSE))
    assert len(results.hits) == 1
    assert results.notices == [Notice.FOREIGN_MEANING]


@pytest.mark.parametrize(
    ("text", "foreign"),
    [("tea", False), ("naïve café", False), ("茶", True), ("чай", True), ("GPT-4 架构", False), ("42", False)],
)
def test_what_is_foreign_to_an_english_engine(text: str, foreign: bool) -> None:
    assert is_foreign(text, frozenset({"en"})) is foreign
    assert not is_foreign(text, None)
    assert not is_foreign(text, frozenset({"en", "zz"})), "nothing is known of how zz is written"


def test_collections_of_one_space_are_asked_with_one_vector(
    collection: Collection, alice: User, engine: WordsEngine
) -> None:
    other = new_collection(alice, "Other")
    write(collection, ["green tea"])
    write(other, ["black tea"])
    engine.embedded.clear()
    results = search([collection.generation, other.generation], Request("tea"))
    assert {hit.passage.text for hit in results.hits} == {"green tea", "black tea"}
    assert engine.embedded == ["tea"]


def test_without_collections_nothing_is_found(db: None) -> None:
    assert search([], Request("tea")).hits == []


@pytest.mark.django_db(transaction=True)
def test_all_statements_see_one_state_of_the_database(teas: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the legs another connection removes everything: this question still finds what it began with."""
    best = postgres_lexical.best

    def remove_all() -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM retrieval_passage; DELETE FROM retrieval_segment")
        connection.close()

    def removed_meanwhile(*args: Any) -> object:
        thread = Thread(target=remove_all)
        thread.start()
        thread.join()
        return best(*args)

    monkeypatch.setattr(postgres_lexical, "best", removed_meanwhile)
    results = search([teas.generation], Request("tea"))
    assert results.hits[0].lexical is not None
    assert search([teas.generation], Request("tea")).hits == []
