"""Page labels: i, ii, 1, A-3."""

import logging

import pytest
from fpdf import FPDF

from kb.parsing.parsed import Parsed
from kb.parsing.pdf.labels import LABEL_CHARACTERS
from tests.parsing.conftest import Parse


def book(*labels: dict[str, object]) -> bytes:
    """A PDF with a page for each label, given as arguments of fpdf's `add_page`; {} continues counting."""
    document = FPDF()
    document.set_compression(False)
    document.set_font("helvetica")
    for number, label in enumerate(labels, start=1):
        document.add_page(**label)  # type: ignore[arg-type]
        document.cell(text=f"This is sheet {number}.")
    return bytes(document.output())


def test_the_front_matter_and_an_appendix_have_labels_of_their_own(parsed: Parse) -> None:
    data = book({"label_style": "r"}, {}, {"label_style": "D"}, {}, {"label_style": "D", "label_prefix": "A-"})
    result = parsed("book.pdf", data)
    assert result.page_labels == ("i", "ii", "1", "2", "A-1")
    assert Parsed.from_dict(result.to_dict()) == result


def test_a_chapter_may_begin_at_any_number(parsed: Parse) -> None:
    assert parsed("book.pdf", book({"label_style": "D", "label_start": 117}, {})).page_labels == ("117", "118")


@pytest.mark.parametrize("first", [{}, {"label_style": "D"}])
def test_pages_labelled_by_their_numbers_need_no_labels(parsed: Parse, first: dict[str, object]) -> None:
    assert parsed("book.pdf", book(first, {}, {})).page_labels == ()


def test_a_page_without_a_label_keeps_its_number(parsed: Parse) -> None:
    data = book({"label_style": "r"}, {"label_style": "D", "label_prefix": "only"}).replace(b"(only)", b"()")
    assert parsed("book.pdf", data.replace(b"/S /D", b"     ")).page_labels == ("i", "2")


def test_pages_before_the_first_label_keep_their_numbers(parsed: Parse) -> None:
    assert parsed("book.pdf", book({}, {}, {"label_style": "r"}, {})).page_labels == ("1", "2", "i", "ii")


def test_a_label_too_long_to_cite_is_ignored(parsed: Parse) -> None:
    most = "x" * (LABEL_CHARACTERS - 1)
    data = book({"label_style": "D", "label_prefix": most}, {"label_style": "D", "label_prefix": most + "x"})
    assert parsed("book.pdf", data).page_labels == (f"{most}1", "2")


def test_labels_are_cleaned_like_text(parsed: Parse) -> None:
    data = book({"label_style": "D", "label_prefix": "A#B"})
    assert parsed("book.pdf", data.replace(b"(A#B)", b"<FEFF004100000042>")).page_labels == ("A\ufffdB1",)


@pytest.mark.parametrize("tree", [b"7", b"<< /Nums 7 >>", b"<< /Nums [ /a ] >>", b"<< /Kids [ 99 0 R ] >>", b"<< >>"])
def test_damaged_labels_do_not_affect_the_text(parsed: Parse, tree: bytes) -> None:
    catalogue = b"/Type /Catalog\n"
    data = book({}, {})
    assert catalogue in data
    result = parsed("book.pdf", data.replace(catalogue, catalogue + b"/PageLabels " + tree + b"\n"))
    assert (result.text, result.page_labels) == ("This is sheet 1.\n\nThis is sheet 2.", ())


def test_unreadable_labels_are_logged(parsed: Parse, caplog: pytest.LogCaptureFixture) -> None:
    catalogue = b"/Type /Catalog\n"
    with caplog.at_level(logging.WARNING):
        parsed(
            "book.pdf", book({}).replace(catalogue, catalogue + b"/PageLabels << /Kids [ << /Limits [0 0] >> ] >>\n")
        )
    assert "its page labels cannot be read" in caplog.text
