"""Unicode for characters of symbol fonts, by font and code. ECMA-376-1, 17.3.3.30 (w:sym), and text in such a font.

The codes are those of Adobe's Symbol encoding, and of Wingdings and its relatives as far as texts use them.
"""

_PRIVATE = 0xF000  # where Word maps the codes of such a font
_GREEK = dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True)) | dict(
    zip(range(0x61, 0x7B), "αβχδεφγηιϕκλ\u00b5νοπθρστυϖωξψζ", strict=True)
)
_SYMBOL = (
    {code: chr(code) for code in range(0x20, 0x7F)}
    | _GREEK
    | {0x22: "∀", 0x24: "∃", 0x27: "∋", 0x2A: "∗", 0x2D: "−", 0x40: "≅", 0x5C: "∴", 0x5E: "⊥", 0x60: "‾", 0x7E: "∼"}
    | dict(zip(range(0xA0, 0xB0), "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓", strict=True))
    | dict(zip(range(0xB0, 0xC0), "°±″≥×∝∂•÷≠≡≈…⏐—↵", strict=True))
    | dict(zip(range(0xC0, 0xD0), "ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉", strict=True))
    | dict(zip(range(0xD0, 0xE0), "∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓", strict=True))
    | dict(zip(range(0xE0, 0xF0), "◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪", strict=True))
    | dict(zip(range(0xF1, 0xFF), "〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭", strict=True))
)
_WINGDINGS = (
    {0x20: " ", 0x22: "✂", 0x28: "☎", 0x2A: "✉", 0x3F: "✍", 0x41: "✌", 0x46: "☞", 0x4A: "☺", 0x4C: "☹", 0x4E: "☠"}
    | {0x51: "✈", 0x52: "☼", 0x54: "❄", 0x58: "✠", 0x5B: "☯", 0x5D: "☸", 0x6C: "●", 0x6D: "❍", 0x6E: "■", 0x6F: "☐"}
    | {0x70: "◻", 0x71: "❑", 0x72: "❒", 0x73: "⬧", 0x74: "⧫", 0x75: "◆", 0x76: "❖", 0x77: "⬥", 0x78: "☒", 0x7A: "⌘"}
    | {0x7D: "“", 0x7E: "”", 0x80: "⓪", 0x8B: "⓿", 0x9E: "·", 0x9F: "•", 0xA0: "▪", 0xA1: "○", 0xA4: "◉", 0xA7: "▪"}
    | dict(zip(range(0x81, 0x8B), "①②③④⑤⑥⑦⑧⑨⑩", strict=True))
    | dict(zip(range(0x8C, 0x96), "❶❷❸❹❺❻❼❽❾❿", strict=True))
    | {0xA8: "☐", 0xAB: "★", 0xAF: "✴", 0xB2: "✧", 0xD5: "⌫", 0xD6: "⌦", 0xD8: "➢", 0xE8: "➔", 0xF0: "⇨"}
    | dict(zip(range(0xDF, 0xE7), "←→↑↓↖↗↙↘", strict=True))
    | dict(zip(range(0xEF, 0xF5), "⇦⇨⇧⇩⬄⇳", strict=True))
    | {0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑"}
)
_WINGDINGS_2 = {0x20: " ", 0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x55: "⮽", 0x97: "●"} | {
    **{0x98: "●", 0x9E: "•", 0xA3: "☐", 0xA6: "☐", 0xAE: "◆", 0xEA: "★", 0xF5: "⁂", 0x4E: "✗", 0x41: "✓"}
}
_WEBDINGS = {
    0x20: " ",
    0x33: "◀",
    0x34: "▶",
    0x35: "▲",
    0x36: "▼",
    0x3C: "■",
    0x61: "✓",
    0x63: "☐",
    0x6E: "●",
    0x72: "✗",
}
_WINGDINGS_3 = {0x20: " "} | dict(zip(range(0x66, 0x6E), "←→↑↓↖↗↙↘", strict=True)) | {0x7D: "▶", 0x76: "◀", 0x70: "▲"}
_FONTS = {
    "symbol": _SYMBOL,
    "symbolmt": _SYMBOL,
    "symbol mt": _SYMBOL,
    "wingdings": _WINGDINGS,
    "wingdings 2": _WINGDINGS_2,
    "wingdings 3": _WINGDINGS_3,
    "webdings": _WEBDINGS,
}


def symbol(font: str | None, hexadecimal: str | None) -> str:
    """The character for a code (hexadecimal) of the font; "" for a pictogram without an equivalent."""
    try:
        code = int(hexadecimal or "", 16)
    except ValueError:
        return ""
    if _PRIVATE <= code < _PRIVATE + 0x100:
        code -= _PRIVATE
    elif code >= 0x100:
        return chr(code) if code <= 0xFFFF else ""
    known = _FONTS.get(_name(font))
    if known is None:
        return chr(code) if 0x20 <= code < 0x7F else ""
    return known.get(code, "")


def is_symbol_font(font: str | None) -> bool:
    return _name(font) in _FONTS


def shown(text: str, font: str | None) -> str:
    """Text in a font as it looks. Private codes without a font named are those of Symbol."""
    known = _FONTS.get(_name(font))
    if known is None and (font is not None or not any(_is_private(character) for character in text)):
        return text
    known = known or {}
    return "".join(_shown(character, known) for character in text)


def _shown(character: str, known: dict[int, str]) -> str:
    code = ord(character)
    if _is_private(character):
        return (known or _SYMBOL).get(code - _PRIVATE, "")
    return known.get(code, character) if 0x20 < code < 0x100 else character


def _is_private(character: str) -> bool:
    return _PRIVATE + 0x20 <= ord(character) < _PRIVATE + 0x100


def _name(font: str | None) -> str:
    return (font or "").strip().casefold()
