"""Marked content: layers that are switched off, and replacement text (ISO 32000-1, 14.6 and 14.9.4)."""

import unicodedata
from dataclasses import replace
from typing import Any

from pypdf.generic import DictionaryObject, NameObject, create_string_object

from kb.parsing.pdf.layers import Layers
from kb.parsing.pdf.objects import dictionary, resolved
from kb.parsing.pdf.runs import Run
from kb.parsing.pdf.scripts import has_rtl, logical

_MAX_DEPTH = 1000


class Marked:
    """The sections of marked content that are open. What is drawn is left out while `hidden`.

    While `actual` is a text, what is drawn only tells its place; characters for private use are no such text.
    `watermark`: it is laid over or under the text.
    """

    def __init__(self, layers: Layers) -> None:
        self.hidden = self.watermark = 0
        self.actual: str | None = None
        self._layers = layers
        self._open: list[tuple[bool, bool, bool]] = []  # of each section: hides, is a watermark, has the actual text
        self._covered: Run | None = None
        self._angle: int | None = None

    @property
    def depth(self) -> int:
        return len(self._open)

    def begin(self, operands: list[Any], resources: DictionaryObject) -> None:
        """BMC or BDC."""
        tag = operands[0] if operands else None
        given = operands[1] if len(operands) > 1 else None
        hides = overlays = replaces = False
        if given is not None and len(self._open) < _MAX_DEPTH:
            is_named = isinstance(given, NameObject)
            properties = dictionary(dictionary(resources.get("/Properties")).get(given) if is_named else given)
            hides = tag == "/OC" and not self._layers.is_shown(properties)
            overlays = tag == "/Artifact" and properties.get("/Subtype") == "/Watermark"
            text = resolved(properties.get("/ActualText")) if self.actual is None else None
            if isinstance(text, bytes):  # so are the strings of a content stream
                text = create_string_object(text)
            if isinstance(text, str) and not any(unicodedata.category(character) == "Co" for character in text):
                replaces, self.actual = True, text
        self.hidden += hides
        self.watermark += overlays
        self._open.append((hides, overlays, replaces))

    def end(self) -> tuple[Run, int | None] | None:
        """EMC: the run, and its angle if it is slanted, whose replacement text is complete now."""
        if not self._open:
            return None
        hides, overlays, replaces = self._open.pop()
        self.hidden -= hides
        self.watermark -= overlays
        if not replaces:
            return None
        text, covered = self.actual or "", self._covered
        self.actual = self._covered = None
        text = " ".join(text.split())
        if covered is None or not text:
            return None
        # Text on a page is in visual order until its line is complete.
        return replace(covered, text=logical(text) if has_rtl(text) else text), self._angle

    def cover(self, run: Run, angle: int | None) -> None:
        """`run` is drawn in place of the actual text."""
        if self._covered is None:
            self._covered, self._angle = run, angle
        elif angle == self._angle and run.turn == self._covered.turn and abs(run.y - self._covered.y) < run.size / 2:
            self._covered.x0 = min(self._covered.x0, run.x0)
            self._covered.x1 = max(self._covered.x1, run.x1)
