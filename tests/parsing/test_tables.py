"""Tables of any format keep their grid: each value stands in every row and column that it is merged over."""

from collections.abc import Sequence
from itertools import count, takewhile
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.parsing import grid
from kb.parsing.blocks import Block
from kb.parsing.grid import Cell
from tests.parsing.conftest import Parse
from tests.parsing.test_docx import paragraph, run, with_body

Spans = list[list[tuple[int, int]]]  # wanted (columns, rows) by row and column


class Drawn(NamedTuple):
    """A cell as drawn, with its value."""

    value: str
    row: int
    column: int
    columns: int
    rows: int


def drawn(wanted: Spans) -> list[Drawn]:
    """A table without gaps: each cell takes as much of what it wants as is free."""
    height, width = len(wanted), len(wanted[0])
    taken: set[tuple[int, int]] = set()
    cells = []
    numbers = count(1)
    for row in range(height):
        for column in range(width):
            if (row, column) in taken:
                continue
            columns, rows = wanted[row][column]
            free = [c for c in range(column, width) if (row, c) not in taken]
            columns = sum(c == column + index for index, c in enumerate(free[:columns]))
            rows = min(rows, height - row)
            taken |= {(row + down, column + right) for down in range(rows) for right in range(columns)}
            cells.append(Drawn(f"v{next(numbers)}", row, column, columns, rows))
    return cells


def seen(cells: Sequence[Drawn]) -> list[str]:
    """What a reader sees: a line per row in which a cell begins, with the value of each column."""
    columns = sorted({cell.column for cell in cells})
    lines = []
    for row in sorted({cell.row for cell in cells}):
        across = [cell for cell in cells if cell.row <= row < cell.row + cell.rows]
        values = [next(c.value for c in across if c.column <= column < c.column + c.columns) for column in columns]
        is_wide = len({*values}) == 1 and len(values) > 1 and across[0].row == row
        lines.append((values[:1] if is_wide else values, is_wide))
    head = len(list(takewhile(lambda line: line[1], lines)))
    foot = len(lines) - len(list(takewhile(lambda line: line[1], reversed(lines))))
    return [
        " | ".join(values * (len(columns) if is_wide and head <= index < foot else 1))
        for index, (values, is_wide) in enumerate(lines)
    ]


def as_html(cells: Sequence[Drawn]) -> bytes:
    rows: dict[int, str] = {}
    for cell in cells:
        attributes = f"colspan={cell.columns} rowspan='{cell.rows}'"
        rows[cell.row] = rows.get(cell.row, "") + f"<td {attributes}>{cell.value}</td>"
    height = max(cell.row + cell.rows for cell in cells)
    lines = "".join("<tr>" + rows.get(row, "") + "</tr>" for row in range(height))
    return f"<table>{lines}</table>".encode()


def as_word(cells: Sequence[Drawn]) -> bytes:
    rows = []
    for row in range(max(cell.row + cell.rows for cell in cells)):
        line = ""
        for cell in sorted((c for c in cells if c.row <= row < c.row + c.rows), key=lambda c: c.column):
            begins = cell.row == row
            merge = "" if cell.rows == 1 else "<w:vMerge w:val='restart'/>" if begins else "<w:vMerge/>"
            text = paragraph(run(cell.value) if begins else "")
            line += f"<w:tc><w:tcPr><w:gridSpan w:val='{cell.columns}'/>{merge}</w:tcPr>{text}</w:tc>"
        rows.append(f"<w:tr>{line}</w:tr>")
    return with_body(f"<w:tbl>{''.join(rows)}</w:tbl>")


spans = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), min_size=width, max_size=width),
        min_size=1,
        max_size=5,
    )
)
many = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(spans)
@many
def test_any_grid_of_html(parsed: Parse, wanted: Spans) -> None:
    cells = drawn(wanted)
    assert parsed("a.html", as_html(cells)).text.split("\n") == seen(cells)


@given(spans)
@many
def test_any_grid_of_word(parsed: Parse, wanted: Spans) -> None:
    cells = drawn(wanted)
    assert parsed("a.docx", as_word(cells)).text.split("\n") == seen(cells)


