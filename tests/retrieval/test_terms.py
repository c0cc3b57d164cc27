import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.terms import MAX_TERM_LENGTH, query_terms, terms, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Cat sat.", ["the", "cat", "sat"]),
        ("getUserName", ["getusername", "get", "user", "name"]),
        ("parse_HTTPResponse2", ["parse_httpresponse2", "parse", "http", "response", "2"]),
        ("__init__", ["init"]),
        ("知识库", ["知", "知识", "识", "识库", "库"]),
        ("GPT-4模型", ["gpt", "4", "模", "模型", "型"]),
        ("ＡＢＣ straße", ["abc", "strasse"]),
        ("हिन्दी", ["हिन्दी"]),
        ("___ … !", []),
    ],
)
def test_terms_of_a_text(text: str, expected: list[str]) -> None:
    assert sorted(terms(text)) == sorted(expected)


def test_a_question_in_chinese_looks_up_pairs() -> None:
    assert query_terms("知识库") == ["知识", "识库"]


def test_a_single_character_is_found_inside_a_word() -> None:
    assert query_terms("税") == ["税"]
    assert "税" in terms("增值税率")


def test_a_line_end_inside_a_chinese_word_does_not_hide_it() -> None:
    assert "知识" in terms("新知\n识库")
    assert "知识" not in terms("新知\n\n识库")


def test_silent_words_of_a_question_are_dropped() -> None:
    assert query_terms("What is the price of tea?") == ["price", "tea"]


def test_a_question_of_silent_words_alone_keeps_them() -> None:
    assert query_terms("to be or not to be") == ["not"]
    assert query_terms("Who are you?") == ["who", "are", "you"]


@given(st.text())
def test_a_question_looks_up_only_what_the_index_keeps(text: str) -> None:
    assert set(query_terms(text)) <= set(terms(text))


@given(st.text())
def test_tokens_lie_inside_the_text_and_their_terms_are_short(text: str) -> None:
    for token in tokens(text):
        assert 0 <= token.start < token.end <= len(text)
        assert 0 < len(token.term) <= MAX_TERM_LENGTH


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.data())
def test_a_copied_word_finds_its_text(text: str, data: st.DataObject) -> None:
    found = list(tokens(text))
    if found:
        token = data.draw(st.sampled_from(found))
        assert set(query_terms(text[token.start : token.end])) & set(terms(text))
