"""Executes a page's content streams: its text, drawings inside drawings, layers and rules (ISO 32000-1, 8 and 9)."""

import logging
import re
from functools import partial
from typing import Any

from pypdf.generic import ArrayObject, ContentStream, DictionaryObject, IndirectObject

from kb.parsing.pdf.glyphs import Glyphs
from kb.parsing.pdf.graphics import Matrix, times
from kb.parsing.pdf.layers import Layers
from kb.parsing.pdf.marked import Marked
from kb.parsing.pdf.objects import DAMAGE, dictionary, numbers, resolved
from kb.parsing.pdf.pen import Operator, Pen
from kb.parsing.pdf.rules import Paths

logger = logging.getLogger(__name__)

_MAX_FORMS = 2000  # per page, because nested drawings multiply
_MAX_DEPTH = 20
_WORTH_READING = re.compile(rb"T[jJ]|Do|BI|'|\"")

Fonts = dict[object, Glyphs | None]


class Painter:
    """`fonts` caches the document's fonts. `pictures` is the area that pictures cover, in square points."""

    def __init__(self, pdf: Any, fonts: Fonts, layers: Layers) -> None:
        self._marked = Marked(layers)
        self.pen = Pen(self._marked)
        self.paths = Paths()
        self.pictures = 0.0
        self._pdf = pdf
        self._fonts = fonts
        self._layers = layers
        self._resources = DictionaryObject()
        self._forms_open: list[int] = []
        self._forms = 0
        self._operators: dict[bytes, Operator] = {
            **self.pen.operators(),
            b"Tf": self._font,
            b"Do": self._do,
            b"INLINE IMAGE": self._picture,
            b"BDC": self._begin_marked,
            b"BMC": self._begin_marked,
            b"EMC": self._end_marked,
            **{name: partial(self.paths.add, name) for name in (b"m", b"l", b"c", b"v", b"y", b"h", b"re")},
            **dict.fromkeys((b"S", b"s", b"B", b"B*", b"b", b"b*"), self._stroke),
            **dict.fromkeys((b"f", b"F", b"f*"), self._fill),
            b"n": self.paths.drop,
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

    def draw(self, form: DictionaryObject, placed: Matrix | None = None) -> None:
        """Reads the text of a drawing as far as possible: a damaged figure must not lose the page.

        `placed` is where an annotation's appearance stands, after the form's own matrix.
        """
        self._forms += 1
        if self._forms > _MAX_FORMS or len(self._forms_open) > _MAX_DEPTH:
            if self._forms == _MAX_FORMS + 1:
                logger.warning("a page has more than %d drawings; the rest are skipped", _MAX_FORMS)
            return
        outer, depth = self.pen.enter(), self._marked.depth
        self._forms_open.append(id(form))
        if placed is not None:
            self.pen.state.matrix = times(placed, self.pen.state.matrix)
        matrix = resolved(form.get("/Matrix"))
        if isinstance(matrix, ArrayObject):
            self.pen.transform(list(matrix))
        resources = self._resources
        try:
            own = resolved(form.get("/Resources"))
            self.paint(form, own if isinstance(own, DictionaryObject) else resources)
        except DAMAGE as error:
            logger.warning("a drawing cannot be read: %s: %s", type(error).__name__, error)
        finally:
            while self._marked.depth > depth:
                self._end_marked([])
            self._resources = resources
            self._forms_open.pop()
            self.pen.leave(outer)

    def _font(self, operands: list[Any]) -> None:
        if len(operands) >= 2 and (size := numbers(operands[1:], 1)):
            self.pen.state.size = size[0]
            self.pen.state.glyphs = self._find_font(operands[0])

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

    def _do(self, operands: list[Any]) -> None:
        named = dictionary(self._resources.get("/XObject"))
        drawing = resolved(named.get(operands[0])) if operands else None
        if not isinstance(drawing, DictionaryObject) or self._marked.hidden:
            return
        if "/OC" in drawing and not self._layers.is_shown(drawing.get("/OC")):
            return
        if drawing.get("/Subtype") == "/Image":
            self._picture(operands)
        elif drawing.get("/Subtype") == "/Form" and id(drawing) not in self._forms_open:
            self.draw(drawing)

    def _picture(self, operands: Any) -> None:
        a, b, c, d, _, _ = self.pen.state.matrix  # a picture fills the unit square
        self.pictures += abs(a * d - b * c)

    def _begin_marked(self, operands: list[Any]) -> None:
        self._marked.begin(operands, self._resources)

    def _end_marked(self, operands: list[Any]) -> None:
        if written := self._marked.end():
            self.pen.write(*written)

    def _stroke(self, operands: list[Any]) -> None:
        self.paths.stroke(self.pen.state.matrix)
        self._check_paths()

    def _fill(self, operands: list[Any]) -> None:
        self.paths.fill(self.pen.state.matrix)
        self._check_paths()

    def _check_paths(self) -> None:
        """Stops following a drawing of so many lines that they are no borders."""
        if self.paths.is_full:
            for name in (b"m", b"l", b"c", b"v", b"y", b"h", b"re", b"S", b"s", b"B", b"B*", b"b", b"b*", b"f", b"F"):
                self._operators.pop(name, None)
