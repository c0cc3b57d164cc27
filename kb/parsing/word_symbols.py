"""Unicode for symbols that w:sym names by font and code. ECMA-376-1, 17.3.3.30.

The codes are those of Adobe's Symbol encoding and of Wingdings, as far as texts use them.
"""

_PRIVATE = 0xF000  # where Word maps the codes of such a font
_GREEK = dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True)) | dict(
    zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True)
)
_SYMBOL = _GREEK | {
    **{0x22: "∀", 0x24: "∃", 0x27: "∋", 0x2A: "∗", 0x2D: "−", 0x40: "≅", 0x5C: "∴", 0x5E: "⊥", 0x7E: "∼", 0xA2: "′"},
    **{0xA3: "≤", 0xA5: "∞", 0xAB: "↔", 0xAC: "←", 0xAD: "↑", 0xAE: "→", 0xAF: "↓", 0xB0: "°", 0xB1: "±", 0xB2: "″"},
    **{0xB3: "≥", 0xB4: "×", 0xB5: "∝", 0xB6: "∂", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBA: "≡", 0xBB: "≈", 0xBC: "…"},
    **{0xC4: "⊗", 0xC5: "⊕", 0xC6: "∅", 0xC7: "∩", 0xC8: "∪", 0xC9: "⊃", 0xCC: "⊂", 0xCD: "⊆", 0xCE: "∈", 0xCF: "∉"},
    **{0xD1: "∇", 0xD2: "®", 0xD3: "©", 0xD4: "™", 0xD5: "∏", 0xD6: "√", 0xD7: "⋅", 0xD8: "¬", 0xD9: "∧", 0xDA: "∨"},
    **{0xDB: "⇔", 0xDC: "⇐", 0xDE: "⇒", 0xE5: "∑", 0xF2: "∫"},
}
_WINGDINGS = {
    **{0x4A: "☺", 0x6C: "●", 0x6E: "■", 0x6F: "☐", 0x71: "❑", 0x75: "◆", 0x76: "❖", 0x9F: "•", 0xA7: "▪", 0xA8: "☐"},
    **{
        0xD8: "➢",
        0xDF: "←",
        0xE0: "→",
        0xE1: "↑",
        0xE2: "↓",
        0xE8: "➔",
        0xF0: "⇨",
        0xFB: "✗",
        0xFC: "✓",
        0xFD: "☒",
        0xFE: "☑",
    },
}
_FONTS = {"symbol": _SYMBOL, "wingdings": _WINGDINGS}


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
    known = _FONTS.get((font or "").lower())
    if known is None:
        return (
            chr(code)
            if 0x20 <= code < 0x7F and (font or "").lower() not in ("webdings", "wingdings 2", "wingdings 3")
            else ""
        )
    return known.get(code, chr(code) if known is _SYMBOL and 0x20 <= code < 0x7F else "")
