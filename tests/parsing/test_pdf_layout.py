"""How a page is set, and what is read from it: drawn with known lines, so that each has its right place."""

from collections.abc import Callable

import pytest
from fpdf import FPDF
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from kb.parsing.errors import NoText
from kb.parsing.parsed import Parsed
from tests.parsing.conftest import Parse

Draw = Callable[[FPDF], None]

LEFT, RIGHT, WIDTH = 20.0, 110.0, 80.0  # of two columns on A4, in millimetres
LEADING = 5.0


def pages(*drawn: Draw) -> bytes:
    document = FPDF()
    document.set_auto_page_break(False)
    document.set_font("times", size=11)
    for draw in drawn:
        document.add_page()
        draw(document)
    return bytes(document.output())


def at(document: FPDF, x: float, y: float, text: str, *, size: float = 11, style: str = "") -> None:
    document.set_font("times", style=style, size=size)
    document.text(x, y, text)


def paragraph(document: FPDF, x: float, y: float, text: str, width: float = WIDTH) -> None:
    """Wrapped and justified as fpdf2 does it."""
    document.set_font("times", size=11)
    document.set_xy(x, y)
    document.multi_cell(width, LEADING, text, align="J")


def sentences(word: str, count: int) -> str:
    """A paragraph in which every sentence is told apart."""
    return " ".join(f"The {word} column speaks of number {number} in plain words." for number in range(count))


def page_text(result: Parsed, page: int) -> str:
    ends = (*result.page_starts[1:], len(result.text))
    return result.text[result.page_starts[page - 1] : ends[page - 1]]


def headings(result: Parsed) -> list[tuple[int, str]]:
    return [(section.level, section.title) for section in result.sections]


def test_two_columns_are_read_one_after_the_other(parsed: Parse) -> None:
    left, right = sentences("left", 12), sentences("right", 12)

    def draw(document: FPDF) -> None:
        paragraph(document, RIGHT, 42, right)  # drawn first: the order of the file says nothing
        paragraph(document, LEFT, 40, left)

    assert parsed("a.pdf", pages(draw)).text == f"{left}\n\n{right}"


def test_what_is_as_wide_as_the_page_stands_between_columns(parsed: Parse) -> None:
    wide = sentences("wide", 6)
    texts = [sentences(name, 9) for name in ("first", "second", "third", "fourth")]

    def draw(document: FPDF) -> None:
        paragraph(document, LEFT, 30, texts[0])
        paragraph(document, RIGHT, 30, texts[1])
        paragraph(document, LEFT, 110, wide, RIGHT + WIDTH - LEFT)
        paragraph(document, LEFT, 150, texts[2])
        paragraph(document, RIGHT, 150, texts[3])

    assert parsed("a.pdf", pages(draw)).text.split("\n\n") == [texts[0], texts[1], wide, texts[2], texts[3]]


def table(document: FPDF, y: float, rows: int, first: float = LEFT, step: float = 17.0, cells: int = 11) -> list[str]:
    """Numbers all over the page, none of them across the gap between the columns; the lines as they are to be read."""
    written = []
    for number in range(rows):
        texts = [f"{number}{cell}.{first:.0f}" for cell in range(cells)]
        for cell, text in enumerate(texts):
            at(document, first + step * cell, y + LEADING * number, text)
        written.append(" | ".join(texts))
    return written


def test_a_table_as_wide_as_the_page_keeps_its_rows_among_columns(parsed: Parse) -> None:
    left, right = sentences("left", 12), sentences("right", 12)
    rows: list[str] = []

    def draw(document: FPDF) -> None:
        at(document, LEFT, 30, "Table 1 What was measured")
        rows.extend(table(document, 35, 4, step=16.8))
        paragraph(document, LEFT, 70, left)
        paragraph(document, RIGHT, 70, right)

    text = parsed("a.pdf", pages(draw)).text
    assert text.split("\n\n") == ["Table 1 What was measured", "\n".join(rows), left, right]


def test_two_tables_side_by_side_stay_two(parsed: Parse) -> None:
    left, right = sentences("left", 12), sentences("right", 12)
    rows: list[list[str]] = []

    def draw(document: FPDF) -> None:
        rows.append(table(document, 32, 4, LEFT, 25, 3))
        rows.append(table(document, 30.5, 4, RIGHT, 25, 3))
        paragraph(document, LEFT, 70, left)
        paragraph(document, RIGHT, 70, right)

    text = parsed("a.pdf", pages(draw)).text
    assert text.split("\n\n") == ["\n".join(rows[0]), left, "\n".join(rows[1]), right]


