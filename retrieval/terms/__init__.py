"""Text -> terms, in the same way for documents, questions and the highlighter. Pure.

Exact terms stand for what is written, see cut.py. Folded terms begin with `~`, which no exact term does, and stand for
other spellings of it, see folding.py; how much less they count is told in questions.py.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from retrieval.terms.cut import MAX_TERM_LENGTH, pieces
from retrieval.terms.folding import foldings
from retrieval.terms.languages import DEFAULT, LANGUAGES, language_of
from retrieval.terms.normalise import normalise
from retrieval.terms.questions import FOLDED, Question, plain, question, sequence

# The version of the cut. Raise it when the same text gives other terms: indexes are then brought up to date in the
# background.
CUT = 2

__all__ = [
    "CUT", "FOLDED", "LANGUAGES", "MAX_TERM_LENGTH", "Question", "Token", "language_of", "plain", "question",
    "sequence", "terms", "tokens",
]  # fmt: skip


class Token(NamedTuple):
    """A term and its place [start, end) in the text, in code points."""

    term: str
    start: int
    end: int


def tokens(text: str, languages: Sequence[str] = LANGUAGES) -> Iterator[Token]:
    """The terms of `text` with their places, and stems in `languages`. Tokens of the same run overlap."""
    normal = normalise(text)
    stemmed = tuple(languages)
    for piece in pieces(normal.text):
        start, end = normal.span(piece.start, piece.end)
        yield Token(piece.term, start, end)
        for folded in foldings(piece.term, stemmed):
            yield Token(f"{FOLDED}{folded}"[:MAX_TERM_LENGTH], start, end)


def terms(text: str, language: str | None = None) -> list[str]:
    """The indexed terms of `text`, with repetitions. `language` is that of the document it is part of, if known."""
    found = []
    stemmed = (language_of(text) or language or DEFAULT,)
    for piece in pieces(normalise(text).text):
        found.append(piece.term)
        found += [f"{FOLDED}{folded}"[:MAX_TERM_LENGTH] for folded in foldings(piece.term, stemmed)]
    return found
