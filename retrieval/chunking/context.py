"""Context that both retrievers index before a passage: title, headings, and the header of a table. Pure.

Without it, a short passage would not tell which document it is from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from retrieval.chunking.packing import Measure
from retrieval.chunking.tables import Table, table_header

MOST_CONTEXT = 64  # length of the title and headings, in any measure


@dataclass(frozen=True)
class Context:
    """Adds context to parts of one text. The title line and a table's header have at most `limit` by `measure`."""

    text: str
    title: str
    tables: Sequence[Table]
    limit: int
    measure: Measure
    _lines: dict[tuple[str, ...], str] = field(default_factory=dict)
    _headers: dict[str, str] = field(default_factory=dict)

    def before(self, heading_path: tuple[str, ...], start: int, end: int) -> str:
        """The context and text[start:end]."""
        if heading_path not in self._lines:
            self._lines[heading_path] = context_line(self.title, heading_path, self.limit, self.measure)
        header = table_header(self.text, self.tables, start)
        if header not in self._headers:
            self._headers[header] = _shortened(header, self.limit, self.measure)
        lines = [self._lines[heading_path], *([self._headers[header]] if header else []), self.text[start:end]]
        return "\n".join(lines)


def context_line(title: str, heading_path: Sequence[str], limit: int, measure: Measure) -> str:
    """Title and headings as a line of at most `limit`.

    If it is too long, outer headings are dropped first, then the title, then the end of the innermost heading.
    """
    parts = [part for part in (title, *heading_path) if part]
    if len(parts) > 1 and parts[0] == parts[1]:
        del parts[0]  # the first heading repeats the title
    line = " › ".join(parts)
    while len(parts) > 1 and measure([line])[0] > limit:
        del parts[1 if len(parts) > 2 else 0]
        line = " › ".join(parts)
    return _shortened(line, limit, measure)


def _shortened(line: str, limit: int, measure: Measure) -> str:
    while line and measure([line])[0] > limit:
        line = line[: len(line) // 2]
    return line
