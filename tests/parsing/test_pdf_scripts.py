"""Ligatures, Chinese and right-to-left text, from visual order to reading order."""

import pytest
from fpdf.bidi import BidiParagraph
from fpdf.enums import TextDirection
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kb.parsing.pdf.lines import fragments_of, lines_of
from kb.parsing.pdf.runs import Run
from kb.parsing.pdf.scripts import has_rtl, logical, separator, spelled_out


@pytest.mark.parametrize(
    ("seen", "read"),
    [
        ("ﬁnd the oﬃce", "find the office"),
        ("摘 要 与 结 论", "摘要与结论"),
        ("使用 Python 编程", "使用 Python 编程"),
        ("한국어 문장", "한국어 문장"),
        ("ﻻ", "لا"),
    ],
)
def test_ligatures_and_forms_become_plain_letters(seen: str, read: str) -> None:
    assert spelled_out(seen) == read


@pytest.mark.parametrize(
    ("seen", "read"),
    [
        ("םולש", "שלום"),
        ("2024 תנש", "שנת 2024"),
        ("50% לש", "של 50%"),
        ("Python 3 תונכתה תפש", "שפת התכנות Python 3"),
        ("(הרעה) טסקט", "טקסט (הערה)"),
        ("He said םולש to me", "He said שלום to me"),
        ("1403/09/19 خيرات", "تاريخ 1403/09/19"),
    ],
)
def test_right_to_left_is_put_into_the_order_of_reading(seen: str, read: str) -> None:
    assert logical(seen) == read
    assert logical(read) == seen


def test_lines_of_chinese_are_joined_without_a_blank() -> None:
    assert separator("知识", "库") == ""
    assert separator("知识", "base") == " "


@pytest.mark.parametrize(
    ("seen", "read"),
    [
        ("Django REST framework תא ארק", "קרא את Django REST framework"),
        ("(toll house) תיב", "בית (toll house)"),
        ("Ferries of the north", "Ferries of the north"),
        (
            "In English a single םולש is no reason to turn the line",
            "In English a single שלום is no reason to turn the line",
        ),
    ],
)
def test_a_page_from_right_to_left_has_lines_of_mostly_foreign_words(seen: str, read: str) -> None:
    assert logical(seen, rtl=True) == read


def test_a_row_of_such_a_page_is_read_from_the_right() -> None:
    words = [("םיתבה לכ תמישר", 400.0), ("1911", 300.0), ("14", 200.0)]
    runs = [Run(text, x, x + 6 * len(text), 100.0, 12.0, bold=False, turn=0) for text, x in words]
    (line,) = lines_of(fragments_of(runs))
    assert line.cells == ["רשימת כל הבתים", "1911", "14"]


@settings(max_examples=200)
@given(
    words=st.lists(
        st.one_of(
            st.text("אבגדהוזחטיכלמנסעפצקרשת", min_size=1, max_size=7), st.sampled_from(["Django", "toll", "mill"])
        ),
        min_size=2,
        max_size=8,
    )
)
def test_mixed_lines_come_back_from_the_order_that_is_drawn(words: list[str]) -> None:
    text = " ".join(words)
    assume(any(map(has_rtl, words)))
    shown = BidiParagraph(text, TextDirection.RTL).get_reordered_string()
    foreign = sum(len(word) for word in words if not has_rtl(word))
    assume(len("".join(words)) - foreign > 0.15 * foreign)
    assert logical(shown, rtl=True) == text