def test_a_bracket_that_hangs_into_the_gap_stays_in_its_column(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        for number in range(12):
            at(document, LEFT, 40 + LEADING * number, f"Left line {number} goes on to the end of the column")
            if number == 5:
                at(document, RIGHT - 2, 39 + LEADING * number, "(25.0 - 70.6), (12.5 - 14.5), 0.01, 5.50, 49.2, 17.9")
            else:
                at(document, RIGHT, 39 + LEADING * number, f"Right line {number} goes on to the end of it too")

    text = parsed("a.pdf", pages(draw)).text
    assert text.index("Left line 11") < text.index("Right line 0") < text.index("(25.0")


def test_ragged_lines_are_columns_where_they_stand_at_heights_of_their_own(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        for number in range(16):
            code = f"left_{number} = the_value_of(it)" + "; and more of the same" * (number % 4 == 0)
            at(document, LEFT, 40 + LEADING * number, code)
            at(
                document,
                RIGHT,
                42 + LEADING * number,
                f"right_{number} = another_value_of(it)" + " # why" * (number % 3),
            )

    text = parsed("a.pdf", pages(draw)).text
    assert text.index("left_15") < text.index("right_0")


def test_listings_side_by_side_are_columns_and_comments_beside_code_are_none(parsed: Parse) -> None:
    def code(document: FPDF, x: float, y: float, text: str) -> None:
        document.set_font("courier", size=9)
        document.text(x, y, text)

    def draw(document: FPDF) -> None:
        for number in range(9):
            code(document, LEFT, 30 + 4 * number, f"left.value({number}) = other.value")
            code(document, RIGHT, 30 + 4 * number, f"right.value({number}) = other.value" + ".longer" * (number % 3))
        paragraph(document, 20, 80, sentences("both", 9), 170)

    def commented(document: FPDF) -> None:
        for number in range(9):
            code(document, LEFT, 30 + 4 * number, f"some.value({number}) = other.value")
            code(document, RIGHT, 30 + 4 * number, f"# because line {number} is so")
        paragraph(document, 20, 80, sentences("both", 9), 170)

    text = parsed("a.pdf", pages(draw, commented)).text
    assert text.index("left.value(8)") < text.index("right.value(0)")
    assert text.index("# because line 0") < text.index("some.value(1)")


def test_a_sentence_goes_on_in_the_next_column(parsed: Parse) -> None:
    whole = sentences("whole", 24)

    def draw(document: FPDF) -> None:
        wrapped = document.multi_cell(WIDTH, LEADING, whole, dry_run=True, output="LINES")
        assert isinstance(wrapped, list)
        for number, line in enumerate(wrapped):
            column, place = divmod(number, (len(wrapped) + 1) // 2)
            at(document, (LEFT, RIGHT)[column], 40 + LEADING * place, line)

    assert parsed("a.pdf", pages(draw)).text == whole


WORDS = st.sampled_from(
    ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda"]
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.lists(WORDS, min_size=70, max_size=110), min_size=2, max_size=2))
def test_no_word_is_lost_and_none_changes_its_column(parsed: Parse, texts: list[list[str]]) -> None:
    def draw(document: FPDF) -> None:
        for x, words in zip((LEFT, RIGHT), texts, strict=True):
            paragraph(document, x, 40, " ".join(words))

    assert parsed("a.pdf", pages(draw)).text.split() == texts[0] + texts[1]


def test_footnotes_come_after_the_text_of_the_page(parsed: Parse) -> None:
    left, right = sentences("left", 12), sentences("right", 12)

    def draw(document: FPDF) -> None:
        paragraph(document, LEFT, 40, left)
        at(document, LEFT, 250, "1 A note of the left column.", size=8)
        paragraph(document, RIGHT, 40, right)

    assert parsed("a.pdf", pages(draw)).text == f"{left}\n\n{right}\n\n1 A note of the left column."


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


def test_the_same_line_twice_on_a_page_is_no_header(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        at(document, 20, 30, "0.5 0.6 0.7")
        at(document, 110, 32, "0.5 0.6 0.7")
        paragraph(document, 20, 60, sentences("only", 9), 170)

    assert parsed("a.pdf", pages(draw)).text.count("0.5 0.6 0.7") == 2


def test_what_stands_once_is_no_header(parsed: Parse) -> None:
    def page(top: str) -> Draw:
        def draw(document: FPDF) -> None:
            at(document, 20, 12, top, size=9)
            paragraph(document, 20, 40, sentences(top, 3), 170)

        return draw

    result = parsed("a.pdf", pages(*map(page, ("Apples", "Pears", "Plums"))))
    assert [page_text(result, number).split("\n")[0] for number in (1, 2, 3)] == ["Apples", "Pears", "Plums"]


def test_a_paragraph_that_begins_alike_on_every_page_is_no_header(parsed: Parse) -> None:
    same = "The committee met again and wrote down what had been said the week before. " * 8

    def page(name: str) -> Draw:
        return lambda document: paragraph(document, 20, 40, f"{same}Then {name} spoke. {same}", 170)

    result = parsed("a.pdf", pages(*map(page, ("Ada", "Bo", "Cy"))))
    assert result.text.count("The committee met") == 3 * 16


def test_a_pages_only_text_is_no_header(parsed: Parse) -> None:
    result = parsed("a.pdf", pages(*[lambda document: at(document, 20, 12, "A slide with a title")] * 3))
    assert [page_text(result, number).strip() for number in (1, 2, 3)] == ["A slide with a title"] * 3


def lines(*texts: str) -> Draw:
    """Lines below one another, the right edge where the longest ends."""

    def draw(document: FPDF) -> None:
        for number, text in enumerate(texts):
            at(document, 20, 40 + LEADING * number, text)

    return draw


def filled(text: str) -> str:
    """A line of its own that is as long as lines can be."""
    return (text + " and so it goes on to the edge of the paper without a stop or a rest, as lines will do")[:84]


def test_a_hyphen_of_the_line_break_goes_and_one_of_the_word_stays(parsed: Parse) -> None:
    body = [
        filled("It is well-known that words"),
        "Lines of this one paragraph are long enough to reach the edge, where words are well-",
        "known to be cut. Whoever reads them again puts together what was one word in the be-",
        "ginning. Such is the way of all paragraphs that are as wide as the paper on which it",
        "is said.",
    ]
    text = parsed("a.pdf", pages(lines(*body))).text
    assert "are well-known to be cut" in text
    assert "in the beginning. Such" in text


def test_a_hyphen_between_two_words_of_the_document_stays(parsed: Parse) -> None:
    body = [
        filled("What is held in the long"),
        "There was a term for it, and whoever held it for the long time of all years has a long-",
        "term interest in it, and it goes on to the edge of the paper without a stop or a rest,",
        "as lines will do.",
    ]
    assert "has a long-term interest" in parsed("a.pdf", pages(lines(*body))).text


def test_a_word_of_many_hyphens_keeps_them(parsed: Parse) -> None:
    body = [
        filled("What is held in the long"),
        "There was a term for it, and whoever was ill at that time of years had the best state-",
        "of-the-art medicine, and so it goes on to the edge of the paper without a stop at all.",
    ]
    assert "best state-of-the-art medicine" in parsed("a.pdf", pages(lines(*body))).text


def test_a_number_after_a_hyphen_follows_it_at_once(parsed: Parse) -> None:
    body = [
        filled("What is held in the long"),
        "There was a term for it, and whoever was ill at that time of all years had the COVID-",
        "19 disease, and it goes on to the edge of the paper without a stop or a rest, as it is.",
    ]
    assert "had the COVID-19 disease" in parsed("a.pdf", pages(lines(*body))).text


def test_line_breaks_that_are_meant_stay(parsed: Parse) -> None:
    assert parsed("a.pdf", pages(lines("Footnote Limited", "12 Long Lane", "London"))).text == (
        "Footnote Limited\n12 Long Lane\nLondon"
    )


def test_a_paragraph_runs_over_the_pages_end_and_the_page_still_starts_where_it_does(parsed: Parse) -> None:
    first = [filled(f"Line {number} of the first page") for number in range(5)]
    second = ["continues here in the middle of the sentence, and then it ends.", "", "Another one."]
    result = parsed("a.pdf", pages(lines(*first), lines(*second)))
    start = result.page_starts[1]
    assert result.text[start:].startswith("continues here")
    assert result.text[start - 1] == " "
    assert "\n" not in result.text[:start]


ROWS = [
    ("Net sales", "$", "14,694", "$", "14,544"),
    ("Cost of sales", "", "(11,969)", "", "(11,724)"),
    ("Gross profit", "", "2,725", "", "2,820"),
]


def test_the_cells_of_a_row_are_kept_apart(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        for number, row in enumerate(ROWS):
            for x, cell in zip((20, 100, 120, 140, 160), row, strict=True):
                if cell:
                    at(document, x, 60 + LEADING * number, cell)

    assert parsed("a.pdf", pages(draw)).text.split("\n") == [
        "Net sales | $14,694 | $14,544",
        "Cost of sales | (11,969) | (11,724)",
        "Gross profit | 2,725 | 2,820",
    ]


def with_index(document: FPDF, x: float, y: float, before: str, index: str, after: str) -> None:
    at(document, x, y, before)
    x += document.get_string_width(before)
    at(document, x, y - 1.4, index, size=6)
    x += document.get_string_width(index)
    at(document, x, y, after)


def test_indices_stay_with_their_words_beside_a_column_half_a_line_lower(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        for number in range(9):
            y = 40 + LEADING * number
            with_index(document, LEFT, y, f"Left line {number} of what 1.79 x 10", "6", "/kg had become")
            with_index(document, RIGHT, y + 2.2, f"Right line {number} goes on as long as this,", "2", " it says")

    text = parsed("a.pdf", pages(draw)).text
    assert text.count("x 10⁶/kg had become") == 9
    assert text.count("as this,² it says") == 9


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


def test_a_letter_from_a_typewriter_is_no_code(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        document.set_font("courier", size=10)
        document.set_xy(20, 40)
        document.multi_cell(120, LEADING, sentences("typed", 9), align="L")

    assert parsed("a.pdf", pages(draw)).text == sentences("typed", 9)


def test_a_note_of_three_lines_set_wide_apart_is_one_paragraph(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        for place, line in enumerate((filled("One") + " of", filled("two") + " of", "three lines.")):
            at(document, 20, 40 + 6.8 * place, line)

    assert "\n\n" not in parsed("a.pdf", pages(draw)).text


def test_a_list_keeps_its_items_and_joins_their_lines(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        document.set_font("times", size=11)
        for number, item in enumerate(("first", "second")):
            document.text(20, 40 + 15 * number, "1." if number == 0 else "2.")
            document.set_xy(28, 36.2 + 15 * number)
            document.multi_cell(160, LEADING, sentences(item, 3), align="L")

    text = parsed("a.pdf", pages(draw)).text
    assert [line for line in text.split("\n") if line] == [
        f"1. {sentences('first', 3)}",
        f"2. {sentences('second', 3)}",
    ]


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


def test_numbers_tell_the_level_where_headings_have_them(parsed: Parse) -> None:
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


def test_a_heading_without_a_number_is_as_deep_as_those_set_like_it(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        titles = ("1 Introduction", "1.1 Scope", "Of words", "1.2 Terms", "2 Method", "Thanks")
        for place, (title, size) in enumerate(zip(titles, (14, 12, 11, 12, 14, 14), strict=True)):
            at(document, 20, 30 + 40 * place, title, size=size, style="B")
            paragraph(document, 20, 36 + 40 * place, sentences("body", 4), 170)

    assert [level for level, _ in headings(parsed("a.pdf", pages(draw)))] == [1, 2, 3, 2, 1, 1]


def test_headings_that_only_their_numbers_tell(parsed: Parse) -> None:
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


def test_a_number_set_apart_from_its_title_is_no_cell(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        for place, (number, title) in enumerate((("1.1", "Shells"), ("1.2", "Prompts"), ("1.2.1", "Bells"))):
            at(document, 20, 30 + 5 * place, number, style="B")
            at(document, 35, 30 + 5 * place, title, style="B")

    assert parsed("a.pdf", pages(draw)).text.split() == ["1.1", "Shells", "1.2", "Prompts", "1.2.1", "Bells"]


def test_captions_and_the_heads_of_tables_are_no_headings(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        for y, title in ((30, "One"), (120, "Two"), (210, "Three")):
            at(document, 20, y, title, size=14, style="B")
            paragraph(document, 20, y + 6, sentences("body", 6), 170)
        at(document, 20, 80, "Table 1 What was measured", style="B")
        for x, word in ((20, "Model"), (80, "Small"), (120, "Large")):
            at(document, x, 90, word, style="B")
        paragraph(document, 20, 95, sentences("body", 3), 170)

    assert headings(parsed("a.pdf", pages(draw))) == [(1, "One"), (1, "Two"), (1, "Three")]


def test_the_titles_of_charts_are_no_headings(parsed: Parse) -> None:
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


def test_text_turned_in_the_margin_comes_last_and_is_no_heading(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        with document.rotation(90, 10, 200):
            at(document, 10, 200, "arXiv:1234.5678 21 Jun 2021", size=20)
        paragraph(document, 20, 40, sentences("body", 9), 170)

    result = parsed("a.pdf", pages(draw))
    assert result.text == f"{sentences('body', 9)}\n\narXiv:1234.5678 21 Jun 2021"
    assert (result.title, result.sections) == (None, ())


def a_scan(document: FPDF) -> None:
    document.image(Image.new("L", (8, 8), 200), 0, 0, 210, 297)


def test_a_document_of_which_most_pages_are_pictures_is_a_scan(parsed: Parse) -> None:
    with pytest.raises(NoText, match="2 of its 3 pages are pictures"):
        parsed("a.pdf", pages(lines("The cover"), a_scan, a_scan))


def test_some_scanned_pages_are_counted_and_told_in_the_log(parsed: Parse, caplog: pytest.LogCaptureFixture) -> None:
    result = parsed("a.pdf", pages(lines("The cover"), lines("The preface"), a_scan))
    assert result.page_starts == (0, 11, 22)
    assert result.unread_pages == 1
    assert "1 of 3 pages are pictures that were not read" in caplog.text


def test_empty_pages_are_no_scan(parsed: Parse) -> None:
    assert parsed("a.pdf", pages(lines("The only page"), *[lambda document: None] * 5)).text == "The only page"
