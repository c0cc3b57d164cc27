"""Shows text: where each string of a content stream stands on the page (ISO 32000-1, 9.4)."""

import math
import re
from collections.abc import Callable
from typing import Any

from pypdf.generic import ArrayObject

from kb.parsing.pdf.graphics import IDENTITY, Matrix, State, reading, slant, times
from kb.parsing.pdf.marked import Marked
from kb.parsing.pdf.objects import numbers
from kb.parsing.pdf.runs import LETTERS_APART, WORD_EM, Run, add, spelled_apart

Operator = Callable[[list[Any]], None]

_CELL_EM = 1.2  # a gap inside one string that separates cells
_FEW_LETTERS = 7  # fewest items of an array that may be one letter-spaced word: letters and the gaps between them
_WIDE_BLANKS = re.compile(r" {3,}")


class Pen:
    """The graphics state, the place of the next letter, and the runs written so far.

    `slanted` has watermarks, and the runs that are neither level nor upright, by their angle in degrees, anticlockwise.
    """

    def __init__(self, marked: Marked) -> None:
        self.runs: list[Run] = []
        self.slanted: dict[int, list[Run]] = {}
        self.state = State()
        self.saved: list[State] = []
        self._marked = marked
        self._text: Matrix = IDENTITY
        self._line: Matrix = IDENTITY

    def operators(self) -> dict[bytes, Operator]:
        return {
            b"Tj": self._show,
            b"TJ": self._show_array,
            b"'": self._next_line_show,
            b'"': self._next_line_spaced_show,
            b"Td": self._move,
            b"TD": self._move_leading,
            b"Tm": self._set_matrix,
            b"T*": self._next_line,
            b"BT": self._begin,
            b"q": self._save,
            b"Q": self._restore,
            b"cm": self.transform,
            **{
                name: self._setter(field)
                for name, field in (
                    (b"Tc", "character_gap"),
                    (b"Tw", "word_gap"),
                    (b"Tz", "stretch"),
                    (b"TL", "leading"),
                    (b"Ts", "rise"),
                )
            },
        }

    def write(self, run: Run, angle: int | None = None) -> None:
        """Adds a run; `angle` if it is slanted."""
        add(self.runs if angle is None else self.slanted.setdefault(angle, []), run)

    def enter(self) -> tuple[State, list[State], Matrix, Matrix]:
        """Begins a drawing inside the page. The result, given to `leave`, restores the state."""
        outer = (self.state, self.saved, self._text, self._line)
        self.state, self.saved = self.state.copy(), []
        return outer

    def leave(self, outer: tuple[State, list[State], Matrix, Matrix]) -> None:
        self.state, self.saved, self._text, self._line = outer

    def _setter(self, field: str) -> Operator:
        def set_field(operands: list[Any]) -> None:
            if values := numbers(operands, 1):
                setattr(self.state, field, values[0] / 100 if field == "stretch" else values[0])

        return set_field

    def _save(self, operands: list[Any]) -> None:
        self.saved.append(self.state.copy())

    def _restore(self, operands: list[Any]) -> None:
        if self.saved:
            self.state = self.saved.pop()

    def transform(self, operands: list[Any]) -> None:
        if values := numbers(operands, 6):
            a, b, c, d, e, f = values
            self.state.matrix = times((a, b, c, d, e, f), self.state.matrix)

    def _begin(self, operands: list[Any]) -> None:
        self._text = self._line = IDENTITY

    def _move(self, operands: list[Any]) -> None:
        if values := numbers(operands, 2):
            x, y = values
            a, b, c, d, e, f = self._line
            self._text = self._line = (a, b, c, d, x * a + y * c + e, x * b + y * d + f)

    def _move_leading(self, operands: list[Any]) -> None:
        if values := numbers(operands, 2):
            self.state.leading = -values[1]
            self._move(operands)

    def _next_line(self, operands: list[Any]) -> None:
        self._move([0.0, -self.state.leading])

    def _set_matrix(self, operands: list[Any]) -> None:
        if values := numbers(operands, 6):
            a, b, c, d, e, f = values
            self._text = self._line = (a, b, c, d, e, f)

    def _next_line_show(self, operands: list[Any]) -> None:
        self._next_line([])
        self._show(operands)

    def _next_line_spaced_show(self, operands: list[Any]) -> None:
        if values := numbers(operands, 2):
            self.state.word_gap, self.state.character_gap = values
            self._next_line([])
            self._show(operands[2:])

    def _show(self, operands: list[Any]) -> None:
        self._show_items(operands[:1])

    def _show_array(self, operands: list[Any]) -> None:
        if operands and isinstance(operands[0], ArrayObject):
            self._show_items(operands[0])

    def _show_items(self, items: list[Any]) -> None:
        """`items` are strings, and numbers that move the pen back by thousandths of an em."""
        state = self.state
        glyphs, size, stretch = state.glyphs, state.size, state.stretch
        if glyphs is None or not size:
            return
        character_gap = state.character_gap
        if character_gap > _CELL_EM * size and glyphs.one_byte:
            items, character_gap = _split_letters(items, character_gap / size), 0.0
        parts: list[str] = []
        word_em = WORD_EM if len(items) < _FEW_LETTERS else _word_em(items)
        start = pen = 0.0
        for item in items:
            if isinstance(item, bytes):
                text, width, count = glyphs.read(item)
                gaps = character_gap * count
                if state.word_gap:
                    gaps += state.word_gap * text.count(" ")
                pen += (width * size + gaps) * stretch
                parts.append(text)
            elif isinstance(item, (int, float)):
                em = -float(item) / 1000
                if em > _CELL_EM or not parts:
                    self._add("".join(parts), start, pen)
                    parts, start = [], pen + em * size * stretch
                elif em > word_em and parts and parts[-1][-1:] != " ":
                    parts.append(" ")
                pen += em * size * stretch
        self._add("".join(parts), start, pen)
        a, b, c, d, e, f = self._text
        x, y = (0.0, -pen) if glyphs.vertical else (pen, 0.0)
        self._text = (a, b, c, d, x * a + y * c + e, x * b + y * d + f)

    def _add(self, text: str, start: float, end: float) -> None:
        """Adds a run from `start` to `end` along the text's axis."""
        stripped = text.strip()
        if stripped[1:2] == " ":
            stripped = spelled_apart(stripped)
        state = self.state
        glyphs = state.glyphs
        marked = self._marked
        if glyphs is None or marked.hidden or (not stripped and marked.actual is None):
            return
        a, b, c, d, e, f = times(self._text, state.matrix)
        e, f = e + state.rise * c, f + state.rise * d
        size = abs(state.size) * math.hypot(c, d)
        along = (-c, -d) if glyphs.vertical else (a, b)
        is_level = (not along[0] or not along[1]) and not marked.watermark
        angle = None if is_level else slant(along, state.size, always=marked.watermark > 0)
        turn, x, y, scale = reading(along, e, f, state.size, angle)
        if not (math.isfinite(x) and math.isfinite(y) and math.isfinite(size) and math.isfinite(scale * (end - start))):
            return
        x0, x1 = x + abs(start) * scale, x + abs(end) * scale
        if marked.actual is not None:
            marked.cover(Run(stripped, x0, x1, y, size, glyphs.bold, turn, glyphs.mono), angle)
            return
        if text[:1] == " " or text[-1:] == " ":
            each = (x1 - x0) / len(text) * 0.6  # a space is narrower than most letters
            x0 += each * (len(text) - len(text.lstrip()))
            x1 -= each * (len(text) - len(text.rstrip()))
        if "   " not in stripped:
            self.write(Run(stripped, x0, x1, y, size, glyphs.bold, turn, glyphs.mono), angle)
            return
        each, at = (x1 - x0) / len(stripped), 0
        for blanks in _WIDE_BLANKS.finditer(stripped + "   "):
            if fragment := stripped[at : blanks.start()]:
                left = x0 + each * at
                right = left + each * len(fragment)
                self.write(Run(fragment, left, right, y, size, glyphs.bold, turn, glyphs.mono), angle)
            at = blanks.end()


def _word_em(items: list[Any]) -> float:
    """The minimum gap between words, which is larger in an array whose letters are all set apart."""
    if any(len(item) > 2 for item in items if isinstance(item, bytes)):
        return WORD_EM
    gaps = sorted(-float(item) / 1000 for item in items if isinstance(item, (int, float)))
    if 2 * len(gaps) < len(items) - 1:
        return WORD_EM
    return max(WORD_EM, LETTERS_APART * gaps[len(gaps) // 4])


def _split_letters(items: list[Any], em: float) -> list[Any]:
    """Splits strings whose wide character gap makes each letter a table cell; the gap follows each letter."""
    found: list[Any] = []
    for item in items:
        if isinstance(item, bytes):
            found += [part for code in item for part in (bytes([code]), -1000 * em)]
        else:
            found.append(item)
    return found
