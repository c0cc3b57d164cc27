"""Excerpts: passages as a reader sees them, with surrounding text if their preset asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from retrieval.chunking.presets import PRESETS
from retrieval.excerpts import around
from retrieval.models import Passage


@dataclass(frozen=True)
class Excerpt:
    """`text` is the version's text[start:end]: `before`, the passage, `after`."""

    start: int
    end: int
    text: str
    before: str
    after: str


def excerpts(found: Sequence[tuple[Passage, str]]) -> list[Excerpt]:
    """The excerpts of passages, each given with the preset that split it.

    Reads texts of versions only for passages that are shown with surrounding text.
    """
    characters = [PRESETS[preset].shown_characters if preset else 0 for _passage, preset in found]
    surroundings = _surroundings([passage for passage, _preset in found], characters)
    return [
        _excerpt(passage, *surrounding, shown)
        for (passage, _preset), surrounding, shown in zip(found, surroundings, characters, strict=True)
    ]


def _excerpt(passage: Passage, offset: int, text: str, characters: int) -> Excerpt:
    start, end = passage.start - offset, passage.end - offset
    begin, stop = around(text, start, end, characters)
    return Excerpt(offset + begin, offset + stop, text[begin:stop], before=text[begin:start], after=text[end:stop])


def _surroundings(passages: Sequence[Passage], characters: Sequence[int]) -> list[tuple[int, str]]:
    """For each passage, a part of the text that contains it, and where that part begins."""
    surroundings = {place: (passage.start, passage.text) for place, passage in enumerate(passages)}
    wanted = []
    for place, (passage, shown) in enumerate(zip(passages, characters, strict=True)):
        if len(passage.text) < shown:
            first = max(0, passage.start - shown)
            wanted.append((place, passage.version, first, passage.end + shown - first))
    if wanted:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT place, first, substr(text, first + 1, length)
                FROM unnest(%s::int[], %s::bigint[], %s::int[], %s::int[]) AS wanted (place, version_id, first, length)
                JOIN kb_versiontext USING (version_id)
                """,
                [list(column) for column in zip(*wanted, strict=True)],
            )
            surroundings |= {place: (first, text) for place, first, text in cursor.fetchall()}
    return [surroundings[place] for place in range(len(passages))]
