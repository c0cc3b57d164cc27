"""The order in which a page's pieces are read: column by column between what is as wide as the page."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from kb.parsing.pdf.lines import Piece
from kb.parsing.pdf.scripts import has_rtl, is_prose, is_rtl_line

_LINES = 4  # fewer make no column
_PROSE_EM = 8.0  # the width of a piece that may be a line of a paragraph
_EDGE_PART = 0.05  # of a page's lines
_EDGE_EM = 0.7  # how exactly the lines of a column begin below one another
_GUTTER_EM = 0.25
_CROSSING = 0.34  # lines across a gutter, as a part of those beside it
_FILLED = 0.55  # of a column's width, by its middle line
_MOST = 5  # columns
_LEADING_EM = 1.7
_SAME_LINE_EM = 0.3
_HANGING_EM = 0.8  # by as much a line may begin before its column: a bracket, a quotation mark
_CELLS = 4  # of a line that goes through all columns
_CELL_EM = 15.0  # the width of most of them
_COMMENT = re.compile(r"#|//|/\*|;|--|%")
_RAGGED_LINES = 8
_TOGETHER = 0.25  # of them may happen to stand on one baseline with one of the other side
_ROWS = 3  # such lines make a table
_EXACTLY_EM = 0.1  # the baselines of one table's cells; those of two tables side by side differ
_CAPTION_LINES = 4  # with a table's head, above its rows
_CAPTION_LEADING_EM = 2.2


@dataclass(slots=True)
class Region:
    """Pieces of one column, and how far its lines may go."""

    pieces: list[Piece]
    right: float


def regions(pieces: list[Piece], right: float) -> list[Region]:
    """In reading order. `pieces` by baseline; `right` is where the page's lines end."""
    gutters = _gutters(pieces)
    if not gutters:
        return [Region(pieces, right)] if pieces else []
    columns = range(len(gutters) + 1)
    text = "".join(piece.text for piece in pieces)
    order = list(columns)[::-1] if has_rtl(text) and is_rtl_line(text) else list(columns)
    rights = [*(gutter - 0.5 for gutter in gutters), right]
    found: list[Region] = []
    for wide, band in _bands(pieces, gutters):
        if wide:
            found.append(Region(band, right))
            continue
        for column in order:
            here = [piece for piece in band if _column(piece, gutters) == column]
            if here:
                found.append(Region(here, rights[column]))
    return found


def _bands(pieces: list[Piece], gutters: list[float]) -> Iterator[tuple[bool, list[Piece]]]:
    """(whether as wide as the page, pieces) from top to bottom."""
    rows = _rows(pieces)
    tables = _of_tables(rows, gutters)
    band: list[Piece] = []
    band_is_wide = False
    for index, row in enumerate(rows):
        wide = index in tables or any(_crosses(piece, gutters) for piece in row)
        if not wide and band_is_wide:
            wide = _ends_paragraph(row, rows[index - 1])
        if band and wide != band_is_wide:
            yield band_is_wide, band
            band = []
        band_is_wide = wide
        band += row
    if band:
        yield band_is_wide, band


def _rows(pieces: list[Piece]) -> list[list[Piece]]:
    """Pieces on one baseline together."""
    rows: list[list[Piece]] = []
    for piece in pieces:
        if rows and piece.y - rows[-1][-1].y < _SAME_LINE_EM * max(piece.size, rows[-1][-1].size):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return rows


def _of_tables(rows: list[list[Piece]], gutters: list[float]) -> set[int]:
    """The rows of tables that are as wide as the page though no cell lies across a gutter."""
    found: set[int] = set()
    here: list[int] = []
    for index, row in enumerate([*rows, []]):
        if row and _goes_through(row, gutters):
            here.append(index)
        elif not row or _fills(row, gutters) or (here and index - here[-1] > 2):
            if len(here) >= _ROWS:
                found.update(range(here[0] - _caption(rows, here[0], gutters), here[-1] + 1))
            here = []
    return found


def _caption(rows: list[list[Piece]], first: int, gutters: list[float]) -> int:
    """How many rows above a table belong to it: close to one another, and set apart from what is above them."""
    for count in range(_CAPTION_LINES + 1):
        above = first - count - 1
        row = rows[above + 1]
        if above < 0 or row[0].y - rows[above][0].y > _CAPTION_LEADING_EM * row[0].size:
            return count
        if _fills(rows[above], gutters):
            break
    return 0


def _goes_through(row: list[Piece], gutters: list[float]) -> bool:
    """Whether it has several short cells, on both sides of a gutter."""
    columns = {_column(piece, gutters) for piece in row}
    narrow = sum(piece.width < _CELL_EM * piece.size for piece in row)
    baselines = [piece.y for piece in row]
    exact = max(baselines) - min(baselines) < _EXACTLY_EM * row[0].size
    return exact and len(row) >= _CELLS and len(columns) > 1 and narrow >= len(row) - 1


