"""Cuts normalised text into exact terms. Pure.

Words are runs of letters, marks and digits, case-folded. Identifiers also give their parts (`getUserName`: getusername,
get, user, name). Words joined by one of `- . / : _`, and digits joined by a comma, also give one whole term without
them, so that `add-on` meets `addon`, and an address, a date or a part number is more than a bag of numbers. Scripts
without spaces give every character and every pair of neighbours, also across line ends, which are arbitrary in PDFs.
"""

import unicodedata
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

import regex

MAX_TERM_LENGTH = 64  # longer runs are not words; they are shortened, and so still match themselves

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}ー々〆\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_WORD = rf"(?:(?![{_UNSPACED}])[\p{{L}}\p{{M}}\p{{N}}_])+"
_RUN = regex.compile(
    rf"(?P<unspaced>[{_UNSPACED}]\p{{M}}*(?:\n?[{_UNSPACED}]\p{{M}}*)*)"
    rf"|(?P<joined>{_WORD}(?:(?:[-‐./:]|(?<=\p{{N}}),(?=\p{{N}})){_WORD})*(?P<sign>(?<=\p{{L}})(?:\+\+|#)(?!\w))?)"
)
_WORDS = regex.compile(_WORD)
_INNER = regex.compile(r"[^/:]+")  # an address without its port, a file without its folders
_CHARACTER = regex.compile(r".\p{M}*")  # not a line end
_PART = regex.compile(
    r"\p{Lu}\p{M}*+(?=\p{Lu}\p{Ll})|\p{Lu}?[\p{Ll}\p{M}]+|\p{Lu}+(?!\p{Ll})|\p{N}+|[\p{Lt}\p{Lm}\p{Lo}\p{M}]+"
)


class Kind(Enum):
    WORD = "word"
    PART = "part"  # of an identifier
    WHOLE = "whole"  # joined words
    CHARACTER = "character"  # of a script without spaces
    PAIR = "pair"


class Piece(NamedTuple):
    """A term and its place [start, end). `alone` if nothing longer that holds it was cut from the same place."""

    term: str
    start: int
    end: int
    kind: Kind
    alone: bool = True


def pieces(text: str) -> Iterator[Piece]:
    """The exact terms of a normalised text. Pieces of the same run overlap."""
    for run in _RUN.finditer(text):
        if run.lastgroup == "unspaced":
            yield from _characters_and_pairs(run.group(), run.start())
        else:
            yield from _joined(run["joined"], run.start(), run["sign"] or "")


def _characters_and_pairs(run: str, offset: int) -> Iterator[Piece]:
    previous: regex.Match[str] | None = None
    characters = list(_CHARACTER.finditer(run))
    for character in characters:
        if previous is not None:
            start, end = previous.start(), character.end()
            yield Piece(fold(previous.group() + character.group()), offset + start, offset + end, Kind.PAIR)
        start, end = offset + character.start(), offset + character.end()
        yield Piece(fold(character.group()), start, end, Kind.CHARACTER, alone=len(characters) == 1)
        previous = character


def _joined(run: str, offset: int, sign: str) -> Iterator[Piece]:
    bare = run[: len(run) - len(sign)]
    words = list(_WORDS.finditer(bare))
    for word in words:
        yield from _word_and_parts(word.group(), offset + word.start(), alone=len(words) == 1)
    if sign:
        start = words[-1].start()
        yield Piece(fold(run[start:]), offset + start, offset + len(run), Kind.WHOLE)
    if len(words) > 1:
        inner = [match for match in _INNER.finditer(bare) if not _WORDS.fullmatch(match.group())]
        spans = {(0, len(bare)), *(match.span() for match in inner)}
        for start, end in sorted(spans):
            whole = fold("".join(_WORDS.findall(bare[start:end])).replace("_", ""), None)
            if 0 < len(whole) <= MAX_TERM_LENGTH:
                yield Piece(whole, offset + start, offset + end, Kind.WHOLE)


def _word_and_parts(word: str, offset: int, *, alone: bool) -> Iterator[Piece]:
    bare = word.strip("_")
    if not bare:
        return
    start = offset + word.index(bare)
    yield Piece(fold(bare.replace("_", "")), start, start + len(bare), Kind.WORD, alone)
    if bare.isalpha() and (bare.islower() or bare.istitle()):
        return  # a plain word; most are
    parts = list(_PART.finditer(bare))
    if len(parts) > 1:
        for part in parts:
            yield Piece(fold(part.group()), start + part.start(), start + part.end(), Kind.PART, alone=False)


@lru_cache(maxsize=50_000)
def fold(term: str, most: int | None = MAX_TERM_LENGTH) -> str:
    """Without difference of case."""
    return unicodedata.normalize("NFKC", term.casefold())[:most]
