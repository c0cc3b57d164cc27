"""Quoted phrases, and words after a minus sign: what a passage must hold, or must not.

Neither index knows where in a passage a term stands, so the texts of the nearest passages are read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retrieval.indexes.protocols import IndexHit
from retrieval.indexes.scope import Scope
from retrieval.options import Grain
from retrieval.terms import Question, plain, sequence


@dataclass(frozen=True)
class _Read:
    """A passage that was read, as an item of the grain."""

    item: int
    has_phrases: bool
    allowed: bool


def honoured(
    scope: Scope, question: Question, retrievers: Sequence[Sequence[IndexHit]], grain: Grain
) -> tuple[list[list[IndexHit]], bool]:
    """The hits of each retriever that meet the question's conditions, as items of `grain`; whether its phrases exist.

    `retrievers` have hits of passages. If none of them holds all phrases, these are words like any other.
    """
    read = _read(scope, question, {hit.passage for hits in retrievers for hit in hits}, grain)
    has_phrases = any(one.has_phrases and one.allowed for one in read.values())
    met = {passage: one.item for passage, one in read.items() if one.allowed and (one.has_phrases or not has_phrases)}
    return [_items(hits, met) for hits in retrievers], has_phrases


def _read(scope: Scope, question: Question, passages: set[int], grain: Grain) -> dict[int, _Read]:
    columns = ("pk", "parent_id", "version", "heading_path", "text")
    rows = scope.passages().filter(pk__in=passages).values_list(*columns)
    read = {}
    for passage, section, version, headings, text in rows.iterator():
        words = _Words("\n\n".join([*headings, text]))
        item = {Grain.PASSAGE: passage, Grain.SECTION: section, Grain.DOCUMENT: version}[grain]
        read[passage] = _Read(
            item,
            has_phrases=all(words.hold(phrase) for phrase in question.phrases),
            allowed=not any(words.hold(unwanted) for unwanted in question.without),
        )
    return read


class _Words:
    """The words of a text, which is cut only if it has all words of a phrase somewhere: few texts have."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._plain = plain(text)
        self._words: list[str] | None = None

    def hold(self, phrase: Sequence[str]) -> bool:
        if not all(word in self._plain for word in phrase):
            return False
        if self._words is None:
            self._words = sequence(self._text)
        return holds(self._words, phrase)


def holds(words: Sequence[str], phrase: Sequence[str]) -> bool:
    """Whether the words of `phrase` follow each other somewhere in `words`."""
    return any(
        words[start : start + len(phrase)] == phrase
        for start, word in enumerate(words[: len(words) - len(phrase) + 1])
        if word == phrase[0]
    )


def _items(hits: Sequence[IndexHit], met: Mapping[int, int]) -> list[IndexHit]:
    found: dict[int, IndexHit] = {}
    for hit in hits:
        if hit.passage in met:
            item = met[hit.passage]
            found.setdefault(item, IndexHit(item, hit.passage, hit.score, hit.terms))
    return list(found.values())
