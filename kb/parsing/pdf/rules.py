"""Rules: the level and upright lines that a page draws, as borders of tables (ISO 32000-1, 8.5)."""

from typing import Any, NamedTuple

from kb.parsing.pdf.graphics import Matrix
from kb.parsing.pdf.objects import numbers

_MOST = 4000  # of a page: more are a drawing
_MOST_PIECES = 2000  # of a path
_THIN = 3.0  # points: a narrower filled rectangle is a rule
_STRAIGHT = 0.5  # points that the ends of a rule may differ by
_SHORTEST = 4.0  # points

Point = tuple[float, float]


class Rule(NamedTuple):
    """A line from (x0, y0) to (x1, y1), in points: level if y0 equals y1, or else upright. x0 <= x1 and y0 <= y1."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def is_level(self) -> bool:
        return self.y0 == self.y1

    def turned(self, turn: int) -> "Rule":
        """As on the page that is turned for reading, with y downwards, as runs with that `turn` are."""
        (a, b), (c, d) = (
            ((x, -y), (y, x), (-x, y), (-y, -x))[turn] for x, y in ((self.x0, self.y0), (self.x1, self.y1))
        )
        return Rule(min(a, c), min(b, d), max(a, c), max(b, d))


class Paths:
    """The path under construction, and the rules drawn so far. Coordinates of the page, y upwards."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self._pieces: list[tuple[bytes, list[Any]]] = []

    @property
    def is_full(self) -> bool:
        return len(self.rules) > _MOST

    def add(self, operator: bytes, operands: list[Any]) -> None:
        """m, l, h or re; anything else is a curve."""
        self._pieces.append((operator, operands))

    def drop(self, operands: list[Any]) -> None:
        """n: the path is not painted."""
        self._pieces.clear()

    def fill(self, matrix: Matrix) -> None:
        """Thin rectangles are rules; other areas are shades."""
        pieces, self._pieces = self._pieces, []
        for operator, operands in pieces[:_MOST_PIECES]:
            if operator == b"re" and (corners := _corners(operands, matrix)):
                xs, ys = [x for x, _ in corners], [y for _, y in corners]
                width, height = max(xs) - min(xs), max(ys) - min(ys)
                if min(width, height) < _THIN and _is_straight(corners):
                    x, y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
                    level = width > height
                    self._keep((min(xs), y) if level else (x, min(ys)), (max(xs), y) if level else (x, max(ys)))

    def stroke(self, matrix: Matrix) -> None:
        pieces, self._pieces = self._pieces, []
        begin = at = None
        for operator, operands in pieces[:_MOST_PIECES]:
            if operator == b"re":
                corners = _corners(operands, matrix) or []
                for one, other in zip(corners, [*corners[1:], *corners[:1]], strict=True):
                    self._keep(one, other)
            elif operator == b"h":
                self._keep(at, begin)
                at = begin
            else:
                point = _point(operands[-2:], matrix)
                if operator == b"l":
                    self._keep(at, point)
                elif operator == b"m":
                    begin = point
                at = point

    def _keep(self, one: Point | None, other: Point | None) -> None:
        if one is None or other is None:
            return
        (a, b), (c, d) = one, other
        width, height = abs(a - c), abs(b - d)
        if height <= _STRAIGHT and width >= _SHORTEST:
            self.rules.append(Rule(min(a, c), (b + d) / 2, max(a, c), (b + d) / 2))
        elif width <= _STRAIGHT and height >= _SHORTEST:
            self.rules.append(Rule((a + c) / 2, min(b, d), (a + c) / 2, max(b, d)))


def _point(operands: list[Any], matrix: Matrix) -> Point | None:
    values = numbers(operands, 2)
    if values is None:
        return None
    x, y = values
    a, b, c, d, e, f = matrix
    return x * a + y * c + e, x * b + y * d + f


def _corners(operands: list[Any], matrix: Matrix) -> list[Point] | None:
    """The corners of a rectangle, one after the other."""
    values = numbers(operands, 4)
    if values is None:
        return None
    x, y, width, height = values
    places = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    corners = [_point(list(place), matrix) for place in places]
    return [corner for corner in corners if corner is not None]


def _is_straight(corners: list[Point]) -> bool:
    (a, b), (c, d), *_ = corners
    return min(abs(a - c), abs(b - d)) <= _STRAIGHT
