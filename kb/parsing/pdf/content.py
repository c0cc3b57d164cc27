"""Reads a page's content stream into runs of text with position, size and weight (ISO 32000-1, 9.4)."""

import logging
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pypdf import PageObject
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, ContentStream, DictionaryObject, IndirectObject

from kb.parsing.errors import FAULTS
from kb.parsing.pdf.glyphs import Glyphs
from kb.parsing.pdf.graphics import IDENTITY, Matrix, State, reading, times
from kb.parsing.pdf.objects import dictionary, numbers, resolved

logger = logging.getLogger(__name__)

DAMAGE = (PyPdfError, *FAULTS)  # pypdf's documentation: "broken PDF files might cause other Exceptions"

_MAX_FORMS = 2000  # per page, because nested drawings multiply
_MAX_DEPTH = 20
_CELL_EM = 1.2  # a gap inside one string that separates cells
_SAME_RUN_EM = 0.5
WORD_EM = 0.13  # minimum gap between two words
_WIDE_BLANKS = re.compile(r" {3,}")
_WORTH_READING = re.compile(rb"T[jJ]|Do|BI|'|\"")
_LETTER_PAPER = (0.0, 0.0, 612.0, 792.0)  # what viewers assume for a page without a size

Box = tuple[float, float, float, float]  # left, bottom, right, top


@dataclass(slots=True)
class Run:
    """Text on one baseline. Coordinates in points, with the page turned for reading: x along the text, y downwards."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    turn: int  # anticlockwise quarter turns of the text on the page
    mono: bool = False  # in a typewriter face, as code is


@dataclass(slots=True)
class Content:
    runs: list[Run]
    box: Box  # the visible part of the page
    pictures: float  # share of the page covered by pictures


Fonts = dict[object, Glyphs | None]


def read(page: PageObject, fonts: Fonts) -> Content:
    """All visible text of the page. `fonts` caches the document's fonts. Raises DAMAGE.

    Text outside the visible part is for printers: crop marks, file names, line numbers.
    """
    box = _box(page)
    painter = _Painter(page.pdf, fonts)
    painter.paint(page.get("/Contents"), dictionary(page.get_inherited("/Resources", None)))
    area = (box[2] - box[0]) * (box[3] - box[1])
    runs = [run for run in painter.runs if _is_inside(run, box)]
    return Content(runs, box, painter.pictures / area if area > 0 else 0.0)


def _box(page: PageObject) -> Box:
    """The visible part of the page: ISO 32000-2, 14.11.2."""
    whole = _rectangle(page, "/MediaBox") or _LETTER_PAPER
    shown = _rectangle(page, "/CropBox") or whole
    both = max(whole[0], shown[0]), max(whole[1], shown[1]), min(whole[2], shown[2]), min(whole[3], shown[3])
    return both if both[0] < both[2] and both[1] < both[3] else whole


def _rectangle(page: PageObject, name: str) -> Box | None:
    sides = resolved(page.get_inherited(name, None))
    found = numbers(list(sides), 4) if isinstance(sides, ArrayObject) else None
    if found is None:
        return None
    a, b, c, d = found
    return min(a, c), min(b, d), max(a, c), max(b, d)


def _is_inside(run: Run, box: Box) -> bool:
    """Whether the letters' vertical middle and some part of the line are inside."""
    x0, y0, x1, y1 = box
    left, top, right, bottom = ((x0, -y1, x1, -y0), (y0, x0, y1, x1), (-x1, y0, -x0, y1), (-y1, -x1, -y0, -x0))[
        run.turn
    ]
    return run.x0 < right and left < run.x1 and top < run.y - run.size / 3 < bottom


