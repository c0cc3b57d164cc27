"""Headings recognisable only by their numbers."""

import pytest

from kb.parsing.pdf.numbered import find
from kb.parsing.pdf.paragraphs import Block

TEXT = "What is said under it, in so many words that nobody takes it for an item of a list. " * 3


def block(text: str) -> Block:
    return Block(text, 10.0, False, False, 1 if len(text) < 60 else 4, False, False)


@pytest.mark.parametrize(
    ("titles", "rank"),
    [
        (["I. ONE", "II. TWO", "III. THREE"], 1),
        (["一、病例资料", "二、不良反应", "三、疗效评估"], 2),
        (
            [
                "九、前",
                "一、甲",
                "二、乙",
                "三、丙",
                "四、丁",
                "五、戊",
                "六、己",
                "七、庚",
                "八、辛",
                "九、壬",
                "十、癸",
                "十一、子",
            ],
            2,
        ),
        (["1 One", "1.1 Below it", "2 Two"], 3),
    ],
)
def test_consecutive_numbered_titles_are_found(titles: list[str], rank: int) -> None:
    blocks = [block(text) for title in titles for text in (title, TEXT)]
    expected = {2 * place: rank for place, title in enumerate(titles) if title != "九、前"}
    assert find(blocks) == expected


@pytest.mark.parametrize(
    "titles",
    [
        ["1 One", "2 Two"],
        ["2 Two", "3 Three", "4 Four"],
        ["1 One", "3 Three", "5 Five"],
        ["1 one", "2 two", "3 three"],
        ["1 It ends.", "2 It ends.", "3 It ends."],
    ],
)
def test_isolated_numbered_lines_are_not_headings(titles: list[str]) -> None:
    assert find([block(text) for title in titles for text in (title, TEXT)]) == {}


def test_list_items_are_not_headings() -> None:
    assert find([block(f"{number} Item") for number in range(1, 9)]) == {}
