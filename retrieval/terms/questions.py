"""What a question asks for: its terms, identifiers, quoted phrases, and words that must not be there. Pure."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from retrieval.terms.cut import MAX_TERM_LENGTH, Kind, Piece, pieces
from retrieval.terms.folding import foldings, is_han, plainly
from retrieval.terms.languages import LANGUAGES, SILENT, language_of
from retrieval.terms.normalise import normalise

FOLDED = "~"  # begins a folded term; no exact one does

SHORTEST_IDENTIFIER = 4
SHORTEST_NUMBER = 5  # digits of a number that stands for itself, unlike a year

_QUOTES = "|".join((r'"[^"\n]+"', r"“[^”\n]+”", r"„[^“”\n]+[“”]", r"「[^」\n]+」"))
_QUOTED = regex.compile(rf"(?P<minus>(?<!\S)-)?(?P<phrase>{_QUOTES})")
# A single letter after a minus sign is an option of a command.
_WITHOUT = regex.compile(r"(?<!\S)-(?P<word>\p{L}[\p{L}\p{M}]+|[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}])(?!\S)")


@dataclass(frozen=True)
class Question:
    """`phrases` and `without` are sequences of terms that follow each other in a passage, or must not."""

    text: str  # for an engine: without the words that must not be there
    exact: Sequence[str]  # as it spells them: a subset of the terms of its text, with repetitions
    terms: Sequence[str]  # to look up: a term counts as often as it occurs here
    identifiers: frozenset[str] = frozenset()
    phrases: Sequence[Sequence[str]] = ()
    without: Sequence[Sequence[str]] = ()

    @property
    def has_conditions(self) -> bool:
        return bool(self.phrases or self.without)


def question(text: str) -> Question:
    phrases: list[list[str]] = []
    without: list[list[str]] = []
    for quoted in _QUOTED.finditer(text):
        (without if quoted["minus"] else phrases).append(sequence(quoted["phrase"]))
    unquoted = _QUOTED.sub(lambda quoted: " " if quoted["minus"] else f" {quoted['phrase']} ", text)
    without += [sequence(word["word"]) for word in _WITHOUT.finditer(unquoted)]
    asked = _WITHOUT.sub(" ", unquoted)
    found = list(_asked(asked))
    exact = [piece.term for piece in found]
    language = language_of(asked)
    languages = LANGUAGES if language is None else (language,)
    without = [words for words in without if words]
    return Question(
        text=" ".join(asked.split()) if without else text,
        exact=exact,
        terms=[spelling for term in exact for spelling in _weighed(term, languages)],
        identifiers=frozenset(piece.term for piece in found if _is_identifier(piece)),
        phrases=[phrase for phrase in phrases if phrase],
        without=without,
    )


def sequence(text: str) -> list[str]:
    """The words and characters of `text`, one after the other, without parts, wholes and pairs."""
    one_by_one = (Kind.WORD, Kind.CHARACTER)
    return [piece.term for piece in pieces(normalise(text).text) if piece.kind in one_by_one]


def plain(text: str) -> str:
    """`text` with every term of `sequence(text)` somewhere in it."""
    return unicodedata.normalize("NFKC", normalise(text).text.casefold()).replace("_", "")


def _asked(text: str) -> list[Piece]:
    found = [
        piece for piece in pieces(normalise(text).text) if piece.kind != Kind.CHARACTER or piece.alone
    ]  # pairs have shorter posting lists and mean the same
    return [piece for piece in found if piece.term not in SILENT] or found


def _weighed(term: str, languages: tuple[str, ...]) -> list[str]:
    """What to look up for `term`, as often as it counts: a passage that spells it so gets twice what any other gets.

    A passage with `term` also has its folded terms, which count once. If the index keeps none, because they would only
    repeat it, the term itself counts twice. A passage with the plain spelling of a word with diacritics has two of its
    terms, that spelling and the folded term of it, so there `term` counts three times.
    """
    others = foldings(term, languages)
    plain = plainly(term)
    if not others:
        found = [term, term]
    elif plain != term and not is_han(term):
        found = [term, term, term, plain]
    else:
        found = [term] if plain == term else [term, plain]
    if any(character.isalpha() for character in term):
        found += [f"{FOLDED}{other}"[:MAX_TERM_LENGTH] for other in dict.fromkeys((term, *others))]
    return found


def _is_identifier(piece: Piece) -> bool:
    if not any(character.isdigit() for character in piece.term):
        return False
    if piece.kind == Kind.WHOLE:
        return len(piece.term) >= SHORTEST_IDENTIFIER
    if piece.kind == Kind.WORD and piece.alone:
        return len(piece.term) >= (SHORTEST_NUMBER if piece.term.isdigit() else SHORTEST_IDENTIFIER)
    return False
