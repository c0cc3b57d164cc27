"""Numbers that count a page's lines are left out; those of lists and tables stay."""

import re

import pytest

from tests.parsing.raw_pdf import page, parsed, shown, shown_lines, width

WORDS = (
    "the keeper of the bridge writes down every cart that he lets pass and in the evening he reads the list to his "
    "wife who knows each of the horses by name and tells him which were tired and which would have liked to go on "
) * 12
TOP, LEADING = 740.0, 14.0


def prose(count: int) -> list[str]:
    words, lines = iter(WORDS.split()), []
    for _ in range(count):
        line = next(words)
        while len(line) < 60:
            line += " " + next(words)
        lines.append(line)
    return lines


def numbered(lines: list[str], numbers: dict[int, str], *, x: float = 40, size: float = 10) -> str:
    """The text of lines with numbers, aligned right at `x`, beside some of them."""
    content = shown_lines(70, TOP, *lines, leading=LEADING)
    for index, number in numbers.items():
        content += shown(x - width(number, size), TOP - LEADING * index, number, size=size)
    return parsed(page(content)).text


@pytest.mark.parametrize(("first", "step"), [(1, 1), (96, 1), (5, 5), (2, 2), (10, 10)])
@pytest.mark.parametrize("x", [50, 540])
def test_line_numbers_are_left_out(first: int, step: int, x: float) -> None:
    lines = prose(32 if step == 10 else 20)
    numbers = {index: str(first + index) for index in range(len(lines)) if (first + index) % step == 0}
    text = numbered(lines, numbers, x=x)
    assert not re.search(r"\d", text)
    assert " ".join(text.split()) == " ".join(lines)


def test_small_ones_are_left_out_beside_any_text() -> None:
    lines = [f"Open gate {letter}" for letter in "abcdefgh"]
    text = numbered(lines, {index: str(index + 1) for index in range(8)}, x=60, size=6)
    assert not re.search(r"\d", text)


def test_numbers_of_a_list_stay() -> None:
    lines = ["Open the gate", "Count the carts", "Write them down", "Read the list", "Close the gate", "Sleep well"]
    text = numbered(lines, {index: str(index + 1) for index in range(6)}, x=60)
    assert re.findall(r"\d", text) == list("123456")


def test_a_column_of_numbers_in_a_table_stays() -> None:
    lines = [f"Cart of {name}" for name in ("Anna", "Bert", "Carl", "Dora", "Emil", "Fritz")]
    content = shown_lines(70, TOP, *lines, leading=LEADING) + shown_lines(200, TOP, *"345678", leading=LEADING)
    content += shown_lines(260, TOP, "9.50", "8.20", "7.10", "6.60", "5.30", "4.00", leading=LEADING)
    assert "Cart of Dora | 6 | 6.60" in parsed(page(content)).text


def test_pages_in_a_table_of_contents_stay() -> None:
    lines = [f"Chapter about the {name}" for name in ("bridge", "cart", "horse", "toll", "winter", "river")]
    content = shown_lines(70, TOP, *lines, leading=LEADING)
    content += shown_lines(400, TOP, "3", "9", "14", "20", "31", "44", leading=LEADING)
    assert "Chapter about the horse | 14" in parsed(page(content)).text
