"""Ligatures, Chinese and right-to-left text, from visual order to reading order."""

import pytest

from kb.parsing.pdf.scripts import logical, separator, spelled_out


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
