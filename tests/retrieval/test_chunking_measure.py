"""The length of a passage is independent of engines, and nearly so of the language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.chunking.measure import lengths

# Article 1 of the Universal Declaration of Human Rights: the same thought in many scripts.
ARTICLE = {
    "English": "All human beings are born free and equal in dignity and rights. They are endowed with reason and "
    "conscience and should act towards one another in a spirit of brotherhood.",
    "German": "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen "
    "begabt und sollen einander im Geist der Brüderlichkeit begegnen.",
    "Russian": "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью "
    "и должны поступать в отношении друг друга в духе братства.",
    "Chinese": "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。",
    "Japanese": "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、"
    "理性と良心とを授けられており、互いに同胞の精神をもって行動しなければならない。",
    "Korean": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 천부적으로 이성과 양심을 "
    "부여받았으며 서로 형제애의 정신으로 행동하여야 한다.",
    "Thai": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ต่างมีเหตุผลและมโนธรรม และควรปฏิบัติต่อกันด้วยเจตนารมณ์แห่งภราดรภาพ",
    "Arabic": "يولد جميع الناس أحراراً متساوين في الكرامة والحقوق. "
    "وقد وهبوا عقلاً وضميراً وعليهم أن يعامل بعضهم بعضاً بروح الإخاء.",
}


def length(text: str) -> int:
    (found,) = lengths([text])
    return found


def test_an_english_word_is_about_1_3() -> None:
    words = len(ARTICLE["English"].split())
    assert length(ARTICLE["English"]) / words == pytest.approx(1.3, abs=0.15)


def test_two_chinese_characters_are_as_long_as_an_english_word() -> None:
    assert length("今天下雨" * 100) == 260


@pytest.mark.parametrize("language", ARTICLE)
def test_the_same_thought_is_about_as_long_in_every_language(language: str) -> None:
    assert 2 / 3 < length(ARTICLE[language]) / length(ARTICLE["English"]) < 2


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("", 0, 0),
        ("2026-11-28", 4, 8),
        ("1,234,567.89", 5, 9),
        ("for (int i = 0; i < n; ++i) { sum += a[i]; }", 12, 25),
        ("🙂🙂🙂🙂", 4, 8),
        ("x" * 10_000, 2000, 5000),  # a run without spaces is not one word
        ("QUJD" * 2500, 2000, 7000),
        ("。" * 100, 50, 100),
        (" " * 100_000, 0, 2000),
        ("\n" * 100_000, 0, 2000),
        ("\ud800", 1, 1),
    ],
)
def test_what_is_no_prose_has_a_sensible_length(text: str, least: int, most: int) -> None:
    assert least <= length(text) <= most


@given(st.lists(st.text()))
def test_a_whole_is_no_longer_than_its_parts(parts: list[str]) -> None:
    apart = lengths(parts)
    assert length("".join(parts)) <= sum(apart)
    assert apart == [length(part) for part in parts]
