"""A reader is shown a passage with whole sentences or lines around it."""

from hypothesis import given
from hypothesis import strategies as st

from retrieval.excerpts import around

CODE = "def tea():\n    boil()\n    pour()\n\n\ndef milk():\n    cool()\n"
PROSE = "Boil the water. Pour it over the leaves. Wait for some minutes. Then drink it."


def shown(text: str, passage: str, characters: int) -> str:
    start = text.index(passage)
    begin, end = around(text, start, start + len(passage), characters)
    return text[begin:end]


def test_lines_around_it_are_whole() -> None:
    assert shown(CODE, "    pour()", 40) == "    boil()\n    pour()\n\n\ndef milk():"


def test_sentences_around_it_are_whole() -> None:
    assert shown(PROSE, "Pour it over the leaves.", 62) == "Boil the water. Pour it over the leaves."


def test_a_short_text_is_shown_whole() -> None:
    assert shown(PROSE, "Wait for some minutes.", 1000) == PROSE


def test_a_passage_that_is_longer_is_shown_alone() -> None:
    assert shown(PROSE, "Pour it over the leaves.", 10) == "Pour it over the leaves."


@given(st.text(alphabet="ab. \n。A", min_size=1), st.data(), st.integers(0, 60))
def test_it_holds_the_passage_and_no_more_than_it_may(text: str, data: st.DataObject, characters: int) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    begin, stop = around(text, start, end, characters)
    if text[start:end].strip() == text[start:end]:
        assert 0 <= begin <= start < end <= stop <= len(text)
        assert stop - begin <= max(characters, end - start)
