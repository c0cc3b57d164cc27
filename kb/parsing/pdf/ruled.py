"""Tables with drawn rules: a row of the table is one row of text, and a cell keeps its wrapped lines together."""

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from kb.parsing.pdf import grids
from kb.parsing.pdf.grids import Grid, Place
from kb.parsing.pdf.lines import Fragment, Line, fragments_of, lines_of
from kb.parsing.pdf.rules import Rule
from kb.parsing.pdf.runs import Run
from kb.parsing.pdf.scripts import is_prose

_LOWERED_EM = 0.3  # from the baseline to the letters' middle
_CROSSING = 0.1  # the share of a table's runs that may cross its rules
_OVERHANG = 3.0  # points that a run may reach into the next cell
_ROWS = 2  # minimum with several cells that hold text
_FULL = 0.3  # of the rows, that have several such cells
_NARROW = 0.5  # the width of thin letters, relative to the others
_BLANK_EM = 1.5  # from a rule to the blank where it divides a run
_WIDE = 0.4  # maximum share of a column's lines with wide gaps inside a cell
_WIDE_NUMBERS = 0.08  # the same for a table's lines with several numbers
_SHARED, _SHARED_OPEN = 0.7, 0.15  # maximum share of lines that go on beside a frame, or beside an open table
_SAME_HEIGHT, _LINE_OFF = 0.6, 3.0  # points between the baselines of such a line
_SIGNS_BEFORE, _SIGNS_AFTER = {"$", "€", "£", "¥", "(", "$("}, {"%", ")", ")%", "%)"}
_LONG_CELL = 6  # lines; in a table without upright rules these are columns of the page
_GAP_EM = 1.0  # between the columns of such a table
_SAME_LINE_EM = 0.5
_REPEATED = 200  # maximum of characters of a merged cell that stands in each of its rows

_Cells = dict[Place, list[Line]]  # the lines of each cell, by its first place


def tables(rules: Sequence[Rule], runs: list[Run]) -> tuple[list[Run], list[Fragment]]:
    """(the other runs, a fragment for each row of a ruled table, with its cells)."""
    rows: list[Fragment] = []
    for number, grid in enumerate(grids.find(rules) if rules else (), 1):
        runs = [part for run in runs for part in _parts(grid, run)]
        inside = [(run, place) for run in runs if (place := _place(grid, run)) is not None]
        if len(inside) < 2 * _ROWS or _is_part(grid, runs):
            continue
        if grid.is_open:
            columns = _columns(grid, [run for run, _ in inside])
            if columns is None:
                continue
            grid = columns
            inside = [(run, place) for run, _ in inside if (place := _place(grid, run)) is not None]
        found = _rows(grid, inside)
        if found is None:
            continue
        kept, used = found
        rows += [replace(row, table=number) for row in kept]
        runs = [run for run in runs if id(run) not in used]
    return runs, rows


def _place(grid: Grid, run: Run) -> Place | None:
    return grid.place((run.x0 + run.x1) / 2, run.y - _LOWERED_EM * run.size)


def _parts(grid: Grid, run: Run) -> list[Run]:
    """The run, divided at the blanks where rules cross it: cells may stand so close that they look like words."""
    place = _place(grid, run)
    if place is None or " " not in run.text or not _crosses(grid, run, place):
        return [run]
    widths = [_NARROW if letter in " .,:;'|ijlI!" else 1.0 for letter in run.text]
    each = (run.x1 - run.x0) / sum(widths)
    places = [run.x0 + each * width for width in itertools.accumulate(widths)]
    blanks = [(places[index], index) for index, letter in enumerate(run.text) if letter == " "]
    for column in range(1, len(grid.xs) - 1):
        x = grid.xs[column]
        if (column, place[1]) in grid.upright and run.x0 + _OVERHANG < x < run.x1 - _OVERHANG:
            at, index = min(blanks, key=lambda blank: abs(blank[0] - x))
            if abs(at - x) < _BLANK_EM * run.size:
                left = replace(run, text=run.text[:index].rstrip(), x1=min(at, x))
                right = replace(run, text=run.text[index:].lstrip(), x0=max(at, x))
                return [left, *_parts(grid, right)]
    return [run]


def _is_part(grid: Grid, runs: list[Run]) -> bool:
    """Whether the lines between the rules go on beside them: then these are sums in a table, or parts of its head."""
    near = [run for run in runs if grid.ys[0] < run.y - _LOWERED_EM * run.size < grid.ys[-1]]
    beside = sorted(run.y for run in near if _place(grid, run) is None)
    inside = {run.y for run in near if _place(grid, run) is not None}
    is_frame = _is_enclosed(grid)
    near_by, most = (_SAME_HEIGHT, _SHARED) if is_frame else (_LINE_OFF, _SHARED_OPEN)
    shared = sum(bisect_left(beside, y - near_by) < bisect_right(beside, y + near_by) for y in inside)
    return shared > most * len(inside)


