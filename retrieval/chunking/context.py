"""What goes before a passage into both retrievers: whose it is, and what its columns are. Pure.

Small passages forget which document they are from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from retrieval.chunking.packing import Measure
from retrieval.chunking.tables import Table, table_header

MOST_CONTEXT = 64  # of the title and headings, in any measure


@dataclass(frozen=True)
class Context:
    """The lines before parts of one text. Each, and the header of a table, is at most `limit` by `measure`."""

    text: str
    title: str
    tables: Sequence[Table]
    limit: int
    measure: Measure
    _lines: dict[tuple[str, ...], str] = field(default_factory=dict)
    _headers: dict[str, str] = field(default_factory=dict)

    def before(self, heading_path: tuple[str, ...], start: int, end: int) -> str:
        """text[start:end] after its context."""
        if heading_path not in self._lines:
            self._lines[heading_path] = context_line(self.title, heading_path, self.limit, self.measure)
        header = table_header(self.text, self.tables, start)
        if header not in self._headers:
            self._headers[header] = _shortened(header, self.limit, self.measure)
        lines = [self._lines[heading_path], *([self._headers[header]] if header else []), self.text[start:end]]
        return "\n".join(lines)


def context_line(title: str, heading_path: Sequence[str], limit: int, measure: Measure) -> str:
    """Title and headings in a line of at most `limit`.

    Where not all fits, the outer headings go first, then the title, then the end of the nearest heading.
    """
    parts = [part for part in (title, *heading_path) if part]
    if len(parts) > 1 and parts[0] == parts[1]:
        del parts[0]  # a document whose first heading is its title
    line = " › ".join(parts)
    while len(parts) > 1 and measure([line])[0] > limit:
        del parts[1 if len(parts) > 2 else 0]
        line = " › ".join(parts)
    return _shortened(line, limit, measure)


def _shortened(line: str, limit: int, measure: Measure) -> str:
    while line and measure([line])[0] > limit:
        line = line[: len(line) // 2]
    return line
