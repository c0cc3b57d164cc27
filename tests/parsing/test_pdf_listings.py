"""Code listings and their spaces."""

from fpdf import FPDF

from kb.parsing.pdf import listings
from kb.parsing.pdf.lines import Fragment, Line
from tests.parsing.conftest import Parse
from tests.parsing.drawn import LEADING, pages, paragraph, sentences


def code(*places: tuple[str, float, float]) -> Line:
    return Line([Fragment(text, x0, x1, 0.0, 10.0, bold=False, mono=True) for text, x0, x1 in places])


def test_as_many_blanks_stand_between_two_words_as_fit() -> None:
    assert listings.text(code(("a = 1", 0.0, 30.0), ("# why", 54.0, 84.0))) == "a = 1    # why"


def test_letters_with_almost_no_width_do_not_make_a_huge_gap() -> None:
    assert len(listings.text(code(("a", 0.0, 1e-6), ("b", 500.0, 500.000001)))) < 1000


CODE = ("def total(rows):", "    # all of them", "    return sum(row.price for row in rows)", "x = 1;      y = 2")


def listing(document: FPDF, y: float) -> None:
    document.set_font("courier", size=10)
    for place, line in enumerate(CODE):
        words = line.lstrip()
        document.text(25 + document.get_string_width(line[: len(line) - len(words)]), y + 4 * place, words)


def test_code_keeps_its_lines_and_indents(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        paragraph(document, 20, 30, sentences("first", 9), 170)
        listing(document, 80)
        paragraph(document, 20, 110, sentences("second", 9), 170)

    text = parsed("a.pdf", pages(draw)).text
    assert text.split("\n\n") == [sentences("first", 9), "\n".join(CODE), sentences("second", 9)]


def test_a_typewritten_document_is_not_code(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        document.set_font("courier", size=10)
        document.set_xy(20, 40)
        document.multi_cell(120, LEADING, sentences("typed", 9), align="L")

    assert parsed("a.pdf", pages(draw)).text == sentences("typed", 9)
