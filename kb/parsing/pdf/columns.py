"""The order in which a page's pieces are read: column by column between what is as wide as the page."""

from bisect import bisect_right
from collections.abc import Iterator
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
_NEAR = 3  # pieces in the order of baselines, among which those of one line are


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
            here = [piece for piece in band if bisect_right(gutters, piece.x0 + 1) == column]
            if here:
                found.append(Region(here, rights[column]))
    return found


def _bands(pieces: list[Piece], gutters: list[float]) -> Iterator[tuple[bool, list[Piece]]]:
    """(whether as wide as the page, pieces) from top to bottom."""
    band: list[Piece] = []
    band_is_wide = False
    for index, piece in enumerate(pieces):
        beside = pieces[max(0, index - _NEAR) : index + _NEAR + 1]
        wide = any(_crosses(other, gutters) for other in beside if abs(other.y - piece.y) < 0.3 * piece.size)
        if not wide and band_is_wide:
            wide = _ends_paragraph(piece, band[-1], pieces, index)
        if band and wide != band_is_wide:
            yield band_is_wide, band
            band = []
        band_is_wide = wide
        band.append(piece)
    if band:
        yield band_is_wide, band


def _crosses(piece: Piece, gutters: list[float]) -> bool:
    return any(piece.x0 < gutter - 1 and piece.x1 > gutter + 1 for gutter in gutters)


def _ends_paragraph(piece: Piece, wide: Piece, pieces: list[Piece], index: int) -> bool:
    """Whether a short piece goes on below a wide one, and nothing stands beside it."""
    beside = pieces[index + 1 : index + 2] + pieces[max(0, index - 1) : index]
    return (
        abs(piece.x0 - wide.x0) < piece.size
        and abs(piece.size - wide.size) < 0.5
        and 0 < piece.y - wide.y < _LEADING_EM * piece.size
        and not any(other is not wide and abs(other.y - piece.y) < 0.5 * piece.size for other in beside)
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
    begin = min(piece.x0 for piece in left)
    own_width = max(piece.width for piece in edge)
    return (
        median(piece.width for piece in left) >= _FILLED * (start - begin)
        and median(piece.width for piece in edge) >= _FILLED * own_width
        and not _are_rows(left, pieces, start)
    )


def _are_rows(left: list[Piece], pieces: list[Piece], start: float) -> bool:
    """Whether numbers stand to the right in the lines of `left`: a table's labels."""
    numbers = [piece for piece in pieces if piece.x0 > start - 1 and not is_prose(piece.text)]
    heights = {round(piece.y) for piece in numbers}
    return sum(round(piece.y) in heights for piece in left) > 0.4 * len(left)
