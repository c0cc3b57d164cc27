"""The reading order of a page's fragments: column by column, interrupted by full-width text."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from kb.parsing.pdf.lines import Fragment
from kb.parsing.pdf.scripts import has_rtl, is_prose, is_rtl_line

_MIN_LINES = 4  # of a column
_PROSE_EM = 8.0  # the minimum width of a fragment that may be a line of a paragraph
_EDGE_PART = 0.05  # of a page's lines
_EDGE_EM = 0.7  # tolerance for the left edges of a column's lines
_GUTTER_EM = 0.25
_CROSSING = 0.34  # maximum of lines across a gutter, relative to the lines beside it
_FILLED = 0.55  # of a column's width, by its median line
_MAX_COLUMNS = 5
_LEADING_EM = 1.7
_SAME_LINE_EM = 0.3
_HANGING_EM = 0.8  # how far a bracket or quotation mark may hang out of its column
_CELLS = 4  # minimum in a table row that spans the columns
_CELL_EM = 15.0  # maximum width of most cells
_COMMENT = re.compile(r"#|//|/\*|;|--|%")
_RAGGED_LINES = 8
_TOGETHER = 0.25  # share of lines that may share a baseline with the other side by chance
_ROWS = 3  # minimum of a table
_EXACTLY_EM = 0.1  # tolerance for the baseline of one row; those of two tables side by side differ more
_CAPTION_LINES = 4  # above a table's rows, including its header
_CAPTION_LEADING_EM = 2.2


@dataclass(slots=True)
class Region:
    """The fragments of one column and its right edge."""

    fragments: list[Fragment]
    right: float


def regions(fragments: list[Fragment], right: float) -> list[Region]:
    """Regions in reading order. `fragments` are sorted by baseline; `right` is the page's right text edge."""
    gutters = _gutters(fragments)
    if not gutters:
        return [Region(fragments, right)] if fragments else []
    columns = range(len(gutters) + 1)
    text = "".join(fragment.text for fragment in fragments)
    order = list(columns)[::-1] if has_rtl(text) and is_rtl_line(text) else list(columns)
    rights = [*(gutter - 0.5 for gutter in gutters), right]
    found: list[Region] = []
    for wide, band in _bands(fragments, gutters):
        if wide:
            found.append(Region(band, right))
            continue
        for column in order:
            current = [fragment for fragment in band if _column(fragment, gutters) == column]
            if current:
                found.append(Region(current, rights[column]))
    return found


def _bands(fragments: list[Fragment], gutters: list[float]) -> Iterator[tuple[bool, list[Fragment]]]:
    """(whether full-width, fragments) from top to bottom."""
    rows = _rows(fragments)
    tables = _table_rows(rows, gutters)
    band: list[Fragment] = []
    band_is_wide = False
    for index, row in enumerate(rows):
        wide = index in tables or any(_crosses(fragment, gutters) for fragment in row)
        if not wide and band_is_wide:
            wide = _ends_paragraph(row, rows[index - 1])
        if band and wide != band_is_wide:
            yield band_is_wide, band
            band = []
        band_is_wide = wide
        band += row
    if band:
        yield band_is_wide, band


def _rows(fragments: list[Fragment]) -> list[list[Fragment]]:
    """Groups fragments by baseline."""
    rows: list[list[Fragment]] = []
    for fragment in fragments:
        if rows and fragment.y - rows[-1][-1].y < _SAME_LINE_EM * max(fragment.size, rows[-1][-1].size):
            rows[-1].append(fragment)
        else:
            rows.append([fragment])
    return rows


def _table_rows(rows: list[list[Fragment]], gutters: list[float]) -> set[int]:
    """Rows of full-width tables in which no cell crosses a gutter."""
    found: set[int] = set()
    current: list[int] = []
    for index, row in enumerate([*rows, []]):
        if row and _spans_columns(row, gutters):
            current.append(index)
        elif not row or _fills(row, gutters) or (current and index - current[-1] > 2):
            if len(current) >= _ROWS:
                found.update(range(current[0] - _caption(rows, current[0], gutters), current[-1] + 1))
            current = []
    return found


def _caption(rows: list[list[Fragment]], first: int, gutters: list[float]) -> int:
    """How many rows above a table belong to it: close together, and separated from what is above them."""
    for count in range(_CAPTION_LINES + 1):
        above = first - count - 1
        row = rows[above + 1]
        if above < 0 or row[0].y - rows[above][0].y > _CAPTION_LEADING_EM * row[0].size:
            return count
        if _fills(rows[above], gutters):
            break
    return 0


def _spans_columns(row: list[Fragment], gutters: list[float]) -> bool:
    """Whether the row has several short cells on both sides of a gutter."""
    columns = {_column(fragment, gutters) for fragment in row}
    narrow = sum(fragment.width < _CELL_EM * fragment.size for fragment in row)
    baselines = [fragment.y for fragment in row]
    exact = max(baselines) - min(baselines) < _EXACTLY_EM * row[0].size
    return exact and len(row) >= _CELLS and len(columns) > 1 and narrow >= len(row) - 1


