"""A question finds passages in another language, also beside those in its own that share its words."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from embedding.engine import Vectors
from embedding.prompts import Role
from kb.models import Collection
from retrieval.engines import engine as engine_named
from retrieval.engines import new_generation
from retrieval.options import SearchOptions
from retrieval.other_languages import is_in_another_language
from retrieval.search import Hit, Notice, search
from tests.conftest import new_collection
from tests.engines import WordsEngine
from tests.retrieval.conftest import write

TRANSLATED = {"汤": "stock", "冷冻": "freezer", "多久": "months", "保存": "keep", "茶": "tea"}


class Polyglot(WordsEngine):
    """Knows a few Chinese words by their English ones."""

    fingerprint = "polyglot@1"
    languages = None  # type: ignore[assignment]

    def embed(self, texts: Sequence[str], *, role: Role = Role.DOCUMENT, instruction: str = "") -> Vectors:
        for chinese, english in TRANSLATED.items():
            texts = [text.replace(chinese, f" {english} ") for text in texts]
        return super().embed(texts, role=role, instruction=instruction)


@pytest.mark.parametrize(
    ("question", "passage", "is_other"),
    [
        ("高汤能冷冻多久？", "Keep the stock in the freezer for up to three months.", True),
        ("how long does stock keep?", "高汤可以冷冻保存三个月。", True),
        ("高汤能冷冻多久？", "高汤可以冷冻保存三个月。", False),
        ("getUserName 怎么用？", "调用 getUserName() 得到用户名，例如 name = getUserName(id)。", False),
        ("怎么用？", "name = getUserName(id)", True),
        ("how is the stock made?", "Die Brühe wird mit den Knochen und dem Gemüse gekocht.", True),
        ("stock months", "Die Brühe wird mit den Knochen und dem Gemüse gekocht.", False),  # it does not tell
        ("スープの保存", "高汤可以冷冻保存三个月。", True),
        ("как хранить бульон", "Keep the stock in the freezer.", True),
        ("42", "Keep the stock in the freezer.", False),
        ("stock", "", False),
    ],
)
def test_the_language_is_told_by_script_and_by_frequent_words(question: str, passage: str, is_other: bool) -> None:
    assert is_in_another_language(question, passage) == is_other


@pytest.fixture
def kitchen(alice: User, settings: Settings) -> Collection:
    settings.ENGINES = {**settings.ENGINES, "polyglot": {"class": f"{__name__}.Polyglot"}}
    engine_named.cache_clear()
    collection = new_collection(alice, "Kitchen")
    collection.generation = new_generation(collection.pk, engine_name="polyglot", preset="general")
    collection.save()
    return collection


def ask(*collections: Collection, text: str, **options: Any) -> list[Hit]:
    return search([one.generation for one in collections], text, SearchOptions(**options)).hits


@pytest.mark.django_db
@pytest.mark.usefixtures("index")
class TestSearch:
    QUESTION = "汤冷冻保存多久"
    ANSWER = "stock freezer keep months"

    def test_the_right_passage_is_among_the_first_though_others_have_words_of_the_question(
        self, kitchen: Collection
    ) -> None:
        write(kitchen, [self.ANSWER, *(f"茶冷冻多久 {number}" for number in range(20))])
        hits = ask(kitchen, text=self.QUESTION, limit=30)
        (answer,) = (hit for hit in hits if hit.passage.text == self.ANSWER)
        assert answer.rank <= 5, "by ranks alone it would be the last one"
        assert answer.dense is not None
        assert (answer.dense.rank, answer.lexical) == (1, None)
        assert answer.dense.weight == pytest.approx(1.9), "its rank counts for both retrievers"
        assert {hit.dense.weight for hit in hits if hit.dense and hit != answer} == {1.0}

    def test_its_own_language_comes_first_where_both_answer(self, kitchen: Collection) -> None:
        write(kitchen, [self.ANSWER, "汤冷冻保存多久：三个月", "tea"])
        assert [hit.passage.text for hit in ask(kitchen, text=self.QUESTION)][:2] == [
            "汤冷冻保存多久：三个月",
            self.ANSWER,
        ]

    def test_in_a_collection_of_one_language_nothing_changes(self, kitchen: Collection) -> None:
        write(kitchen, ["汤冷冻保存", "茶多久", "汤茶"])
        assert {hit.dense.weight for hit in ask(kitchen, text=self.QUESTION) if hit.dense} == {1.0}

    def test_an_engine_of_one_language_stands_in_for_nothing(self, collection: Collection) -> None:
        write(collection, [self.ANSWER, "stock 汤"])
        assert {hit.dense.weight for hit in ask(collection, text="汤 stock") if hit.dense} == {1.0}

    def test_one_notice_if_only_some_engines_do_not_know_the_language(
        self, kitchen: Collection, collection: Collection
    ) -> None:
        write(kitchen, ["tea"])
        write(collection, ["tea"])

        def notices(*collections: Collection) -> list[Notice]:
            return search([one.generation for one in collections], "茶", SearchOptions()).notices

        assert notices(kitchen, collection) == [Notice.FOREIGN_TO_SOME]
        assert notices(collection) == [Notice.FOREIGN_LANGUAGE]
        assert notices(kitchen) == []