def _is_enclosed(grid: Grid) -> bool:
    columns, rows = len(grid.xs) - 1, len(grid.ys) - 1
    return grid.upright.issuperset(
        (side, row) for side in (0, columns) for row in range(rows)
    ) and grid.level.issuperset((column, side) for side in (0, rows) for column in range(columns))


def _columns(grid: Grid, runs: list[Run]) -> Grid | None:
    """The grid with the columns that blank strips make; None if there are none."""
    size = median(run.size for run in runs)
    ordered = sorted(runs, key=lambda run: run.x0)
    xs, end = [grid.xs[0]], ordered[0].x1
    for run in ordered[1:]:
        if run.x0 - end > _GAP_EM * size:
            xs.append((run.x0 + end) / 2)
        end = max(end, run.x1)
    if len(xs) < 2:
        return None
    xs.append(max(grid.xs[-1], xs[-1] + 1))
    places = {(column, row) for column in range(len(xs)) for row in range(len(grid.ys))}
    return Grid(xs, grid.ys, places, places, is_open=True)


def _rows(grid: Grid, inside: list[tuple[Run, Place]]) -> tuple[list[Fragment], set[int]] | None:
    """(the rows, the ids of their runs), or None if this is no table but a drawing, a frame or the page's layout."""
    if sum(_crosses(grid, run, place) for run, place in inside) > _CROSSING * len(inside):
        return None
    first = grid.cells()
    runs: dict[Place, list[Run]] = {}
    for run, place in inside:
        runs.setdefault(first[place], []).append(run)
    cells = {cell: lines_of(fragments_of(those)) for cell, those in runs.items()}
    count = len(grid.ys) - 1
    by_row = [list(dict.fromkeys(first[column, row] for column in range(len(grid.xs) - 1))) for row in range(count)]
    filled = [sum(cell in cells for cell in row) for row in by_row]
    if sum(number > 1 for number in filled) < max(_ROWS, _FULL * sum(number > 0 for number in filled)):
        return None
    if grid.is_open and max(len(lines) for lines in cells.values()) > _LONG_CELL:
        return None
    if _has_more_columns(cells):
        return None
    whole = {row[0] for row in by_row if len(row) == 1}  # as wide as the table: a heading, or text inside a frame
    own = _own_columns(first, cells)
    rows: list[list[Fragment]] = []
    for row, listed in enumerate(by_row):
        if filled[row] and not whole.issuperset(listed):
            rows += _written(_of_row(grid, first, cells, row, own), grid, sum(map(bool, filled)))
    used = {id(run) for cell, those in runs.items() if cell not in whole for run in those}
    return [_fragment(grid, row) for row in _without_signs(rows)], used


def _has_more_columns(cells: _Cells) -> bool:
    """Whether the cells have columns inside them that no rules mark, as in a table with a rule under its head only."""
    columns: dict[int, list[Line]] = {}
    for (column, _), lines in cells.items():
        columns.setdefault(column, []).extend(lines)
    numbers = 0
    for lines in columns.values():
        wide = [line for line in lines if len(line.fragments) > 1]
        numbers += sum(sum(map(_is_numeric, line.fragments)) > 1 for line in wide)
        if len(wide) > max(1, _WIDE * len(lines)):
            return True
    return numbers > _WIDE_NUMBERS * sum(map(len, columns.values()))


def _crosses(grid: Grid, run: Run, place: Place) -> bool:
    column, row = place
    left, right = run.x0 < grid.xs[column] - _OVERHANG, run.x1 > grid.xs[column + 1] + _OVERHANG
    return (left and place in grid.upright) or (right and (column + 1, row) in grid.upright)


def _own_columns(first: dict[Place, Place], cells: _Cells) -> set[int]:
    """The columns that some cell with text has for itself: not those that only misaligned rules make."""
    widths: dict[Place, set[int]] = {}
    for (column, _), cell in first.items():
        widths.setdefault(cell, set()).add(column)
    return {column for cell in cells if len(widths[cell]) == 1 for column in widths[cell]}


def _of_row(grid: Grid, first: dict[Place, Place], cells: _Cells, row: int, own_columns: set[int]) -> list[list[Line]]:
    """The lines of each cell of a row. A merged cell stands in each row and column that it covers.

    Its lines stay where they are if there is one for each row: then rules are missing, not cells merged.
    """
    found: list[list[Line]] = []
    columns = range(len(grid.xs) - 1)
    for cell, spread in itertools.groupby(columns, key=lambda column: first[column, row]):
        covered = list(spread)
        column, count = covered[0], len(own_columns.intersection(covered))
        lines = cells.get(cell, [])
        spanned = [other for other in range(len(grid.ys) - 1) if first[column, other] == cell]
        if len(spanned) > 1 and lines:
            own = [line for line in lines if (at := grid.place(grid.xs[column] + 0.1, _middle(line))) and at[1] == row]
            is_list = len(lines) == len(spanned) and len({_row_of(grid, line) for line in lines}) == len(lines)
            is_long = sum(len(fragment.text) for line in lines for fragment in line.fragments) > _REPEATED
            if is_list or is_long:
                lines = own if is_list else lines if row == spanned[0] else []
        found += [lines] * (count or bool(lines))
    return found