def _fills(row: list[Fragment], gutters: list[float]) -> bool:
    """Whether the row contains a line of a paragraph."""
    return any(fragment.width >= _CELL_EM * fragment.size and not _crosses(fragment, gutters) for fragment in row)


def _column(fragment: Fragment, gutters: list[float]) -> int:
    return bisect_right(gutters, fragment.x0 + _HANGING_EM * fragment.size)


def _crosses(fragment: Fragment, gutters: list[float]) -> bool:
    return any(fragment.x0 < gutter - _HANGING_EM * fragment.size and fragment.x1 > gutter + 1 for gutter in gutters)


def _ends_paragraph(row: list[Fragment], wide: list[Fragment]) -> bool:
    """Whether a short fragment continues the wide one above it, with nothing beside it."""
    fragment, above = row[0], wide[-1]
    return (
        len(row) == 1
        and abs(fragment.x0 - above.x0) < fragment.size
        and abs(fragment.size - above.size) < 0.5
        and 0 < fragment.y - above.y < _LEADING_EM * fragment.size
    )


def _gutters(fragments: list[Fragment]) -> list[float]:
    """The left edges of all columns but the first."""
    prose = [
        fragment for fragment in fragments if fragment.width >= _PROSE_EM * fragment.size and is_prose(fragment.text)
    ]
    found: list[float] = []
    for edge in _left_edges(prose)[1:]:
        start = min(fragment.x0 for fragment in edge)
        if len(found) < _MAX_COLUMNS - 1 and _is_gutter(start, edge, fragments, prose, found[-1] if found else None):
            found.append(start)
    return found


def _left_edges(prose: list[Fragment]) -> list[list[Fragment]]:
    """Groups of fragments with the same left edge, from left to right; small groups are dropped."""
    edges: list[list[Fragment]] = []
    for fragment in sorted(prose, key=lambda fragment: fragment.x0):
        if edges and fragment.x0 - edges[-1][0].x0 < _EDGE_EM * fragment.size:
            edges[-1].append(fragment)
        else:
            edges.append([fragment])
    enough = max(_MIN_LINES, len(prose) * _EDGE_PART)
    return [edge for index, edge in enumerate(edges) if index == 0 or len(edge) >= enough]


def _is_gutter(
    start: float, edge: list[Fragment], fragments: list[Fragment], prose: list[Fragment], last: float | None
) -> bool:
    size = median(fragment.size for fragment in edge)
    top = min(fragment.y for fragment in edge) - size
    bottom = max(fragment.y for fragment in edge) + size
    edge_of_left = start - _GUTTER_EM * size
    beside = [fragment for fragment in fragments if top <= fragment.y <= bottom and fragment.x0 < start - 1]
    crossing = sum(fragment.x1 > edge_of_left for fragment in beside)
    if crossing > max(1, _CROSSING * len(edge)):
        return False
    left = [
        fragment
        for fragment in prose
        if top <= fragment.y <= bottom and fragment.x1 <= edge_of_left and (last is None or fragment.x0 >= last - 1)
    ]
    if len(left) < _MIN_LINES:
        return False
    if _are_independent(left, edge):
        return True
    if _mostly(left, lambda fragment: fragment.mono) and _mostly(edge, lambda fragment: fragment.mono):
        return not _mostly(
            edge, lambda fragment: _COMMENT.match(fragment.text) is not None
        )  # these are comments beside code
    begin = min(fragment.x0 for fragment in left)
    own_width = max(fragment.width for fragment in edge)
    return (
        median(fragment.width for fragment in left) >= _FILLED * (start - begin)
        and median(fragment.width for fragment in edge) >= _FILLED * own_width
        and not _are_rows(left, fragments, start)
    )


def _are_independent(left: list[Fragment], edge: list[Fragment]) -> bool:
    """Whether the two sides are independent columns, even if ragged: few of their lines share a baseline."""
    if len(left) < _RAGGED_LINES or len(edge) < _RAGGED_LINES:
        return False
    heights = [fragment.y for fragment in left]
    together = sum(any(abs(fragment.y - y) < _EXACTLY_EM * fragment.size for y in heights) for fragment in edge)
    return together < _TOGETHER * len(edge)


def _mostly(fragments: list[Fragment], is_so: Callable[[Fragment], bool]) -> bool:
    return 2 * sum(map(is_so, fragments)) > len(fragments)


def _are_rows(left: list[Fragment], fragments: list[Fragment], start: float) -> bool:
    """Whether the lines of `left` have numbers on their right: then they are labels of table rows."""
    numbers = [fragment for fragment in fragments if fragment.x0 > start - 1 and not is_prose(fragment.text)]
    heights = {round(fragment.y) for fragment in numbers}
    return sum(round(fragment.y) in heights for fragment in left) > 0.4 * len(left)
