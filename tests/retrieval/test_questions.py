"""What a question asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.terms import plain, question, sequence, terms


def test_a_question_in_chinese_looks_up_pairs() -> None:
    assert question("知识库").exact == ["知识", "识库"]


def test_a_single_character_is_found_inside_a_word() -> None:
    assert question("税").exact == ["税"]
    assert "税" in terms("增值税率")


def test_silent_words_are_dropped() -> None:
    assert question("What is the price of tea?").exact == ["price", "tea"]


def test_a_question_of_silent_words_alone_keeps_them() -> None:
    assert question("to be or not to be").exact == ["not"]
    assert question("Who are you?").exact == ["who", "are", "you"]


@given(st.text(alphabet=st.characters(exclude_characters='-"“„「')))
def test_a_question_looks_up_only_what_the_index_keeps(text: str) -> None:
    assert set(question(text).exact) <= set(terms(text))


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("Jose Garcia", "José García"),
        ("José", "Jose"),
        ("Aarhus Ørsted", "orsted"),
        ("running boxes", "a box that ran, a run"),
        ("Who lives in the house? houses", "house"),
        ("Haus", "Die Häuser und die Bäume sind nicht von mir"),
        ("发展", "發展"),
        ("發展", "发展"),
    ],
)
def test_other_spellings_are_looked_up(asked: str, written: str) -> None:
    assert set(question(asked).terms) & set(terms(written))


@pytest.mark.parametrize(
    ("text", "identifiers"),
    [
        ("Where is KV-20417?", {"kv20417"}),
        ("the host 172.16.0.9", {"1721609"}),
        ("on 2031-12-24", {"20311224"}),
        ("part 7741203 or X99Q", {"7741203", "x99q"}),
        ("in 1990 the 5 best of 3.5", set()),
        ("add-on for C++", set()),
    ],
)
def test_identifiers(text: str, identifiers: set[str]) -> None:
    assert question(text).identifiers == identifiers


@given(st.text())
def test_every_word_is_in_the_plain_text(text: str) -> None:
    assert all(word in plain(text) for word in sequence(text))


def test_quoted_phrases() -> None:
    asked = question('say "New York" or “知识库” -"old town" now')
    assert asked.phrases == [["new", "york"], ["知", "识", "库"]]
    assert asked.without == [["old", "town"]]
    assert {"new", "york", "知识", "now"} <= set(asked.exact)
    assert not {"old", "town"} & set(asked.terms)
    assert asked.text == 'say "New York" or “知识库” now'


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("tea -milk", [["milk"]]),
        ("茶 -奶", [["奶"]]),
        ("-milk", [["milk"]]),
        ("add-on well -- known", []),
        ("tar -x -5 --verbose", []),
        ("a range 3 -4", []),
    ],
)
def test_words_after_a_minus_sign(text: str, without: list[list[str]]) -> None:
    assert question(text).without == without


def test_a_question_without_conditions_keeps_its_text() -> None:
    assert question("  a  b ").text == "  a  b "
    assert not question("tea").has_conditions
