"""Headers, footers and page numbers of drawn pages are left out."""

from fpdf import FPDF
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.parsing.conftest import Parse
from tests.parsing.drawn import Draw, at, page_text, pages, paragraph, sentences


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(3, 9), first=st.integers(1, 400))
def test_headers_footers_and_page_numbers_are_left_out(parsed: Parse, count: int, first: int) -> None:
    def page(number: int) -> Draw:
        def draw(document: FPDF) -> None:
            at(document, 20, 12, "Annual report of the company", size=9)
            paragraph(document, 20, 40, f"What page {chr(65 + number)} says, and no other one.", 170)
            at(document, 100, 290, f"Page {first + number}", size=9)

        return draw

    result = parsed("a.pdf", pages(*map(page, range(count))))
    assert [page_text(result, number + 1).strip() for number in range(count)] == [
        f"What page {chr(65 + number)} says, and no other one." for number in range(count)
    ]


def test_a_header_whose_sides_change_from_page_to_page_is_left_out(parsed: Parse) -> None:
    def page(number: int) -> Draw:
        def draw(document: FPDF) -> None:
            sides = ("A Journal of Plain Words, volume 42", f"- {383 + number} -")
            at(document, 20, 12, sides[number % 2], size=9)
            at(document, 140, 12, sides[1 - number % 2], size=9)
            paragraph(document, 20, 40, f"What page {chr(65 + number)} says, and no other one.", 170)

        return draw

    text = parsed("a.pdf", pages(*map(page, range(4)))).text
    assert "Journal" not in text


def test_a_footer_is_left_out_though_a_figure_has_text_up_its_side(parsed: Parse) -> None:
    def page(number: int) -> Draw:
        def draw(document: FPDF) -> None:
            paragraph(document, 20, 40, f"What page {chr(65 + number)} says, and no other one.", 170)
            with document.rotation(90, 20, 200):
                at(document, 20, 200, f"Density of {chr(65 + number)}")
            at(document, 20, 290, "Plain words, second edition", size=9)

        return draw

    assert "edition" not in parsed("a.pdf", pages(*map(page, range(4)))).text


def test_a_page_number_does_not_run_into_the_year_beside_it(parsed: Parse) -> None:
    def page(number: int) -> Draw:
        def draw(document: FPDF) -> None:
            paragraph(document, 20, 40, f"What page {chr(65 + number)} says, and no other one.", 170)
            for x, text in ((60, "Plain Inc."), (100, "2021 Form"), (150, str(38 + number))):
                at(document, x, 290, text, size=9)

        return draw

    assert "Plain" not in parsed("a.pdf", pages(*map(page, range(4)))).text


def test_the_same_line_twice_on_a_page_is_not_a_header(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        at(document, 20, 30, "0.5 0.6 0.7")
        at(document, 110, 32, "0.5 0.6 0.7")
        paragraph(document, 20, 60, sentences("only", 9), 170)

    assert parsed("a.pdf", pages(draw)).text.count("0.5 0.6 0.7") == 2


def test_text_that_occurs_once_is_not_a_header(parsed: Parse) -> None:
    def page(top: str) -> Draw:
        def draw(document: FPDF) -> None:
            at(document, 20, 12, top, size=9)
            paragraph(document, 20, 40, sentences(top, 3), 170)

        return draw

    result = parsed("a.pdf", pages(*map(page, ("Apples", "Pears", "Plums"))))
    assert [page_text(result, number).split("\n")[0] for number in (1, 2, 3)] == ["Apples", "Pears", "Plums"]


def test_a_paragraph_that_begins_alike_on_every_page_is_not_a_header(parsed: Parse) -> None:
    same = "The committee met again and wrote down what had been said the week before. " * 8

    def page(name: str) -> Draw:
        return lambda document: paragraph(document, 20, 40, f"{same}Then {name} spoke. {same}", 170)

    result = parsed("a.pdf", pages(*map(page, ("Ada", "Bo", "Cy"))))
    assert result.text.count("The committee met") == 3 * 16


def test_a_pages_only_text_is_not_a_header(parsed: Parse) -> None:
    result = parsed("a.pdf", pages(*[lambda document: at(document, 20, 12, "A slide with a title")] * 3))
    assert [page_text(result, number).strip() for number in (1, 2, 3)] == ["A slide with a title"] * 3
