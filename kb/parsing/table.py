"""CSV and similar tables: one line per row, " | " between cells. https://docs.python.org/3/library/csv.html"""

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from kb.parsing.blocks import Block, row, write
from kb.parsing.draft import Draft
from kb.parsing.encoding import read_text
from kb.parsing.parsed import Parsed

_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 20


def parse(path: Path, max_characters: int, progress: Callable[[int, int], None]) -> Parsed:
    """See registry.parse. No title, no sections. A text that is not a valid table is kept unchanged."""
    text = read_text(path, max_characters)
    draft = Draft(max_characters)
    delimiter = _delimiter(text)
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter or ",", strict=True))
    except csv.Error:
        draft.write(text)
    else:
        write((block for cells in rows for block in row([Block(cell)] for cell in cells)), draft)
    return draft.finish(title=None)


def _delimiter(text: str) -> str | None:
    """The delimiter that splits the most lines into the same number of cells; None if there is none."""
    lines = [line for line in text[:100_000].split("\n")[:_SAMPLE_LINES] if line.strip()]
    best = {sign: Counter(line.count(sign) for line in lines if sign in line) for sign in _DELIMITERS}
    agreeing = {sign: counts.most_common(1)[0][1] for sign, counts in best.items() if counts}
    return max(agreeing, key=lambda sign: (agreeing[sign], best[sign].most_common(1)[0][0])) if agreeing else None
