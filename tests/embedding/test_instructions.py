"""What a question can be told, how a setting is kept, and what `auto` chooses."""

import time
from pathlib import Path

import pytest
import regex

from embedding.instructions import (
    AUTO,
    DEFAULT,
    INSTRUCTIONS,
    LONGEST,
    NAMES,
    SEARCH_NAMES,
    TEXTS,
    Chosen,
    automatic,
    chosen,
    normalised,
)

MANUALS = "Given a part number, retrieve its data sheet"


class TestCatalogue:
    def test_the_default_is_the_model_s_own(self) -> None:
        assert TEXTS[DEFAULT] == "Given a web search query, retrieve relevant passages that answer the query"

    def test_every_sentence_is_there_in_english_and_chinese_once(self) -> None:
        assert len(set(TEXTS.values())) == len(TEXTS) == 2 * len(INSTRUCTIONS)
        for one in INSTRUCTIONS:
            assert one.english.isascii()
            assert regex.fullmatch(r"[\p{Han}，、]+", one.chinese)
            assert TEXTS[f"{one.name}-zh"] == one.chinese

    def test_no_sentence_ends_early_or_is_too_long(self) -> None:
        assert all(normalised(text) == text and not text.endswith(".") for text in TEXTS.values())

    def test_what_sorts_texts_is_not_for_questions(self) -> None:
        assert set(NAMES) - set(SEARCH_NAMES) == {
            "classification", "classification-zh", "clustering", "clustering-zh",
        }  # fmt: skip


def test_the_documentation_has_every_sentence() -> None:
    told = (Path(__file__).parents[2] / "docs" / "instructions.md").read_text()
    for one in INSTRUCTIONS:
        assert f"| `{one.name}` | {one.purpose} | {one.english} | {one.chinese} |" in told


class TestSetting:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("", ""),
            ("none", ""),
            (" auto ", AUTO),
            ("law-zh", "law-zh"),
            (MANUALS, MANUALS),
            ("Find\n  the clause\tfor it", "Find the clause for it"),
            ("检索零件手册", "检索零件手册"),
        ],
    )
    def test_is_kept_as_one_line(self, given: str, kept: str) -> None:
        assert normalised(given) == kept

    @pytest.mark.parametrize("given", ["lawn", "Law", "clustering", "web_zh", "law-de"])
    def test_a_name_that_nobody_has_is_refused_with_those_that_there_are(self, given: str) -> None:
        with pytest.raises(ValueError, match="Use auto, none, one of web, web-zh, technical"):
            normalised(given)

    def test_too_long_a_sentence_is_refused(self) -> None:
        with pytest.raises(ValueError, match="at most 500 characters"):
            normalised("so " * LONGEST)


class TestChoice:
    def test_none_is_none(self) -> None:
        assert chosen("", "tea?") == Chosen("none", "")

    @pytest.mark.parametrize("question", ["how long is the notice?", "通知期多长？", "def notice(): ..."])
    def test_a_name_is_one_sentence_whatever_is_asked(self, question: str) -> None:
        assert chosen("law", question) == Chosen("law", TEXTS["law"])
        assert chosen("law-zh", question) == Chosen("law-zh", TEXTS["law-zh"])

    def test_an_owner_s_words_have_a_name_that_does_not_tell_them(self) -> None:
        assert chosen(MANUALS, "M8 screw") == Chosen("custom", MANUALS)

    def test_auto_chooses_a_sentence_of_ours(self) -> None:
        assert chosen(AUTO, "how long to boil bones?") == Chosen("web", TEXTS["web"])
        assert chosen(AUTO, "骨头要煮多久？", "science") == Chosen("science-zh", TEXTS["science-zh"])


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("how long to boil bones?", "web"),
        ("which cases does clause 4(b) apply to: all, or some?", "web"),
        ("import duties from China >= 100 EUR", "web"),
        ("is a self-hosted iPhone backup worth it?", "web"),
        ("C++ or Rust?", "web"),
        ("wholesale and -retail, a - b", "web"),
        ("what is a brace ({ ) for", "web"),
        ("a nice café in Lyon, open late at night", "web"),
        ("", "web"),
        ("骨头要煮多久？", "web-zh"),
        ("PDF 和 DOCX 哪个更好", "web-zh"),
        ("how large may max_tokens be?", "technical"),
        ("what does --gpu-memory-utilization mean", "technical"),
        ("when is a KeyError raised", "technical"),
        ("max_tokens 怎么设置", "technical-zh"),
        ("def boil(bones):\n    return pot", "code"),
        ("what does re.findall(pattern, text) return", "code"),
        ("SELECT name FROM tea WHERE green", "code"),
        ("std::vector grows how?", "code"),
        ("for (int i = 0; i < n; i++)", "code"),
        ("import numpy", "code"),
        ('{"a": 1}', "code"),
        ("body {\n  color: red", "code"),
        ("response.json() 报错了", "code-zh"),
        ("Wie groß ist der Würfel für die Küche?", "cross-lingual"),
        ("骨をどれくらい煮ますか", "cross-lingual"),
        ("как долго варить кости", "cross-lingual"),
    ],
)
def test_auto_goes_by_the_question_where_the_documents_are_of_no_special_kind(question: str, name: str) -> None:
    assert automatic(question) == name


@pytest.mark.parametrize(
    ("question", "name"),
    [("notice period", "law"), ("通知期多长？", "law-zh"), ("x = y()", "law"), ("срок уведомления", "law")],
)
def test_auto_goes_by_the_documents_where_these_are(question: str, name: str) -> None:
    assert automatic(question, "law") == name


@pytest.mark.parametrize("text", ["a", " ", "_a", "a.", "\n", "--a", "aA", "; ", "SELECT ", "class a", "x[", "茶"])
def test_auto_takes_no_time_whatever_is_asked(text: str) -> None:
    begun = time.process_time()
    automatic((text * 2000)[:2000])
    assert time.process_time() - begun < 0.1