def _middle(line: Line) -> float:
    return line.y - _LOWERED_EM * line.size


def _row_of(grid: Grid, line: Line) -> int | None:
    place = grid.place(grid.xs[0] + 0.1, _middle(line))
    return place[1] if place else None


def _written(cells: list[list[Line]], grid: Grid, rows: int) -> list[list[Fragment]]:
    """The cells of the ruled row, or of the rows in it that no rules separate."""
    if not any(cells):
        return []
    if not _are_rows(cells, sceptical=grid.is_open or rows <= _ROWS):
        return [[_cell(lines, cells) for lines in cells]]
    lines = sorted(itertools.chain.from_iterable(cells), key=lambda line: line.y)
    groups: list[float] = []
    for line in lines:
        if not groups or line.y - groups[-1] > _SAME_LINE_EM * line.size:
            groups.append(line.y)
    split = [[[line for line in cell if _is_nearest(line, y, groups)] for cell in cells] for y in groups]
    return [[_cell(lines, row) for lines in row] for row in split]


def _is_nearest(line: Line, y: float, groups: list[float]) -> bool:
    return min(groups, key=lambda group: abs(group - line.y)) == y


def _are_rows(cells: list[list[Line]], *, sceptical: bool) -> bool:
    """Whether a ruled row has several rows: lines side by side, and numbers among them, which do not wrap.

    `sceptical`: the rules may mark only the table's head, so lines side by side everywhere are enough.
    """
    filled = [cell for cell in cells if cell]
    most = max(map(len, filled))
    if most < 2 or len(filled) < 2:
        return False
    for one, other in itertools.combinations([cell for cell in filled if len(cell) > 1], 2):
        numbers = all(map(_is_number, one)) or all(map(_is_number, other))
        if numbers and len(one) == len(other) and _side_by_side(one, other):
            return True
    longest = next(cell for cell in filled if len(cell) == most)
    return sceptical and min(map(len, filled)) > 1 and all(_side_by_side(longest, cell) for cell in filled)


def _side_by_side(cell: list[Line], other: list[Line]) -> bool:
    return all(any(abs(line.y - near.y) < _SAME_LINE_EM * line.size for near in cell) for line in other)


def _is_number(line: Line) -> bool:
    return all(map(_is_numeric, line.fragments))


def _is_numeric(fragment: Fragment) -> bool:
    return not is_prose(fragment.text) and any(map(str.isdigit, fragment.text))


def _without_signs(rows: list[list[Fragment]]) -> list[list[Fragment]]:
    """The rows without columns of nothing but signs: they belong to the numbers on their right or left."""
    width = max(map(len, rows), default=0)
    for column in range(width - 1, -1, -1):
        full = [row for row in rows if len(row) == width]
        texts = {row[column].text for row in full} - {""}
        for step, signs in ((1, _SIGNS_BEFORE), (-1, _SIGNS_AFTER)):
            if texts and texts <= signs and 0 <= column + step < width:
                for row in full:
                    sign, near = row.pop(column), row[column + step - (step > 0)]
                    if sign.text:
                        near.text = sign.text + near.text if step > 0 else near.text + sign.text
                width -= 1
                break
    return rows


def _fragment(grid: Grid, cells: list[Fragment]) -> Fragment:
    """The row, as wide as its table so that it finds its column of the page."""
    written = [cell for cell in cells if cell.text]
    return Fragment(
        " ".join(cell.text for cell in written),
        grid.xs[0],
        grid.xs[-1],
        min(cell.y for cell in written),
        median(cell.size for cell in written),
        all(cell.bold for cell in written),
        cells=tuple(cells),
    )


def _cell(lines: list[Line], row: list[list[Line]]) -> Fragment:
    """A cell's lines, separated by line breaks: whether they end in a hyphen or a syllable is decided later."""
    if not lines:
        near = next(line for cell in row for line in cell)
        return replace(near.fragments[0], text="", x1=near.x0, x0=near.x0, bold=True, mono=False, parts=())
    text = "\n".join(" ".join(line.cells) for line in lines)
    size = median(line.size for line in lines)
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    bold, rtl = all(line.bold for line in lines), lines[0].fragments[0].rtl
    return Fragment(text, left, right, lines[0].y, size, bold, rtl=rtl)
