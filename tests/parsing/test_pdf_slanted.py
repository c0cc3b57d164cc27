"""Slanted text and watermarks: apart from the page's text, once, never a heading or a title."""

from math import cos, radians, sin

import pytest
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsing.conftest import Parse
from tests.parsing.raw_pdf import page, parsed, shown, shown_lines

LINES = [f"In winter {n} the keeper of the bridge writes down every cart that he lets pass," for n in range(30)]
BODY = shown(60, 760, "Rules of the bridge", size=15, font="B") + shown_lines(60, 730, *LINES, leading=13)
MARK = "Copy of the toll house"


def slanted(angle: float, times: int, size: float = 26) -> bytes:
    a, b = cos(radians(angle)), sin(radians(angle))
    turned = b"q %f %f %f %f 300 500 cm " % (a, b, -b, a)
    return turned + b"".join(shown(-150, 90 * (n - times // 2), MARK, size=size) for n in range(times)) + b"Q\n"


@settings(max_examples=30, deadline=None)
@given(angle=st.integers(-170, 170).filter(lambda angle: 10 <= abs(angle) % 90 <= 80), times=st.integers(1, 5))
def test_a_watermark_changes_nothing_in_the_text(angle: int, times: int) -> None:
    plain, marked = parsed(page(BODY)), parsed(page(slanted(angle, times) + BODY))
    assert marked.text == f"{plain.text}\n\n{MARK}"
    assert marked.title == plain.title
    assert [section.title for section in marked.sections] == [section.title for section in plain.sections]


@pytest.mark.parametrize("angle", [-4, -1, 2, 5])
def test_text_of_a_crooked_page_is_no_watermark(angle: int) -> None:
    turned = b"q %f %f %f %f 0 0 cm " % (*(cos(radians(angle)), sin(radians(angle))), -sin(radians(angle)), 1)
    text = parsed(page(turned + BODY + b"Q")).text
    assert text.startswith("Rules of the bridge\n\nIn winter 0")


def test_a_page_of_slanted_text_only_is_read() -> None:
    assert parsed(page(slanted(30, 1))).text == MARK


def test_a_level_watermark_is_known_by_its_mark() -> None:
    overlay = b"/Artifact << /Type /Pagination /Subtype /Watermark >> BDC\n" + shown(80, 590, MARK, size=40) + b"EMC\n"
    plain, marked = parsed(page(BODY)), parsed(page(overlay + BODY))
    assert (marked.text, marked.title) == (f"{plain.text}\n\n{MARK}", plain.title)


def test_a_watermark_on_all_pages_is_written_once_and_not_into_a_sentence(parsed: Parse) -> None:
    document = FPDF()
    document.set_auto_page_break(False)
    for number in range(3):
        document.add_page()
        document.set_font("times", size=40)
        with document.rotation(50, 105, 150):
            document.text(40, 150, MARK)
        document.set_font("times", size=11)
        document.set_xy(20, 20)
        document.multi_cell(170, 6, " ".join(f"of cart {number}{n} and the horse before it" for n in range(150))[:4200])
    text = parsed("a.pdf", bytes(document.output())).text
    assert text.count(MARK) == 1
    assert "and the horse before it of cart 00 and" not in text
    assert MARK in text.split("\n\n")
