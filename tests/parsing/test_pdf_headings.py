"""Headings by size, weight and number, and what only looks like one."""

from fpdf import FPDF

from tests.parsing.conftest import Parse
from tests.parsing.drawn import Draw, at, headings, pages, paragraph, sentences


def chapter(number: int) -> Draw:
    def draw(document: FPDF) -> None:
        at(document, 20, 30, f"Chapter {number}", size=20, style="B")
        paragraph(document, 20, 40, sentences("chapters", 9), 170)
        at(document, 20, 120, f"About detail {number}", size=14, style="B")
        paragraph(document, 20, 130, sentences("details", 9), 170)

    return draw


def test_headings_are_known_by_their_size(parsed: Parse) -> None:
    assert headings(parsed("a.pdf", pages(chapter(1), chapter(2)))) == [
        (1, "Chapter 1"),
        (2, "About detail 1"),
        (1, "Chapter 2"),
        (2, "About detail 2"),
    ]


def test_a_heading_has_text_under_it(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        chapter(1)(document)
        at(document, 20, 250, "Nothing follows", size=14, style="B")

    assert (2, "Nothing follows") not in headings(parsed("a.pdf", pages(draw)))


def test_numbers_determine_the_level_of_numbered_headings(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        at(document, 20, 20, "1 Introduction", style="B")
        for place, title in enumerate(("1.1 Scope", "1.2 Terms", "2 Method")):
            at(document, 20, 30 + 50 * place, title, style="B")
            paragraph(document, 20, 36 + 50 * place, sentences("body", 4), 170)

    assert headings(parsed("a.pdf", pages(draw))) == [
        (1, "1 Introduction"),
        (2, "1.1 Scope"),
        (2, "1.2 Terms"),
        (1, "2 Method"),
    ]


def test_a_heading_without_a_number_has_the_level_of_its_style(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        titles = ("1 Introduction", "1.1 Scope", "Of words", "1.2 Terms", "2 Method", "Thanks")
        for place, (title, size) in enumerate(zip(titles, (14, 12, 11, 12, 14, 14), strict=True)):
            at(document, 20, 30 + 40 * place, title, size=size, style="B")
            paragraph(document, 20, 36 + 40 * place, sentences("body", 4), 170)

    assert [level for level, _ in headings(parsed("a.pdf", pages(draw)))] == [1, 2, 3, 2, 1, 1]


def test_headings_recognisable_only_by_their_numbers(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        for place, title in enumerate(("I. WHY", "II. HOW", "III. WHAT NOW")):
            at(document, 90, 30 + 60 * place, title)
            paragraph(document, 20, 36 + 60 * place, sentences("body", 8), 170)

    assert headings(parsed("a.pdf", pages(draw))) == [(1, "I. WHY"), (1, "II. HOW"), (1, "III. WHAT NOW")]


def test_a_list_of_short_items_has_no_headings(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        paragraph(document, 20, 30, sentences("body", 8), 170)
        for number in range(1, 6):
            at(document, 20, 90 + 12 * number, f"{number}. Item")
            at(document, 26, 96 + 12 * number, "and what it is")
        paragraph(document, 20, 180, sentences("body", 8), 170)

    assert headings(parsed("a.pdf", pages(draw))) == []


def test_a_heading_and_the_indented_paragraph_under_it_are_two(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        at(document, 28, 30, "2 What it is")
        at(document, 28, 35, "2.1 How it began")
        at(document, 28, 40, "The committee met again and wrote down what had been said the week")
        at(document, 20, 45, "before, and then it went home.")

    assert parsed("a.pdf", pages(draw)).text.split("\n\n") == [
        "2 What it is",
        "2.1 How it began",
        "The committee met again and wrote down what had been said the week\nbefore, and then it went home.",
    ]


def test_a_number_apart_from_its_title_is_not_a_cell(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        for place, (number, title) in enumerate((("1.1", "Shells"), ("1.2", "Prompts"), ("1.2.1", "Bells"))):
            at(document, 20, 30 + 5 * place, number, style="B")
            at(document, 35, 30 + 5 * place, title, style="B")

    assert parsed("a.pdf", pages(draw)).text.split() == ["1.1", "Shells", "1.2", "Prompts", "1.2.1", "Bells"]


def test_captions_and_table_headers_are_not_headings(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        for y, title in ((30, "One"), (120, "Two"), (210, "Three")):
            at(document, 20, y, title, size=14, style="B")
            paragraph(document, 20, y + 6, sentences("body", 6), 170)
        at(document, 20, 80, "Table 1 What was measured", style="B")
        for x, word in ((20, "Model"), (80, "Small"), (120, "Large")):
            at(document, x, 90, word, style="B")
        paragraph(document, 20, 95, sentences("body", 3), 170)

    assert headings(parsed("a.pdf", pages(draw))) == [(1, "One"), (1, "Two"), (1, "Three")]


def test_chart_titles_are_not_headings(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        for place in range(4):
            at(document, 20, 30 + 65 * place, f"Part {chr(65 + place)}", size=14, style="B")
            paragraph(document, 20, 36 + 65 * place, sentences("body", 6), 170)
        for y, word in ((70, "Mean"), (80, "Spread")):
            at(document, 60, y, word, size=18, style="B")
            at(document, 60, y + 5, "0.0 0.5 1.0")

    assert [title for _, title in headings(parsed("a.pdf", pages(draw)))] == ["Part A", "Part B", "Part C", "Part D"]


def test_a_title_that_the_properties_lack_is_the_largest_text_of_the_first_page(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        at(document, 20, 30, "On reading pages", size=24)
        paragraph(document, 20, 50, sentences("body", 9), 170)

    assert parsed("a.pdf", pages(draw)).title == "On reading pages"


def test_rotated_text_in_the_margin_comes_last_and_is_not_a_heading(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        with document.rotation(90, 10, 200):
            at(document, 10, 200, "arXiv:1234.5678 21 Jun 2021", size=20)
        paragraph(document, 20, 40, sentences("body", 9), 170)

    result = parsed("a.pdf", pages(draw))
    assert result.text == f"{sentences('body', 9)}\n\narXiv:1234.5678 21 Jun 2021"
    assert (result.title, result.sections) == (None, ())
