"""Word's number formats."""

import pytest

from kb.parsing.word_numerals import numeral


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("upperRoman", {4: "IV", 1999: "MCMXCIX", 0: "0"}),
        ("lowerLetter", {1: "a", 26: "z", 27: "aa", 53: "aaa"}),
        ("ordinal", {1: "1st", 12: "12th", 23: "23rd", 111: "111th"}),
        (
            "chineseCounting",
            {8: "八", 10: "十", 15: "十五", 20: "二十", 105: "一百〇五", 110: "一百一十", 10_000: "10000"},
        ),
        ("japaneseCounting", {15: "十五", 110: "百十"}),
        ("chineseLegalSimplified", {15: "壹拾伍", 105: "壹佰零伍"}),
        ("decimalEnclosedCircle", {3: "③", 21: "21"}),
        ("ideographTraditional", {1: "甲", 11: "11"}),
        ("unheard of", {3: "3"}),
    ],
)
def test_a_count_in_the_form(form: str, written: dict[int, str]) -> None:
    assert {count: numeral(count, form) for count in written} == written
