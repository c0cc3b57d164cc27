"""Ruled tables: one row of text for each ruled row, whatever wraps in its cells and however the rules are drawn."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsing.raw_pdf import page, parsed, shown, shown_lines, width

LEADING = 12.0
LEFT, TOP, COLUMN = 60.0, 740.0, 120.0

Rows = list[list[list[str]]]  # rows of cells of lines

words = st.lists(
    st.sampled_from(["oak", "elm", "ash", "birch", "cedar", "willow", "maple", "lime", "rowan", "alder", "poplar"]),
    min_size=1,
    max_size=3,
).map(" ".join)
cell = st.lists(words, min_size=1, max_size=3)


@st.composite
def tables(draw: st.DrawFn) -> Rows:
    """At least three rows, because the rules of two may mark a head and a body."""
    columns = draw(st.integers(2, 4))
    rows = draw(st.lists(st.lists(cell, min_size=columns, max_size=columns), min_size=3, max_size=6))
    return [[*row[:-1], row[-1][:1]] for row in rows]


def sides(rows: Rows) -> list[float]:
    """The heights of the rules, from the top."""
    found = [TOP]
    for row in rows:
        found.append(found[-1] - LEADING * max(len(lines) for lines in row) - 6)
    return found


def texts(rows: Rows) -> bytes:
    return b"".join(
        shown_lines(LEFT + COLUMN * column + 4, top - LEADING, *lines, leading=LEADING)
        for row, top in zip(rows, sides(rows), strict=False)
        for column, lines in enumerate(row)
    )


def boxes(rows: Rows) -> bytes:
    return b"".join(
        b"%f %f %f %f re S\n" % (LEFT + COLUMN * column, bottom, COLUMN, top - bottom)
        for top, bottom in pairwise(sides(rows))
        for column in range(len(rows[0]))
    )


def lines_across(rows: Rows) -> bytes:
    right = LEFT + COLUMN * len(rows[0])
    return b"".join(b"%f %f m %f %f l S\n" % (LEFT, y, right, y) for y in sides(rows))


def lines_inside(rows: Rows) -> bytes:
    """Open at all four sides."""
    ys = sides(rows)
    right = LEFT + COLUMN * len(rows[0])
    across = b"".join(b"%f %f m %f %f l S\n" % (LEFT, y, right, y) for y in ys[1:-1])
    xs = [LEFT + COLUMN * column for column in range(1, len(rows[0]))]
    return across + b"".join(b"%f %f m %f %f l S\n" % (x, ys[0], x, ys[-1]) for x in xs)


def thin_areas(rows: Rows) -> bytes:
    ys = sides(rows)
    wide = COLUMN * len(rows[0])
    across = b"".join(b"%f %f %f 0.5 re f\n" % (LEFT, y, wide) for y in ys)
    xs = [LEFT + COLUMN * column for column in range(len(rows[0]) + 1)]
    return across + b"".join(b"%f %f 0.5 %f re f*\n" % (x, ys[-1], ys[0] - ys[-1]) for x in xs)


def expected(rows: Rows) -> str:
    return "\n".join(" | ".join(" ".join(lines) for lines in row) for row in rows)


@pytest.mark.parametrize("rules", [boxes, lines_across, lines_inside, thin_areas])
@settings(max_examples=25, deadline=None)
@given(rows=tables())
def test_a_wrapped_cell_stays_one_cell_and_a_ruled_row_one_row(rules: Callable[[Rows], bytes], rows: Rows) -> None:
    assert parsed(page(rules(rows) + texts(rows))).text == expected(rows)


def table(*rows: list[str]) -> Rows:
    """Cells with "/" between their lines."""
    return [[cell.split("/") for cell in row] for row in rows]


def test_a_cell_merged_over_rows_stands_in_each_of_them() -> None:
    rows = table(["Ship", "Port", "Berth"], ["Aurora", "Visby", "quay two"], ["", "Nexø", "quay one"])
    ys = sides(rows)
    inside = b"%f %f m %f %f l S\n" % (LEFT + COLUMN, ys[2], LEFT + 3 * COLUMN, ys[2])
    frame = b"%f %f %f %f re S\n" % (LEFT, ys[-1], 3 * COLUMN, ys[0] - ys[-1])
    head = b"%f %f m %f %f l S\n" % (LEFT, ys[1], LEFT + 3 * COLUMN, ys[1])
    upright = b"".join(b"%f %f m %f %f l S\n" % (LEFT + COLUMN * n, ys[0], LEFT + COLUMN * n, ys[-1]) for n in (1, 2))
    text = parsed(page(inside + frame + head + upright + texts(rows))).text
    assert text == "Ship | Port | Berth\nAurora | Visby | quay two\nAurora | Nexø | quay one"


def test_a_cell_merged_over_columns_stands_in_each_of_them() -> None:
    rows = table(["Ship", "Summer", ""], ["", "out", "home"], ["Aurora", "May", "June"])
    ys = sides(rows)
    across = b"".join(b"%f %f m %f %f l S\n" % (LEFT, y, LEFT + 3 * COLUMN, y) for y in ys)
    first = b"%f %f m %f %f l S\n" % (LEFT + COLUMN, ys[0], LEFT + COLUMN, ys[-1])
    second = b"%f %f m %f %f l S\n" % (LEFT + 2 * COLUMN, ys[1], LEFT + 2 * COLUMN, ys[-1])
    text = parsed(page(across + first + second + texts(rows))).text
    assert text == "Ship | Summer | Summer\n | out | home\nAurora | May | June"


def test_numbers_one_below_the_other_are_rows_that_no_rule_separates() -> None:
    rows = table(["Ship", "Year", "Crew"], ["Aurora/Borealis/Castor", "1911/1912/1920", "14/9/12"], ["all", "", "35"])
    text = parsed(page(boxes(rows) + texts(rows))).text
    assert text == "Ship | Year | Crew\nAurora | 1911 | 14\nBorealis | 1912 | 9\nCastor | 1920 | 12\nall |  | 35"


def test_rules_under_the_head_only_do_not_make_one_row_of_all_others() -> None:
    rows = table(["Tree", "Wood"], ["oak/elm/larch", "hard/tough/soft"])
    assert parsed(page(boxes(rows) + texts(rows))).text == "Tree | Wood\noak | hard\nelm | tough\nlarch | soft"


def test_a_word_divided_at_the_end_of_a_cells_line_is_put_together() -> None:
    rows = table(["Part", "Care"], ["Bow thrus-/ter", "grease the thruster"], ["Rudder", "look at it"])
    assert parsed(page(boxes(rows) + texts(rows))).text.splitlines()[1] == "Bow thruster | grease the thruster"


def test_words_of_two_cells_in_one_string_are_divided_at_the_rule() -> None:
    rows = table(["Ship", "Port"], ["", ""], ["Castor", "Ronne"])
    text = "Borealis of the north Nexo"
    x = LEFT + COLUMN - width("Borealis of the north ")
    content = boxes(rows) + texts(rows) + shown(x, sides(rows)[1] - LEADING, text)
    assert parsed(page(content)).text == "Ship | Port\nBorealis of the north | Nexo\nCastor | Ronne"


def test_a_frame_around_paragraphs_is_no_table() -> None:
    lines = [f"The keeper of light number {n} writes down every ship that passes" for n in range(6)]
    frame = b"50 600 500 150 re S 50 500 500 100 re S\n"
    text = parsed(page(frame + shown_lines(60, 730, *lines) + shown_lines(60, 580, *lines[:3]))).text
    assert "|" not in text


def test_a_table_in_a_column_of_the_page_stays_in_it() -> None:
    left = [f"The left side tells of the ferry and its {n}th winter" for n in range(20)]
    right = [f"The right side tells of the mill and its {n}th year" for n in range(6)]
    rows = table(["Ship", "Port"], ["Aurora", "Visby and/Nexo"], ["Castor", "Ronne"])
    moved = b"q 1 0 0 1 250 -120 cm\n" + boxes(rows) + texts(rows) + b"Q\n"
    text = parsed(page(shown_lines(40, 740, *left) + shown_lines(310, 740, *right) + moved)).text
    assert text.index(left[-1]) < text.index(right[0]) < text.index("Aurora | Visby and Nexo")