@given(st.lists(st.lists(st.tuples(st.integers(-5, 2000), st.integers(-5, 70_000)), max_size=4), max_size=4))
def test_any_spans_give_rows(wanted: Spans) -> None:
    """Overlaps, gaps, and spans beyond the table: every value is there once at least, in its row."""
    numbers = count(1)
    rows = [[Cell([Block(f"v{next(numbers)}.")], columns, height) for columns, height in row] for row in wanted]
    lines = [block.text for block in grid.table([rows])]
    for line, row in zip(lines, (row for row in rows if row), strict=True):
        assert all(cell.blocks[0].text in line for cell in row)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            "<tr><th rowspan=2>Ship<th colspan=2>Tons<tr><th>in<th>out<tr><td>Ada<td>4<td>5",
            "Ship | Tons | Tons\nShip | in | out\nAda | 4 | 5",
        ),
        ("<caption>Fares</caption><tr><td>a<td>1", "Fares\n\na | 1"),
        ("<tr><td colspan=2>Fares<tr><td>a<td>1<tr><td colspan=2>As of May", "Fares\na | 1\nAs of May"),
        ("<tr><td>a<td>1<tr><td colspan=2>Night<tr><td>b<td>2", "a | 1\nNight | Night\nb | 2"),
        ("<tr><td rowspan=0>a<td>1<tr><td>2<tbody><tr><td>b<td>3", "a | 1\na | 2\nb | 3"),
        ("<tr><td rowspan=9>a<td>1<tfoot><tr><td>sum<td>3</tfoot><tbody><tr><td>b<td>2", "a | 1\nb | 2\nsum | 3"),
        ("<tr><td colspan=1000>a<td>b<tr><td>c<td>d", "a | a | b\nc | d |"),
        ("<tr><td colspan=2>Name<td>Age<tr><td><td>Ada<td>36", "Name | Age\nAda | 36"),  # an edge that was shifted
        (f"<tr><td rowspan=2>{'long ' * 60}<td>1<tr><td>2", f"{'long ' * 60}| 1\n | 2"),
        ("<tr><td rowspan=2><h3>Head</h3><td>1<tr><td>2", "Head\n\n1\n\n | 2"),
    ],
)
def test_merged_cells_of_html(source: str, text: str, parsed: Parse) -> None:
    assert parsed("a.html", f"<table>{source}</table>".encode()).text == text


def test_a_row_of_word_may_begin_later_and_hidden_rows_do_not_count(parsed: Parse) -> None:
    def cell(text: str, properties: str = "") -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(run(text))}</w:tc>"

    merged, more = "<w:vMerge w:val='restart'/>", "<w:vMerge/>"
    rows = [
        cell("Line") + cell("Stop") + cell("Time"),
        cell("7", merged) + cell("Quay") + cell("8:10"),
        "<w:trPr><w:hidden/></w:trPr>" + cell("", more) + cell("Depot") + cell("8:12"),
        cell("", more) + cell("Mill") + cell("8:20"),
        "<w:trPr><w:gridBefore w:val='1'/></w:trPr>" + cell("Hill") + cell("8:30"),
    ]
    table = f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"
    assert parsed("a.docx", with_body(table)).text == (
        "Line | Stop | Time\n7 | Quay | 8:10\n7 | Mill | 8:20\n | Hill | 8:30"
    )


def test_old_programs_join_cells_of_a_row(parsed: Parse) -> None:
    def cell(text: str, merge: str = "") -> str:
        return f"<w:tc><w:tcPr>{merge}</w:tcPr>{paragraph(run(text))}</w:tc>"

    first = cell("Both", "<w:hMerge w:val='restart'/>") + cell("", "<w:hMerge/>") + cell("One")
    table = f"<w:tbl><w:tr>{first}</w:tr><w:tr>{cell('a')}{cell('b')}{cell('c')}</w:tr></w:tbl>"
    assert parsed("a.docx", with_body(table)).text == "Both | Both | One\na | b | c"


def test_a_table_of_markdown_may_be_html_with_blank_lines(parsed: Parse) -> None:
    source = (
        "<table>\n\n  <tr>\n    <td rowspan=2>Tea</td>\n\n    <td>\n\n**green**, <leaf>\n\n    </td>\n  </tr>\n\n"
        "      <tr><td>black</td></tr>\n</table>\n\nafter *it*"
    )
    assert parsed("a.md", source.encode()).text == "Tea | green, <leaf>\nTea | black\n\nafter it"


def test_a_table_of_markdown_without_an_end_takes_nothing_with_it(parsed: Parse) -> None:
    assert parsed("a.md", b"<table><tr><td>a\n\n# Head\n\ntext").text == "a\n\nHead\n\ntext"


def test_short_rows_of_markdown_are_filled(parsed: Parse) -> None:
    assert parsed("a.md", b"| a | b |\n|---|---|\n| 1 |\n| 2 | 3 |").text == "a | b\n1 |\n2 | 3"
