"""The text and width of a string's bytes in a font."""

import re
from typing import Any

from fontTools import agl
from pypdf.generic import DictionaryObject
from pypdf.generic._font import Font

from kb.parsing.pdf.character_collections import characters
from kb.parsing.pdf.scripts import has_rtl, logical

UNKNOWN = "\ufffd"  # a glyph without a known character

_BOLD_NAME = re.compile(
    r"bold|black|heavy|demi|medi(?!um)|simhei|heiti|\bfz[a-z]{0,2}h[tj]|[-,]bd\b|cmbx", re.IGNORECASE
)
_MONO_NAME = re.compile(
    r"mono(?!type)|courier|typewriter|consolas|menlo|inconsolata|cm(?:sl|it)?tt|nimbusmonl", re.IGNORECASE
)
_FORCE_BOLD = 1 << 18  # of a font descriptor's flags: ISO 32000-1, table 123


class Glyphs:
    """A font. `one_byte`: each byte is one character."""

    def __init__(self, resource: DictionaryObject) -> None:
        font = Font.from_font_resource(resource)
        name = str(resource.get("/BaseFont", font.name))
        self.bold = bool(_BOLD_NAME.search(name)) or bool(font.font_descriptor.flags & _FORCE_BOLD)
        self.mono = bool(_MONO_NAME.search(name))
        self.vertical = str(resource.get("/Encoding")).endswith("-V")
        self._codec = font.encoding if isinstance(font.encoding, str) else None
        self.one_byte = self._codec is None
        self._texts = _Texts(font, characters(resource))
        self._widths = _Widths(font)

    def read(self, raw: bytes) -> tuple[str, float, int]:
        """The text, its width in em, and its number of glyphs."""
        codes: Any = raw if self._codec is None else _decoded(raw, self._codec)
        text = "".join(map(self._texts.__getitem__, codes))
        width = float(len(codes)) if self.vertical else sum(map(self._widths.__getitem__, codes))
        return text, width, len(codes)


def _decoded(raw: bytes, codec: str) -> str:
    try:
        return raw.decode(codec, "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode(codec, "replace")  # half a character at the end


class _Texts(dict[int | str, str]):
    """Text by code: a byte of a simple font, a character of a composite one."""

    def __init__(self, font: Font, numbered: dict[str, str]) -> None:
        self._font = font
        self._characters = numbered or font.character_map

    def __missing__(self, code: int | str) -> str:
        raw = self._font.encoding.get(code, chr(code)) if isinstance(code, int) else code  # type: ignore[union-attr]
        text = str(self._characters[raw]) if raw in self._characters else _named(raw)
        if len(text) > 1 and has_rtl(text):
            text = logical(text)  # reversed to visual order, like all text of a page
        self[code] = text = text.replace("\0", " ")  # some fonts map their space to NUL
        return text


def _named(raw: str) -> str:
    """`raw`, or the letters of a glyph name such as /f_i. A private name such as /g936 gives UNKNOWN."""
    return agl.toUnicode(raw[1:]) or UNKNOWN if len(raw) > 1 and raw[0] == "/" else raw


class _Widths(dict[int | str, float]):
    """Width in em by code."""

    def __init__(self, font: Font) -> None:
        self._font = font

    def __missing__(self, code: int | str) -> float:
        raw = chr(code) if isinstance(code, int) else code
        width = self._font.character_widths.get(raw, self._font.character_widths["default"])
        if not width and raw == self._font.space_char:
            width = self._font.space_width
        em = self[code] = float(width) / 1000
        return em
