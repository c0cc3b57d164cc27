"""What is cut from a text, how it is normalised, and the places of terms."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.terms import FOLDED, MAX_TERM_LENGTH, question, terms, tokens
from retrieval.terms.cut import pieces
from retrieval.terms.normalise import normalise

# Text with what normalising is about: marks, half-width and full-width forms, Korean letters, signs that show nothing.
curious = st.sampled_from("aZé5 .-_/\u0301\u0308ﾃﾞｶﾟＡ１ﬁß\u200b\u00ad\u200d\ufe0f漢語ー한\u1112\u1161\u11abￂﾡ\n")
texts = st.one_of(st.text(), st.lists(curious).map("".join))


def exact(text: str) -> list[str]:
    return [term for term in terms(text) if not term.startswith(FOLDED)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Cat sat.", ["the", "cat", "sat"]),
        ("getUserName", ["getusername", "get", "user", "name"]),
        ("parse_HTTPResponse2", ["parsehttpresponse2", "parse", "http", "response", "2"]),
        ("__init__", ["init"]),
        ("知识库", ["知", "知识", "识", "识库", "库"]),
        ("GPT-4模型", ["gpt", "4", "gpt4", "模", "模型", "型"]),
        ("ＡＢＣ straße", ["abc", "strasse"]),
        ("हिन्दी", ["हिन्दी"]),
        ("10⁷, 2500¹ and 5¹²", ["10", "7", "2500", "1", "and", "5", "12"]),
        ("2½", ["2", "1", "2"]),
        ("m²", ["m2", "m", "2"]),
        ("___ … !", []),
        ("e\u0301te\u0301", ["été"]),
        ("zero\u200bwidth soft\u00adhyphen", ["zerowidth", "softhyphen"]),
        ("ﾃﾞｰﾀ", ["デ", "デー", "ー", "ータ", "タ"]),
        ("add-on", ["add", "on", "addon"]),
        ("1,234,567", ["1", "234", "567", "1234567"]),
        ("red,green", ["red", "green"]),
        ("end. Next", ["end", "next"]),
        ("2026-03-09", ["2026", "03", "09", "20260309"]),
        ("192.168.7.1:80", ["192", "168", "7", "1", "80", "19216871", "1921687180"]),
        ("src/main.py", ["src", "main", "py", "mainpy", "srcmainpy"]),
        ("v1.2", ["v1", "v", "1", "2", "v12"]),
        ("C++, C# or F#m", ["c", "c++", "c", "c#", "or", "f", "m"]),
        ("ORA-01017", ["ora", "01017", "ora01017"]),
    ],
)
def test_exact_terms_of_a_text(text: str, expected: list[str]) -> None:
    assert sorted(exact(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("The boxes were running", ["~box", "~run"]),
        ("Wie die Häuser und der Bäume ist", ["~haus", "~hauser", "~baum"]),
        ("Łódź, Søren", ["~lodz", "~soren"]),
        ("Ωμέγα ёлка", ["~ωμεγα", "~елка"]),
        ("還原測試", ["~还原", "~测试", "~原测"]),
    ],
)
def test_folded_terms_of_a_text(text: str, folded: list[str]) -> None:
    assert set(folded) <= set(terms(text))


@pytest.mark.parametrize("text", ["还原", "2024", "हिन्दी", "データベース", "the"])
def test_what_has_no_other_spelling_has_no_folded_terms(text: str) -> None:
    assert terms(text) == exact(text)


def test_a_passage_that_does_not_tell_its_language_has_that_of_its_document() -> None:
    assert "~haus" in terms("Häuser, Bäume", "german")
    assert "~haus" not in terms("Häuser, Bäume", "english")


def test_a_line_end_inside_a_chinese_word_does_not_hide_it() -> None:
    assert "知识" in terms("新知\n识库")
    assert "知识" not in terms("新知\n\n识库")


@given(texts)
def test_tokens_lie_inside_the_text_and_their_terms_are_short(text: str) -> None:
    for token in tokens(text):
        assert 0 <= token.start < token.end <= len(text)
        assert 0 < len(token.term) <= MAX_TERM_LENGTH


@given(texts)
def test_every_indexed_term_has_its_places(text: str) -> None:
    assert set(terms(text)) <= {token.term for token in tokens(text)}


@given(texts)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once


@given(texts)
def test_places_of_normalised_characters_are_in_order_and_cover_what_they_were(text: str) -> None:
    normal = normalise(text)
    spans = [normal.span(place, place + 1) for place in range(len(normal.text))]
    assert spans == sorted(spans)
    for place, (start, end) in enumerate(spans):
        assert normal.text[place] in f" {normalise(text[start:end]).text}"  # a space before what is raised


@given(texts)
def test_terms_do_not_depend_on_how_a_text_is_composed(text: str) -> None:
    assert exact(unicodedata.normalize("NFD", text)) == exact(unicodedata.normalize("NFC", text))


@given(texts)
def test_a_cut_term_is_cut_from_itself(text: str) -> None:
    """Each term is spelt so that a question for it finds it."""
    for piece in pieces(normalise(text).text):
        if len(piece.term) < MAX_TERM_LENGTH:
            assert piece.term in exact(piece.term)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.data())
def test_a_copied_word_finds_its_text(text: str, data: st.DataObject) -> None:
    found = list(tokens(text))
    if found:
        token = data.draw(st.sampled_from(found))
        assert set(question(text[token.start : token.end]).terms) & set(terms(text))
