"""Superscripts and subscripts in plain text: 10⁷, H₂O, x^(k+1), v_max. In every format alike.

Digits, signs, n and i have characters of their own in Unicode, which also keep a footnote mark apart from a number:
2500¹. Other letters have only some, which no search would find, so they get the signs that people type.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

_RAISED = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
_LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_DIGITS_AND_SIGNS = re.compile(r"[-+−=()\d]*\d[-+−=()\d]*|[+−-]", re.ASCII)
_POWER = re.compile(r"[-+−\d]*[ni]|[ni][-+−]\d+", re.ASCII)
_MARKS = re.compile(r"\d+(?:\s*[,;–-]\s*\d+)+", re.ASCII)  # several footnotes
_DIGIT = re.compile(r"\d", re.ASCII)
_ORDINAL = re.compile(r"st|nd|rd|th|[eoaª°º]|er|re|ère|ème|eme|nde?|os?|as?|te[rn]?", re.IGNORECASE)
_ATOM = re.compile(r"\w+|[^\w\s]")
_SMALL_PRINT = re.compile(r"\s|.{16}", re.DOTALL)


class Piece(NamedTuple):
    """A part of a line. `script` is "sup", "sub", or "" for the base line."""

    text: str
    script: str = ""


def joined(pieces: Sequence[Piece]) -> str:
    """The line. Neighbours in the same script belong together, as the runs of a word processor do."""
    if not any(piece.script for piece in pieces):
        return "".join(piece.text for piece in pieces)
    line = ""
    for part in _parts(pieces):
        line += part.text if not part.script else scripted(part, before=line[-1:])
    return line


def scripted(part: Piece, before: str) -> str:
    """`part` after the character `before`, with the white space around it kept on the base line."""
    core = part.text.strip()
    if not core:
        return part.text
    start = part.text.index(core)
    write = superscript if part.script == "sup" else subscript
    return part.text[:start] + write(core, before) + part.text[start + len(core) :]


def superscript(text: str, before: str) -> str:
    """A superscript in prose. Ordinals (1st), abbreviations (Mme), small print and marks like * or [1] stay plain."""
    if _DIGITS_AND_SIGNS.fullmatch(text) or _POWER.fullmatch(text):
        return text.translate(_RAISED)
    if _MARKS.fullmatch(text):
        return _DIGIT.sub(lambda match: match[0].translate(_RAISED), text)
    is_ordinal = before.isdecimal() and _ORDINAL.fullmatch(text)
    is_abbreviation = before.isalpha() and text.isalpha() and len(text) > 1
    if not before.strip() or is_ordinal or is_abbreviation or not text[0].isalnum() or _SMALL_PRINT.search(text):
        return text
    return power(text)


def subscript(text: str, before: str) -> str:
    """A subscript in prose. Small print stays plain."""
    if _DIGITS_AND_SIGNS.fullmatch(text):
        return text.translate(_LOWERED)
    if not before.strip() or _SMALL_PRINT.search(text) or not text[0].isalnum():
        return text
    return index(text)


def power(text: str) -> str:
    """A superscript in a formula."""
    if _DIGITS_AND_SIGNS.fullmatch(text) or _POWER.fullmatch(text):
        return text.translate(_RAISED)
    return "^" + _grouped(text) if text not in ("′", "″", "'", "''", "*", "†") else text


def index(text: str) -> str:
    """A subscript in a formula."""
    return text.translate(_LOWERED) if _DIGITS_AND_SIGNS.fullmatch(text) else "_" + _grouped(text)


def _grouped(text: str) -> str:
    return text if _ATOM.fullmatch(text) else f"({text})"


def _parts(pieces: Iterable[Piece]) -> Iterator[Piece]:
    for script, group in groupby((piece for piece in pieces if piece.text), key=lambda piece: piece.script):
        yield Piece("".join(piece.text for piece in group), script)
