"""Finds tables, whose first row is their header. Parsing writes rows with " | " between cells. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import regex

HEADER_CHARACTERS = 200

_TABLE = regex.compile(r"(?m)^(?P<first>(?>.*? \| ).*+)(?:\n(?>.*? \| ).*+)++")


@dataclass(frozen=True, slots=True, order=True)
class Table:
    start: int
    header_end: int
    end: int


def tables(text: str) -> list[Table]:
    """The tables with several rows, in order."""
    return [Table(*match.span("first"), match.end()) for match in _TABLE.finditer(text)]


def table_header(text: str, tables: Sequence[Table], start: int) -> str:
    """The first row of the table that contains `start`; "" outside of tables and in the first row."""
    place = bisect_left(tables, start, key=lambda table: table.start) - 1
    if place < 0:
        return ""
    table = tables[place]
    header = text[table.start : min(table.header_end, table.start + HEADER_CHARACTERS)].strip()
    return header if table.header_end < start < table.end else ""
