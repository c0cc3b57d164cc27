"""Formulas in a linear form that people type and search for: v=(a+b)/(2c), √(2gh), ∑_(i=1)^n xᵢ.

The form is close to UnicodeMath (Unicode Technical Note 28). The parts are strings in this form already, so that a
formula of any depth can be put together from the inside out.
"""

import re
from collections.abc import Iterable, Sequence

from kb.parsing.raised import index, power

_ATOM = re.compile(r"(?:\d+(?:[.,]\d+)*|[^\W\d_]|\([^()]*\)|\|[^|]*\|)[⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿⁱ₀₁₂₃₄₅₆₇₈₉′]*")
_LETTER = r"[^\W\d_⁰¹²³⁴⁵⁶⁷⁸⁹ⁿⁱ₀₁₂₃₄₅₆₇₈₉]"
_LETTERS_BEFORE = re.compile(rf"{_LETTER}+\Z")
_LETTERS_AFTER = re.compile(rf"{_LETTER}+")
LARGE = frozenset("∑∏∐∫∬∭∮⋃⋂⋁⋀")  # operators with limits
_ROOTS = {"": "√", "2": "√", "3": "∛", "4": "∜"}
_ACCENTS = {  # shown above a letter -> the combining character
    **{"^": "\u0302", "ˆ": "\u0302", "~": "\u0303", "˜": "\u0303", "¯": "\u0304", "‾": "\u0304", "_": "\u0304"},
    **{"˙": "\u0307", ".": "\u0307", "¨": "\u0308", "→": "\u20d7", "⃗": "\u20d7", "ˇ": "\u030c", "´": "\u0301"},
}


def sequence(parts: Iterable[str]) -> str:
    """The parts one after the other, with a space between two numbers, and beside names of several letters (sin x)."""
    line: list[str] = []
    last = ""
    for part in filter(None, parts):
        if (last[:1] in LARGE and len(last) > 1) or _needs_space(last[-40:], part):
            line.append(" ")
        line.append(part)
        last = part
    return "".join(line)


def fraction(top: str, bottom: str) -> str:
    return f"{_operand(top)}/{_operand(bottom)}"


def root(radicand: str, degree: str = "") -> str:
    sign = _ROOTS.get(degree) or f"{power(degree).removeprefix('^')}√"
    return sign + _operand(radicand)


def scripts(base: str, below: str = "", above: str = "") -> str:
    """`base` with a subscript and a superscript; either may be missing."""
    return base + (index(below) if below else "") + (power(above) if above else "")


def accented(base: str, accent: str) -> str:
    """A letter with its accent; over several letters, or for another sign, a superscript."""
    mark = _ACCENTS.get(accent) or (accent if len(accent) == 1 and 0x300 <= ord(accent) < 0x370 else None)
    return base + mark if mark and len(base) == 1 else scripts(base, above=accent)


def operator(sign: str, below: str, above: str, operand: str) -> str:
    """A sum, integral or the like with its limits."""
    limited = scripts(sign, below, above)
    return f"{limited} {operand}" if operand and limited != sign else limited + operand


def fenced(parts: Iterable[str], start: str = "(", end: str = ")", between: str = ", ") -> str:
    return start + between.join(parts) + end


def matrix(rows: Iterable[Sequence[str]]) -> str:
    return fenced((", ".join(row) for row in rows), "[", "]", "; ")


def _operand(text: str) -> str:
    return text if _ATOM.fullmatch(text) else f"({text})"


def _needs_space(before: str, after: str) -> bool:
    if not before or not after:
        return False
    if before[-1].isdecimal() and after[0].isdecimal():
        return True
    left, right = _LETTERS_BEFORE.search(before), _LETTERS_AFTER.match(after)
    if left and len(left[0]) > 1:
        return after[0].isalnum()
    return right is not None and len(right[0]) > 1 and before[-1].isalnum()
