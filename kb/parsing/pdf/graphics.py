"""Matrices and the text state of a content stream (ISO 32000-1, 8.3, 8.4 and 9.3)."""

import math
from dataclasses import dataclass

from kb.parsing.pdf.glyphs import Glyphs

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_LEVEL = 0.12  # the most a baseline may rise or fall, relative to its length


def times(m: Matrix, n: Matrix) -> Matrix:
    """The transformation that applies m, then n."""
    a, b, c, d, e, f = m
    g, h, i, j, k, l = n  # noqa: E741
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + l


@dataclass(slots=True)
class State:
    """The state that q saves and Q restores."""

    matrix: Matrix = IDENTITY
    glyphs: Glyphs | None = None
    size: float = 0.0
    character_gap: float = 0.0
    word_gap: float = 0.0
    stretch: float = 1.0
    leading: float = 0.0
    rise: float = 0.0

    def copy(self) -> "State":
        return State(
            self.matrix,
            self.glyphs,
            self.size,
            self.character_gap,
            self.word_gap,
            self.stretch,
            self.leading,
            self.rise,
        )


def slant(along: tuple[float, float], size: float, *, always: bool = False) -> int | None:
    """The angle in degrees, anticlockwise, of text in the direction `along`.

    None if it is level or upright, unless `always`. A little slant counts as level: text layers of scans are seldom
    straight.
    """
    a, b = along
    is_straight = min(abs(a), abs(b)) <= _LEVEL * max(abs(a), abs(b))
    if (is_straight and not always) or not math.isfinite(a + b):
        return None
    return round(math.degrees(math.atan2(b, a) if size > 0 else math.atan2(-b, -a)))


def reading(
    along: tuple[float, float], e: float, f: float, size: float, angle: int | None = None
) -> tuple[int, float, float, float]:
    """(quarter turns, x, y, scale along the text) of a run that begins at (e, f) in the direction `along`.

    Slanted text is turned by its `angle` instead, and has no quarter turns.
    """
    a, b = along if size > 0 else (-along[0], -along[1])
    scale = math.hypot(a, b)
    if angle is not None:
        cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        return 0, e * cosine + f * sine, e * sine - f * cosine, scale
    if abs(a) >= abs(b):
        return (0, e, -f, scale) if a >= 0 else (2, -e, f, scale)
    return (1, f, e, scale) if b > 0 else (3, -f, -e, scale)


def level(x: float, y: float, angle: int) -> tuple[float, float]:
    """The place on the page, as `reading` gives it for level text, of a point of text with that angle."""
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return x * cosine + y * sine, y * cosine - x * sine