def _fills(row: list[Piece], gutters: list[float]) -> bool:
    """Whether there is a line of a paragraph in it."""
    return any(piece.width >= _CELL_EM * piece.size and not _crosses(piece, gutters) for piece in row)


def _column(piece: Piece, gutters: list[float]) -> int:
    return bisect_right(gutters, piece.x0 + _HANGING_EM * piece.size)


def _crosses(piece: Piece, gutters: list[float]) -> bool:
    return any(piece.x0 < gutter - _HANGING_EM * piece.size and piece.x1 > gutter + 1 for gutter in gutters)


def _ends_paragraph(row: list[Piece], wide: list[Piece]) -> bool:
    """Whether a short piece goes on below a wide one, and nothing stands beside it."""
    piece, above = row[0], wide[-1]
    return (
        len(row) == 1
        and abs(piece.x0 - above.x0) < piece.size
        and abs(piece.size - above.size) < 0.5
        and 0 < piece.y - above.y < _LEADING_EM * piece.size
    )


def _gutters(pieces: list[Piece]) -> list[float]:
    """Where the columns after the first begin."""
    prose = [piece for piece in pieces if piece.width >= _PROSE_EM * piece.size and is_prose(piece.text)]
    found: list[float] = []
    for edge in _left_edges(prose)[1:]:
        start = min(piece.x0 for piece in edge)
        if len(found) < _MOST - 1 and _is_gutter(start, edge, pieces, prose, found[-1] if found else None):
            found.append(start)
    return found


def _left_edges(prose: list[Piece]) -> list[list[Piece]]:
    """Pieces that begin below one another, from left to right; only where there are enough."""
    edges: list[list[Piece]] = []
    for piece in sorted(prose, key=lambda piece: piece.x0):
        if edges and piece.x0 - edges[-1][0].x0 < _EDGE_EM * piece.size:
            edges[-1].append(piece)
        else:
            edges.append([piece])
    enough = max(_LINES, len(prose) * _EDGE_PART)
    return [edge for index, edge in enumerate(edges) if index == 0 or len(edge) >= enough]


def _is_gutter(start: float, edge: list[Piece], pieces: list[Piece], prose: list[Piece], last: float | None) -> bool:
    size = median(piece.size for piece in edge)
    top = min(piece.y for piece in edge) - size
    bottom = max(piece.y for piece in edge) + size
    edge_of_left = start - _GUTTER_EM * size
    beside = [piece for piece in pieces if top <= piece.y <= bottom and piece.x0 < start - 1]
    crossing = sum(piece.x1 > edge_of_left for piece in beside)
    if crossing > max(1, _CROSSING * len(edge)):
        return False
    left = [
        piece
        for piece in prose
        if top <= piece.y <= bottom and piece.x1 <= edge_of_left and (last is None or piece.x0 >= last - 1)
    ]
    if len(left) < _LINES:
        return False
    if _stand_apart(left, edge):
        return True
    if _mostly(left, lambda piece: piece.mono) and _mostly(edge, lambda piece: piece.mono):
        return not _mostly(edge, lambda piece: _COMMENT.match(piece.text) is not None)  # on the code beside it
    begin = min(piece.x0 for piece in left)
    own_width = max(piece.width for piece in edge)
    return (
        median(piece.width for piece in left) >= _FILLED * (start - begin)
        and median(piece.width for piece in edge) >= _FILLED * own_width
        and not _are_rows(left, pieces, start)
    )


def _stand_apart(left: list[Piece], edge: list[Piece]) -> bool:
    """Whether the lines of both sides, though they may be ragged, are no rows: few stand on one baseline."""
    if len(left) < _RAGGED_LINES or len(edge) < _RAGGED_LINES:
        return False
    heights = [piece.y for piece in left]
    together = sum(any(abs(piece.y - y) < _EXACTLY_EM * piece.size for y in heights) for piece in edge)
    return together < _TOGETHER * len(edge)


def _mostly(pieces: list[Piece], is_so: Callable[[Piece], bool]) -> bool:
    return 2 * sum(map(is_so, pieces)) > len(pieces)


def _are_rows(left: list[Piece], pieces: list[Piece], start: float) -> bool:
    """Whether numbers stand to the right in the lines of `left`: a table's labels."""
    numbers = [piece for piece in pieces if piece.x0 > start - 1 and not is_prose(piece.text)]
    heights = {round(piece.y) for piece in numbers}
    return sum(round(piece.y) in heights for piece in left) > 0.4 * len(left)