class _Painter:
    def __init__(self, pdf: Any, fonts: Fonts) -> None:
        self.runs: list[Run] = []
        self.pictures = 0.0
        self._pdf = pdf
        self._fonts = fonts
        self._resources = DictionaryObject()
        self._state = State()
        self._saved: list[State] = []
        self._text: Matrix = IDENTITY
        self._line: Matrix = IDENTITY
        self._forms_open: list[int] = []
        self._forms = 0
        self._operators: dict[bytes, Callable[[list[Any]], None]] = {
            b"Tj": self._show,
            b"TJ": self._show_array,
            b"'": self._next_line_show,
            b'"': self._next_line_spaced_show,
            b"Td": self._move,
            b"TD": self._move_leading,
            b"Tm": self._set_matrix,
            b"T*": self._next_line,
            b"Tf": self._font,
            b"BT": self._begin,
            b"q": self._save,
            b"Q": self._restore,
            b"cm": self._transform,
            b"Do": self._do,
            b"INLINE IMAGE": self._picture,
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

    def paint(self, stream: Any, resources: DictionaryObject) -> None:
        """Executes the operators of a page or form."""
        content = None if stream is None else ContentStream(stream, self._pdf, "bytes")
        if content is None or not _WORTH_READING.search(content.get_data()):
            return
        outer, self._resources = self._resources, resources
        find = self._operators.get
        for operands, operator in content.operations:
            act = find(operator)
            if act is not None:
                act(operands)
        self._resources = outer

    def _setter(self, field: str) -> Callable[[list[Any]], None]:
        def set_field(operands: list[Any]) -> None:
            if values := numbers(operands, 1):
                setattr(self._state, field, values[0] / 100 if field == "stretch" else values[0])

        return set_field

    def _save(self, operands: list[Any]) -> None:
        self._saved.append(self._state.copy())

    def _restore(self, operands: list[Any]) -> None:
        if self._saved:
            self._state = self._saved.pop()

    def _transform(self, operands: list[Any]) -> None:
        if values := numbers(operands, 6):
            a, b, c, d, e, f = values
            self._state.matrix = times((a, b, c, d, e, f), self._state.matrix)

    def _begin(self, operands: list[Any]) -> None:
        self._text = self._line = IDENTITY

    def _move(self, operands: list[Any]) -> None:
        if values := numbers(operands, 2):
            x, y = values
            a, b, c, d, e, f = self._line
            self._text = self._line = (a, b, c, d, x * a + y * c + e, x * b + y * d + f)

    def _move_leading(self, operands: list[Any]) -> None:
        if values := numbers(operands, 2):
            self._state.leading = -values[1]
            self._move(operands)

    def _next_line(self, operands: list[Any]) -> None:
        self._move([0.0, -self._state.leading])

    def _set_matrix(self, operands: list[Any]) -> None:
        if values := numbers(operands, 6):
            a, b, c, d, e, f = values
            self._text = self._line = (a, b, c, d, e, f)

    def _font(self, operands: list[Any]) -> None:
        if len(operands) >= 2 and (size := numbers(operands[1:], 1)):
            self._state.size = size[0]
            self._state.glyphs = self._find_font(operands[0])

    def _find_font(self, name: Any) -> Glyphs | None:
        named = dictionary(self._resources.get("/Font"))
        reference = named.raw_get(name) if name in named else None
        resource = resolved(reference)
        if not isinstance(resource, DictionaryObject):
            return None
        key = (reference.idnum, reference.generation) if isinstance(reference, IndirectObject) else id(resource)
        if key not in self._fonts:
            try:
                self._fonts[key] = Glyphs(resource)
            except DAMAGE as error:
                logger.warning("a font cannot be read: %s: %s", type(error).__name__, error)
                self._fonts[key] = None
        return self._fonts[key]

    def _next_line_show(self, operands: list[Any]) -> None:
        self._next_line([])
        self._show(operands)

    def _next_line_spaced_show(self, operands: list[Any]) -> None:
        if values := numbers(operands, 2):
            self._state.word_gap, self._state.character_gap = values
            self._next_line([])
            self._show(operands[2:])

    def _show(self, operands: list[Any]) -> None:
        self._show_items(operands[:1])

    def _show_array(self, operands: list[Any]) -> None:
        if operands and isinstance(operands[0], ArrayObject):
            self._show_items(operands[0])

    def _show_items(self, items: list[Any]) -> None:
        """`items` are strings, and numbers that move the pen back by thousandths of an em."""
        state = self._state
        glyphs, size, stretch = state.glyphs, state.size, state.stretch
        if glyphs is None or not size:
            return
        character_gap = state.character_gap
        if character_gap > _CELL_EM * size and glyphs.one_byte:
            items, character_gap = _split_letters(items, character_gap / size), 0.0
        parts: list[str] = []
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
                elif em > WORD_EM and parts and parts[-1][-1:] != " ":
                    parts.append(" ")
                pen += em * size * stretch
        self._add("".join(parts), start, pen)
        a, b, c, d, e, f = self._text
        x, y = (0.0, -pen) if glyphs.vertical else (pen, 0.0)
        self._text = (a, b, c, d, x * a + y * c + e, x * b + y * d + f)

    def _add(self, text: str, start: float, end: float) -> None:
        """Adds a run from `start` to `end` along the text's axis."""
        stripped = text.strip()
        state = self._state
        glyphs = state.glyphs
        if not stripped or glyphs is None:
            return
        a, b, c, d, e, f = times(self._text, state.matrix)
        e, f = e + state.rise * c, f + state.rise * d
        size = abs(state.size) * math.hypot(c, d)
        along = (-c, -d) if glyphs.vertical else (a, b)
        turn, x, y, scale = reading(along, e, f, state.size)
        if not (math.isfinite(x) and math.isfinite(y) and math.isfinite(size) and math.isfinite(scale * (end - start))):
            return
        x0, x1 = x + abs(start) * scale, x + abs(end) * scale
        if len(stripped) < len(text):
            each = (x1 - x0) / len(text) * 0.6  # a space is narrower than most letters
            x0 += each * (len(text) - len(text.lstrip()))
            x1 -= each * (len(text) - len(text.rstrip()))
        if "   " not in stripped:
            self._continue(Run(stripped, x0, x1, y, size, glyphs.bold, turn, glyphs.mono))
            return
        each, at = (x1 - x0) / len(stripped), 0
        for blanks in _WIDE_BLANKS.finditer(stripped + "   "):
            if fragment := stripped[at : blanks.start()]:
                left = x0 + each * at
                right = left + each * len(fragment)
                self.runs.append(Run(fragment, left, right, y, size, glyphs.bold, turn, glyphs.mono))
            at = blanks.end()

    def _continue(self, run: Run) -> None:
        """Appends the run to the previous one if it continues it: many programs place each letter separately."""
        last = self.runs[-1] if self.runs else None
        if last is not None and _has_same_style(last, run):
            gap = (run.x0 - last.x1) / run.size if run.size else _CELL_EM
            if abs(run.y - last.y) < 0.05 * run.size and -0.1 < gap < _SAME_RUN_EM and run.x1 > last.x1:
                last.text += f" {run.text}" if gap > WORD_EM else run.text
                last.x1 = run.x1
                return
        self.runs.append(run)

    def _do(self, operands: list[Any]) -> None:
        named = dictionary(self._resources.get("/XObject"))
        drawing = resolved(named.get(operands[0])) if operands else None
        if not isinstance(drawing, DictionaryObject):
            return
        if drawing.get("/Subtype") == "/Image":
            self._picture(operands)
        elif drawing.get("/Subtype") == "/Form" and id(drawing) not in self._forms_open:
            self._draw_form(drawing)

    def _draw_form(self, form: DictionaryObject) -> None:
        """Reads the text of a drawing as far as possible: a damaged figure must not lose the page."""
        self._forms += 1
        if self._forms > _MAX_FORMS or len(self._forms_open) > _MAX_DEPTH:
            if self._forms == _MAX_FORMS + 1:
                logger.warning("a page has more than %d drawings; the rest are skipped", _MAX_FORMS)
            return
        outer = (self._state, self._saved, self._text, self._line)
        self._state, self._saved = self._state.copy(), []
        self._forms_open.append(id(form))
        matrix = resolved(form.get("/Matrix"))
        if isinstance(matrix, ArrayObject):
            self._transform(list(matrix))
        resources = self._resources
        try:
            own = resolved(form.get("/Resources"))
            self.paint(form, own if isinstance(own, DictionaryObject) else resources)
        except DAMAGE as error:
            logger.warning("a drawing cannot be read: %s: %s", type(error).__name__, error)
        finally:
            self._resources = resources
            self._forms_open.pop()
            self._state, self._saved, self._text, self._line = outer

    def _picture(self, operands: Any) -> None:
        a, b, c, d, _, _ = self._state.matrix  # a picture fills the unit square
        self.pictures += abs(a * d - b * c)


def _has_same_style(one: Run, other: Run) -> bool:
    styles = (one.turn, one.bold, one.mono) == (other.turn, other.bold, other.mono)
    return styles and abs(one.size - other.size) < 0.1


def _split_letters(items: list[Any], em: float) -> list[Any]:
    """Splits strings whose wide character gap makes each letter a table cell; the gap follows each letter."""
    found: list[Any] = []
    for item in items:
        if isinstance(item, bytes):
            found += [part for code in item for part in (bytes([code]), -1000 * em)]
        else:
            found.append(item)
    return found
