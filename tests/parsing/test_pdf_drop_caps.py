"""A large first letter belongs to the first of the lines beside it."""

import pytest

from tests.parsing.raw_pdf import page, parsed, shown, shown_lines, width

SIZE, LEADING = 11.0, 13.5
LINES = [
    "ater reaches the wheel through a wooden trough that was",
    "built anew after the great flood, and the wheel turns nine",
    "times a minute when the sluice is open to its third mark, of",
    "which the miller is so sure that he has painted it red and blue, he says,",
    "and in dry summers the trough has little water, so that they grind by night",
    "when the meadows above are not watered, and all of the mill hums until dawn.",
]


def opening(letter: str, first: str, beside: int, *, size: float = 0.0, raised: bool = False) -> str:
    """The text of a paragraph whose first letter stands beside so many lines."""
    high = size or LEADING * (beside - 1) / 0.72 + SIZE
    top = 700.0
    x = 60 + width(letter, high) + 3
    content = shown(60, top - (0 if raised else LEADING * (beside - 1)), letter, size=high)
    lines = [first, *LINES[1:]]
    content += shown_lines(x, top, *lines[:beside], leading=LEADING, size=SIZE)
    content += shown_lines(60, top - LEADING * beside, *lines[beside:], leading=LEADING, size=SIZE)
    return parsed(page(content)).text


@pytest.mark.parametrize("beside", [2, 3, 4])
def test_it_begins_the_first_word_and_the_lines_keep_their_order(beside: int) -> None:
    text = opening("W", LINES[0], beside)
    assert " ".join(text.split()) == "W" + " ".join(LINES)


def test_it_may_stand_on_the_first_line() -> None:
    text = opening("W", LINES[0], 1, size=34, raised=True)
    assert " ".join(text.split()) == "W" + " ".join(LINES)


def test_the_first_words_may_be_capitals() -> None:
    assert opening("W", LINES[0].replace("ater", "ATER"), 3).startswith("WATER reaches the wheel")


def test_it_may_be_a_word() -> None:
    first = LINES[0].replace("ater", "trough")
    assert opening("A", first, 3).startswith("A trough reaches")
    assert opening("A", LINES[0].replace("ater", "fter"), 3).startswith("After reaches")


def test_a_letter_beside_the_names_of_an_index_is_none() -> None:
    content = shown(60, 690, "B", size=30) + shown_lines(90, 700, "Balsam 12", "Birch 30", "Box 7")
    assert "BBalsam" not in parsed(page(content)).text


def test_a_large_number_beside_lines_is_none() -> None:
    content = shown(60, 690, "3", size=40) + shown_lines(90, 712, "ways to the mill, all", "of them by water")
    assert "3ways" not in parsed(page(content)).text
