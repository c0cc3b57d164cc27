"""Other spellings, identifiers and conditions, through the whole search, on both indexes."""

from typing import Any

import pytest

from kb.models import Collection
from retrieval.options import Grain, Mode, SearchOptions
from retrieval.search import Notice, Results, search
from tests.retrieval.conftest import write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("index")]

FILLING = [f"{word} is kept in the {place}" for word in ("rope", "oar", "sail") for place in ("shed", "hut", "barn")]


def ask(collection: Collection, text: str, **options: Any) -> Results:
    return search([collection.generation], text, SearchOptions(**options))


def found(collection: Collection, text: str, **options: Any) -> list[str]:
    return [hit.passage.text for hit in ask(collection, text, **options).hits]


@pytest.mark.parametrize(
    ("question", "own", "other"),
    [
        ("Perez", "Perez keeps bees", "Pérez keeps bees on the hill, far from the road"),
        ("Pérez", "Pérez keeps bees on the hill, far from the road", "Perez keeps bees"),
        ("网络设备", "网络设备在二楼", "網絡設備在三樓"),
        ("網絡設備", "網絡設備在三樓", "网络设备在二楼"),
        ("wells", "two wells in the yard", "the well is deep"),
        ("well", "the well is deep", "two wells in the yard"),
    ],
)
@pytest.mark.parametrize("filling", [[], FILLING])
def test_other_spellings_are_found_after_the_questions_own(
    collection: Collection, question: str, own: str, other: str, filling: list[str]
) -> None:
    write(collection, [other, own, *filling])
    assert found(collection, question, mode=Mode.LEXICAL)[:2] == [own, other]


def test_a_hit_by_another_spelling_explains_itself(collection: Collection) -> None:
    write(collection, ["Pérez keeps bees", *FILLING])
    (hit,) = ask(collection, "Perez", mode=Mode.LEXICAL).hits
    assert hit.lexical is not None
    assert hit.lexical.terms == ("~perez",)


def test_half_width_and_full_width_meet(collection: Collection) -> None:
    write(collection, ["ﾎﾟﾝﾌﾟの型番はＫＲ－３１", *FILLING])
    for question in ("ポンプ", "ﾎﾟﾝﾌﾟ", "KR-31", "ＫＲ－３１", "kr31"):
        assert len(found(collection, question, mode=Mode.LEXICAL)) == 1


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("172.16.0.20", "at 172.16.0.20 is the oven", ["at 172.20.0.16 is the lathe", "at 20.0.16.172 is the saw"]),
        ("2031-02-03", "checked on 2031-02-03", ["checked on 2031-03-02", "checked on 2031-02-23 in room 03"]),
        ("1,204,007", "costs 1204007 in all", ["costs 1,007,204 in all", "costs 204 and 007 and 1"]),
        ("addon", "an add-on for it", ["add it on top", "on and on"]),
        ("C#", "written in C#", ["written in C", "written in C++"]),
    ],
)
@pytest.mark.parametrize("mode", [Mode.LEXICAL, Mode.HYBRID])
def test_what_is_joined_is_more_than_its_parts(
    collection: Collection, question: str, right: str, wrong: list[str], mode: Mode
) -> None:
    write(collection, [*wrong, right, *FILLING])
    assert found(collection, question, mode=mode)[0] == right


class TestIdentifiers:
    def test_the_only_passage_that_holds_one_comes_first(self, collection: Collection) -> None:
        entries = [f"The {word} hangs in the loft under the sign LM-4{n}07{n}" for n, word in enumerate("abcdefgh")]
        write(collection, entries)
        question = "which thing hangs in the loft under the sign LM-44074, the a or the h?"
        for limit in (1, 8):
            hits = ask(collection, question, limit=limit).hits
            assert hits[0].passage.text == entries[4]
            assert hits[0].identifiers == ("lm44074",)
        assert not any(hit.identifiers for hit in hits[1:])

    def test_one_that_many_hold_changes_nothing(self, collection: Collection) -> None:
        write(collection, ["tea of batch 20-311", "milk of batch 20-311", "rice of batch 20-311", "20-311", "bread"])
        assert not any(hit.identifiers for hit in ask(collection, "tea of batch 20-311").hits)

    @pytest.mark.parametrize("grain", Grain)
    def test_whatever_the_grain_it_is_shown_by_the_passage_that_holds_it(
        self, collection: Collection, grain: Grain
    ) -> None:
        write(collection, ["green tea for guests", "batch 77-204"], sections=[0, 0])
        write(collection, ["tea for guests", "green tea"], sections=[0, 1])
        best = ask(collection, "green tea for guests 77-204", grain=grain, lexical_weight=0.1).hits[0]
        assert (best.passage.text, best.identifiers) == ("batch 77-204", ("77204",))


class TestConditions:
    @pytest.fixture
    def towns(self, collection: Collection) -> Collection:
        write(collection, ["the old harbour town", "a harbour in the old town", "old town harbour"], sections=[0, 0, 1])
        write(collection, ["old\u00adtown", "新 城 门", "新城门"])
        return collection

    @pytest.mark.parametrize("mode", Mode)
    def test_a_quoted_phrase_must_be_there(self, towns: Collection, mode: Mode) -> None:
        results = ask(towns, 'harbour "Old Town"', mode=mode)
        assert {hit.passage.text for hit in results.hits} == {"a harbour in the old town", "old town harbour"}
        assert results.notices == []
        assert found(towns, "“城门”", mode=Mode.LEXICAL) == ["新城门"]

    def test_a_phrase_that_is_nowhere_is_words_like_any_other(self, towns: Collection) -> None:
        results = ask(towns, '"town old harbour"', mode=Mode.LEXICAL)
        assert len(results.hits) == 3
        assert results.notices == [Notice.NO_SUCH_PHRASE]

    @pytest.mark.parametrize("mode", Mode)
    def test_a_word_after_a_minus_sign_must_not_be_there(self, towns: Collection, mode: Mode) -> None:
        results = ask(towns, "old town -harbour", mode=mode)
        assert not any("harbour" in hit.passage.text for hit in results.hits)
        assert Notice.LEFT_OUT in results.notices
        phrases = found(towns, 'harbour -"old town"', mode=mode)
        assert "the old harbour town" in phrases
        assert not any("old town" in text for text in phrases)

    def test_an_item_is_shown_by_a_passage_that_meets_the_conditions(self, towns: Collection) -> None:
        for grain, hits in ((Grain.PASSAGE, 2), (Grain.SECTION, 2), (Grain.DOCUMENT, 1)):
            shown = found(towns, 'harbour "old town"', mode=Mode.LEXICAL, grain=grain)
            assert len(shown) == hits
            assert all("old town" in text for text in shown)

    def test_pages_of_a_question_with_conditions(self, collection: Collection) -> None:
        write(collection, [f"tea number{n} with milk" if n % 2 else f"tea number{n} with salt" for n in range(30)])
        pages = [found(collection, "tea -salt", limit=4, offset=offset, depth=5) for offset in range(0, 16, 4)]
        assert len({text for page in pages for text in page}) == 15
