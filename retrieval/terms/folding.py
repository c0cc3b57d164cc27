"""Folded spellings of a term: without diacritics, in simplified characters, as a stem. Pure.

Sources: OpenCC's tables for Chinese, character by character, so that the neighbours of a term do not matter; the
Snowball stemmers. Stems depend on the language, which is the text's, see languages.py.
"""

import threading
import unicodedata
from functools import cache, lru_cache

import regex
import Stemmer
from opencc import OpenCC

from retrieval.terms.languages import SILENT

SHORTEST_STEMMED = 3

_HAN = regex.compile(r"\p{Han}")
_WORD = regex.compile(r"[\p{Latin}\p{M}]+")
_MARKED = regex.compile(r"([\p{Latin}\p{Greek}])\p{M}+|(?<=[еЕ])\u0308")
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t", "ı": "i"}
)
_threads = threading.local()  # a stemmer must not be used by two threads at once


@lru_cache(maxsize=100_000)
def foldings(term: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """The other spellings under which `term`, a case-folded one, is also known, and its stems in `languages`."""
    plain = plainly(term)
    found = {} if plain == term else {plain: None}
    if len(term) >= SHORTEST_STEMMED and _WORD.fullmatch(term) and term not in SILENT:
        found |= {without_diacritics(_stemmer(language).stemWord(term)): None for language in languages}
    return tuple(found)


def is_han(term: str) -> bool:
    return _HAN.search(term) is not None


def plainly(term: str) -> str:
    """`term` in simplified characters, or without diacritics."""
    return term.translate(_simplified()) if is_han(term) else without_diacritics(term)


def without_diacritics(term: str) -> str:
    """`term` in plain letters, where its letters are Latin or Greek. Of Cyrillic letters only ё changes."""
    if term.isascii():
        return term
    bare = _MARKED.sub(r"\1", unicodedata.normalize("NFD", term.translate(_LETTERS)))
    return unicodedata.normalize("NFC", bare)


@cache
def _simplified() -> dict[int, str]:
    """The simplified form of each traditional character."""
    blocks = ((0x3400, 0xA000), (0xF900, 0xFB00), (0x20000, 0x33480))
    characters = [chr(code) for first, end in blocks for code in range(first, end)]
    converter = OpenCC("t2s")

    def converted(some: list[str]) -> list[str]:
        return str(converter.convert("\n".join(some))).split("\n")

    simple = converted(converted(characters))  # twice, because a few lead to another traditional one
    return {ord(one): becomes for one, becomes in zip(characters, simple, strict=True) if one != becomes}


def _stemmer(language: str) -> Stemmer.Stemmer:
    if not hasattr(_threads, "stemmers"):
        _threads.stemmers = {}
    stemmers: dict[str, Stemmer.Stemmer] = _threads.stemmers
    if language not in stemmers:
        stemmers[language] = Stemmer.Stemmer(language)
    return stemmers[language]
