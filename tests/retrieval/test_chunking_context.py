"""Passages are indexed with title and headings, and parts of a table with its header."""

import pytest

from retrieval.chunking.context import Context, context_line
from retrieval.chunking.tables import HEADER_CHARACTERS, table_header, tables
from tests.retrieval.test_chunking import count_words


@pytest.mark.parametrize(
    ("title", "path", "limit", "expected"),
    [
        ("Handbook", ("Search", "Ranks"), 20, "Handbook › Search › Ranks"),
        ("Handbook", ("Handbook", "Ranks"), 20, "Handbook › Ranks"),
        ("Handbook", ("Search", "Hits", "Ranks"), 6, "Handbook › Hits › Ranks"),
        ("A very long title of many words", ("Ranks",), 3, "Ranks"),
        ("", (), 5, ""),
    ],
)
def test_the_context_line_keeps_what_says_most(title: str, path: tuple[str, ...], limit: int, expected: str) -> None:
    assert context_line(title, path, limit, count_words) == expected


class TestTableHeader:
    table = "Some text.\nName | Price\nTea | 3\nMilk | 1\n\nMore text | with a bar.\n"

    def header(self, of: str) -> str:
        return table_header(self.table, tables(self.table), self.table.index(of))

    def test_rows_know_their_header(self) -> None:
        assert self.header("Milk") == self.header("Tea") == "Name | Price"

    def test_the_header_itself_and_what_is_no_table_have_none(self) -> None:
        assert self.header("Name") == self.header("Some") == self.header("More") == ""

    def test_of_the_longest_table_the_last_row_knows_its_header(self) -> None:
        rows = "Name | Price\n" + "".join(f"Tea {number} | 3\n" for number in range(100_000))
        headers = tables(rows)
        assert {table_header(rows, headers, rows.index("Tea 99999")), table_header(rows, headers, 13)} == {
            "Name | Price"
        }

    def test_a_very_long_row_is_no_header_of_its_own_end(self) -> None:
        row = "Tea | 3 | " * 100
        assert table_header(row, tables(row), 500) == ""


def test_a_header_that_is_long_is_shortened_as_a_title_is() -> None:
    header = "Name of the tea | " + "Price in many words " * 9
    text = f"{header}\nGreen | 3\nBlack | 2\n"
    context = Context(text, "Kitchen", tables(text), 8, count_words)
    start = text.index("Black")
    line, shown, row = context.before(("Tea",), start, start + len("Black | 2")).split("\n")
    assert (line, row) == ("Kitchen › Tea", "Black | 2")
    assert shown
    assert header.startswith(shown)
    assert len(shown) < HEADER_CHARACTERS
    assert count_words([shown])[0] <= 8
