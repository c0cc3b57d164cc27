"""Lines become paragraphs, rows, notes and lists."""

from fpdf import FPDF

from tests.parsing.conftest import Parse
from tests.parsing.drawn import LEADING, LEFT, RIGHT, at, filled, lines, pages, sentences


def test_a_line_break_hyphen_is_removed_and_a_word_hyphen_stays(parsed: Parse) -> None:
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


def test_intended_line_breaks_stay(parsed: Parse) -> None:
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


def test_superscripts_stay_with_their_words_beside_a_shifted_column(parsed: Parse) -> None:
    def draw(document: FPDF) -> None:
        for number in range(9):
            y = 40 + LEADING * number
            with_index(document, LEFT, y, f"Left line {number} of what 1.79 x 10", "6", "/kg had become")
            with_index(document, RIGHT, y + 2.2, f"Right line {number} goes on as long as this,", "2", " it says")

    text = parsed("a.pdf", pages(draw)).text
    assert text.count("x 10⁶/kg had become") == 9
    assert text.count("as this,² it says") == 9


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
