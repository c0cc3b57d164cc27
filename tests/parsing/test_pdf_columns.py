"""Columns are read one after the other, interrupted by full-width text."""

from fpdf import FPDF
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.parsing.conftest import Parse
from tests.parsing.drawn import LEADING, LEFT, RIGHT, WIDTH, at, pages, paragraph, sentences


def test_two_columns_are_read_one_after_the_other(parsed: Parse) -> None:
    left, right = sentences("left", 12), sentences("right", 12)

    def draw(document: FPDF) -> None:
        paragraph(document, RIGHT, 42, right)  # drawn first: the order of the file says nothing
        paragraph(document, LEFT, 40, left)

    assert parsed("a.pdf", pages(draw)).text == f"{left}\n\n{right}"


def test_full_width_text_interrupts_columns(parsed: Parse) -> None:
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
    """Numbers all over the page, none of them across the gap between the columns; and the lines in reading order."""
    written = []
    for number in range(rows):
        texts = [f"{number}{cell}.{first:.0f}" for cell in range(cells)]
        for cell, text in enumerate(texts):
            at(document, first + step * cell, y + LEADING * number, text)
        written.append(" | ".join(texts))
    return written


def test_a_full_width_table_keeps_its_rows_among_columns(parsed: Parse) -> None:
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


def test_ragged_lines_are_columns_if_their_baselines_differ(parsed: Parse) -> None:
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


def test_listings_side_by_side_are_columns_but_comments_beside_code_are_not(parsed: Parse) -> None:
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


def test_a_sentence_continues_in_the_next_column(parsed: Parse) -> None:
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
