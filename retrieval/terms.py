"""Splits text into terms, in the same way for documents and questions, so that matches can also be marked.

Words are runs of letters, marks and digits, case-folded after NFKC. Identifiers produce their parts besides the whole
(`getUserName`: getusername, get, user, name). Scripts without spaces produce every character and every pair of
neighbours, also across line ends, which are arbitrary in PDFs. Questions use only the pairs, because their posting
lists are shorter and mean the same.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import regex

MAX_TERM_LENGTH = 64  # longer runs are not words; they are shortened, and so still match themselves

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}ー々〆\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_RUN = regex.compile(
    rf"(?P<unspaced>[{_UNSPACED}]\p{{M}}*(?:\n?[{_UNSPACED}]\p{{M}}*)*)"
    rf"|(?P<word>(?:(?![{_UNSPACED}])[\p{{L}}\p{{M}}\p{{N}}_])+)"
)
_CHARACTER = regex.compile(r".\p{M}*")  # not a line end
_PART = regex.compile(
    r"\p{Lu}\p{M}*+(?=\p{Lu}\p{Ll})|\p{Lu}?[\p{Ll}\p{M}]+|\p{Lu}+(?!\p{Ll})|\p{N}+|[\p{Lt}\p{Lm}\p{Lo}\p{M}]+"
)

# Words of English questions that say nothing about the subject. They are dropped from questions, but not from the
# index, nor from a question that has no other words.
_SILENT_WORDS = """
a an and are as at be been but by can could did do does for from had has have how i if in into is it its me my of on or
our should such that the their them then there these they this those to us was we were what when where which who whom
whose why will with would you your
"""
_SILENT = frozenset(_SILENT_WORDS.split())


@dataclass(frozen=True, slots=True)
class Token:
    """A term and its place [start, end) in the text, in code points."""

    term: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """The terms of `text` with their places. Tokens of the same run overlap."""
    for run in _RUN.finditer(text):
        if run.lastgroup == "unspaced":
            yield from _characters_and_pairs(run.group(), run.start())
        else:
            yield from _word_and_parts(run.group(), run.start())


def terms(text: str) -> list[str]:
    """The indexed terms of `text`, with repetitions."""
    return [token.term for token in tokens(text)]


def query_terms(text: str) -> list[str]:
    """The terms of a question: a subset of `terms(text)`, with repetitions."""
    found: list[str] = []
    for run in _RUN.finditer(text):
        if run.lastgroup == "unspaced":
            pairs = [t.term for t in _characters_and_pairs(run.group(), 0)]
            found += [term for term in pairs if len(_CHARACTER.findall(term)) > 1] or pairs
        else:
            found += [t.term for t in _word_and_parts(run.group(), 0)]
    return [term for term in found if term not in _SILENT] or found


def _characters_and_pairs(run: str, offset: int) -> Iterator[Token]:
    previous: regex.Match[str] | None = None
    for character in _CHARACTER.finditer(run):
        if previous is not None:
            start, end = previous.start(), character.end()
            yield Token(_fold(previous.group() + character.group()), offset + start, offset + end)
        yield Token(_fold(character.group()), offset + character.start(), offset + character.end())
        previous = character


def _word_and_parts(word: str, offset: int) -> Iterator[Token]:
    bare = word.strip("_")
    if not bare:
        return
    start = offset + word.index(bare)
    yield Token(_fold(bare), start, start + len(bare))
    if bare.isalpha() and (bare.islower() or bare.istitle()):
        return  # a plain word; most are
    parts = list(_PART.finditer(bare))
    if len(parts) > 1:
        for part in parts:
            yield Token(_fold(part.group()), start + part.start(), start + part.end())


def _fold(term: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", term).casefold())
    return folded[:MAX_TERM_LENGTH]
