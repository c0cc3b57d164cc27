"""Rules -> grids: where the rows and columns of ruled tables are, and which of their places are one cell."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kb.parsing.pdf.rules import Rule

_SAME_LINE = 1.0  # points between the two rules of neighbouring cells
_TOUCHING = 2.0
_SAME_SIDE = 3.0
_MOST_RULES = 1500
_MOST_COLUMNS, _MOST_ROWS = 60, 300
_COVERED = 0.6  # of a cell's side, by the rule that separates it from the next cell
_STACKED = 4  # minimum of rules one below the other that make rows without any upright rule

Place = tuple[int, int]  # column, row


@dataclass(slots=True)
class Grid:
    """`xs` and `ys` are the sides of columns and rows.

    `upright` has the places with a rule on their left side, `level` those with one above them. `is_open`: there are no
    upright rules, so the columns are not known.
    """

    xs: list[float]
    ys: list[float]
    upright: set[Place]
    level: set[Place]
    is_open: bool = False

    def place(self, x: float, y: float) -> Place | None:
        column, row = bisect_right(self.xs, x) - 1, bisect_right(self.ys, y) - 1
        return (column, row) if 0 <= column < len(self.xs) - 1 and 0 <= row < len(self.ys) - 1 else None

    def cells(self) -> dict[Place, Place]:
        """For each place, the first one of its cell, which may span several."""
        first: dict[Place, Place] = {}

        def find(place: Place) -> Place:
            while first.get(place, place) != place:
                place = first[place]
            return place

        for row in range(len(self.ys) - 1):
            for column in range(len(self.xs) - 1):
                place = column, row
                first.setdefault(place, place)
                if column and place not in self.upright:
                    first[find(place)] = find((column - 1, row))
                if row and place not in self.level:
                    one, other = find(place), find((column, row - 1))
                    first[max(one, other)] = min(one, other)
        return {place: find(place) for place in first}


def find(rules: Sequence[Rule]) -> list[Grid]:
    """The grids among the rules of a page turned for reading; those without upright rules have one column so far."""
    levels = _joined((rule.y0, rule.x0, rule.x1) for rule in rules if rule.is_level)
    uprights = _joined((rule.x0, rule.y0, rule.y1) for rule in rules if not rule.is_level)
    if len(levels) < 2 or len(levels) + len(uprights) > _MOST_RULES:
        return []
    grids: list[Grid] = []
    alone: list[_Line] = []
    for across, down in _connected(levels, uprights):
        if across and down and (grid := _grid(across, down)):
            grids.append(grid)
        elif not down:
            alone += across
    return grids + list(_stacks(alone))


_Line = tuple[float, float, float]  # where it stands, and its two ends


def _joined(lines: Iterable[_Line]) -> list[_Line]:
    """Pieces of one line put together."""
    bands: list[list[_Line]] = []
    for line in sorted(lines):
        if bands and line[0] - bands[-1][-1][0] <= _SAME_LINE:
            bands[-1].append(line)
        else:
            bands.append([line])
    found: list[_Line] = []
    for band in bands:
        at, begin, end = band[0][0], *min((one, other) for _, one, other in band)
        for _, one, other in sorted(band, key=lambda line: line[1]):
            if one > end + _TOUCHING:
                found.append((at, begin, end))
                begin = one
            end = max(end, other) if one <= end + _TOUCHING else other
        found.append((at, begin, end))
    return found


def _connected(levels: list[_Line], uprights: list[_Line]) -> Iterator[tuple[list[_Line], list[_Line]]]:
    """Groups of level and upright lines that touch one another."""
    places = [x for x, _, _ in uprights]
    parents = list(range(len(levels) + len(uprights)))

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    for index, (y, x0, x1) in enumerate(levels):
        for other in range(bisect_left(places, x0 - _TOUCHING), bisect_right(places, x1 + _TOUCHING)):
            if uprights[other][1] - _TOUCHING <= y <= uprights[other][2] + _TOUCHING:
                parents[root(len(levels) + other)] = root(index)
    groups: dict[int, tuple[list[_Line], list[_Line]]] = {}
    for index, line in enumerate([*levels, *uprights]):
        groups.setdefault(root(index), ([], []))[index >= len(levels)].append(line)
    yield from groups.values()


def _grid(levels: list[_Line], uprights: list[_Line]) -> Grid | None:
    xs = _places([x for x, _, _ in uprights], levels)
    ys = _places([y for y, _, _ in levels], uprights)
    if not 3 <= len(xs) <= _MOST_COLUMNS + 1 or not 3 <= len(ys) <= _MOST_ROWS + 1:
        return None
    return Grid(
        xs,
        ys,
        {(column, row) for column, row in _sides(uprights, xs, ys)},
        {(column, row) for row, column in _sides(levels, ys, xs)},
    )


def _places(lines: list[float], crossing: list[_Line]) -> list[float]:
    """The places of lines, and the ends of those that cross them: a table may be open at its sides."""
    found: list[float] = []
    ends = [min(one for _, one, _ in crossing), max(other for _, _, other in crossing)]
    for place in sorted([*lines, *ends]):
        if not found or place - found[-1] > _SAME_SIDE:
            found.append(place)
    return found


def _sides(lines: list[_Line], places: list[float], bands: list[float]) -> Iterator[tuple[int, int]]:
    """(index of its place, index of the band) of each side that a line covers."""
    for at, begin, end in lines:
        index = min(range(len(places)), key=lambda one: abs(places[one] - at))
        for band in range(max(0, bisect_right(bands, begin) - 1), min(len(bands) - 1, bisect_left(bands, end))):
            low, high = bands[band], bands[band + 1]
            if min(end, high) - max(begin, low) >= _COVERED * (high - low):
                yield index, band


def _stacks(levels: list[_Line]) -> Iterator[Grid]:
    """Rules of the same width, one below the other."""
    stacks: list[list[_Line]] = []
    for line in sorted(levels):
        for stack in stacks:
            if abs(stack[0][1] - line[1]) < _TOUCHING and abs(stack[0][2] - line[2]) < _TOUCHING:
                stack.append(line)
                break
        else:
            stacks.append([line])
    beside: dict[tuple[float, ...], list[_Line]] = {}  # rules that are interrupted between columns are one
    for stack in stacks:
        if _STACKED <= len(stack) <= _MOST_ROWS:
            beside.setdefault(tuple(y for y, _, _ in stack), []).extend(stack)
    for ys, lines in beside.items():
        xs = [min(x0 for _, x0, _ in lines), max(x1 for _, _, x1 in lines)]
        yield Grid(xs, list(ys), set(), {(0, row) for row in range(len(ys))}, is_open=True)
