"""Headers, footers and page numbers are recognised by their positions."""

import time

from kb.parsing.pdf.furniture import find
from kb.parsing.pdf.lines import Fragment, Line


def page(*texts: str) -> list[Line]:
    fragments = [Fragment(text, 10.0, 100.0, 20.0 * number, 10.0, bold=False) for number, text in enumerate(texts)]
    return [Line([fragment], fragment.text) for fragment in fragments]


def left_out(pages: list[list[Line]]) -> list[list[str]]:
    return [
        [line.text for line in lines if id(line) in dropped]
        for lines, dropped in zip(pages, find(pages, 10.0), strict=True)
    ]


def test_roman_page_numbers_are_left_out() -> None:
    pages = [page(f"What {word} says", number) for word, number in (("one", "ii"), ("two", "iii"), ("three", "IV"))]
    assert left_out(pages) == [["ii"], ["iii"], ["IV"]]


def test_a_turkish_letter_is_not_a_roman_number() -> None:
    assert left_out([page("ı", f"What {word} says") for word in ("one", "two", "three")]) == [["ı"]] * 3


def seconds_for(count: int) -> float:
    """CPU seconds for that many pages with a header and a number."""
    pages = [page("The header", chr(0x4E00 + number), f"Page {number}") for number in range(count)]
    began = time.process_time()
    assert left_out(pages) == [["The header", f"Page {number}"] for number in range(count)]
    return time.process_time() - began


def test_time_grows_linearly_with_pages() -> None:
    assert seconds_for(10_000) < 40 * seconds_for(1_000)
