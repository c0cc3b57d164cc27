"""Normalises a text before it is cut, and keeps the place of each character. Pure.

NFKC makes full-width and half-width forms, ligatures and decomposed letters meet their plain spellings. Characters that
show nothing (zero-width space and joiners, soft hyphen, variation selectors) are left out. Exponents, marks of
footnotes and fractions do not become part of the number before them: 10⁷ is not 107.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import regex

_SHOWS_NOTHING = regex.compile(r"[\p{Cf}\p{Default_Ignorable_Code_Point}]")

# Characters that may join the one before them: marks, Korean letters, half-width voicing marks. Text without any is
# normalised character by character.
_KOREAN_LETTERS = "ᄀ-ᇿ㄰-㆏ꥠ-꥿ힰ-퟿ﾠ-ￜ"
_JOINS = regex.compile(rf"[\p{{M}}{_KOREAN_LETTERS}ﾞﾟ]")
_JOINED = regex.compile(rf"[{_KOREAN_LETTERS}][{_KOREAN_LETTERS}\p{{M}}ﾞﾟ]*|\X")


_RAISED = regex.compile(r"[⁰¹²³⁴-⁹¼-¾⅐-⅞]")
_RAISED_AFTER_DIGIT = regex.compile(rf"(?<=[0-9]){_RAISED.pattern}")


@dataclass(frozen=True, slots=True)
class Normalised:
    """`text` with the place of each character in the original, in code points. Without places, they are the same."""

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's [start, end) for a span of `text` that is not empty."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def normalise(text: str) -> Normalised:
    if text.isascii():
        return Normalised(text)
    shown, places = text, None
    if _SHOWS_NOTHING.search(text):
        places = [place for place, character in enumerate(text) if not _SHOWS_NOTHING.match(character)]
        shown = "".join([text[place] for place in places])
    pieces = _JOINED.findall(shown) if _JOINS.search(shown) else shown
    made = [_normalised(piece) for piece in pieces]
    if _RAISED_AFTER_DIGIT.search(shown):
        for place, (before, piece) in enumerate(pairwise(pieces), start=1):
            if _RAISED.match(piece) and made[place - 1][-1:].isdecimal() and not _RAISED.match(before):
                made[place] = f" {made[place]}"
    normal = "".join(made)
    if places is None and len(pieces) == len(normal) == len(text):
        return Normalised(normal)
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for piece, becomes in zip(pieces, made, strict=True):
        last = position + len(piece) - 1
        starts += [position if places is None else places[position]] * len(becomes)
        ends += [(last if places is None else places[last]) + 1] * len(becomes)
        position = last + 1
    return Normalised(normal, starts, ends)


@lru_cache(maxsize=20_000)
def _normalised(piece: str) -> str:
    return unicodedata.normalize("NFKC", piece)
