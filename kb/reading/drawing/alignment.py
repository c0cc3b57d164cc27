"""Finds a span of the parsed text among the characters that pdfium reads from the same page.

Two readers of a page agree on letters and digits, but not on spaces, hyphens, ligatures or the order of columns. So
only letters and digits are compared: long stretches first, wherever they stand, then what is left between them.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import islice

SEED = 12  # length of the stretches that are looked up
SHORTEST = 4  # length of a stretch that counts without neighbours
MOST_PLACES = 50  # tried for a seed that is frequent on the page
LONGEST_GAP = 500

Stretch = tuple[int, int, int]  # start in our letters, start in theirs, length
Gap = tuple[int, int, Stretch | None, Stretch | None]  # start and end in our letters, the stretches before and after


def align(ours: str, start: int, end: int, theirs: Sequence[str]) -> list[int]:
    """Indexes of the characters in `theirs` that match ours[start:end]: ascending, empty if nothing is found.

    `ours` is the whole text of the page, because the context tells repeated spans apart.
    """
    mine, its = _Letters.of(ours), _Letters.of(theirs)
    first = sum(source < start for source in mine.sources)
    last = sum(source < end for source in mine.sources)
    found = _stretches(mine, first, last, its.text)
    for gap in list(_gaps(found, first, last)):
        found += _fill(mine.text, its.text, gap)
    return sorted({its.sources[there + offset] for _, there, length in found for offset in range(length)})


@dataclass
class _Letters:
    """Letters and digits of a text, normalised, each with the index of its character."""

    text: str = ""
    sources: list[int] = field(default_factory=list)
    words: set[int] = field(default_factory=set)  # indexes of the first letters of words, and the end

    @classmethod
    def of(cls, characters: Sequence[str]) -> "_Letters":
        letters: list[str] = []
        sources: list[int] = []
        words: set[int] = set()
        for index, character in enumerate(characters):
            for letter in unicodedata.normalize("NFKD", character).casefold():
                if letter.isalnum():
                    if not sources or sources[-1] < index - 1:
                        words.add(len(sources))
                    letters.append(letter)
                    sources.append(index)
        return cls("".join(letters), sources, words | {len(sources)})


def _stretches(mine: _Letters, first: int, last: int, theirs: str) -> list[Stretch]:
    """Stretches of SEED or more equal letters, clipped to ours[first:last]."""
    ours = mine.text
    places: dict[str, list[int]] = {}
    for there in range(len(theirs) - SEED + 1):
        places.setdefault(theirs[there : there + SEED], []).append(there)
    found: list[Stretch] = []
    here, stop = max(0, first - SEED + 1), min(len(ours), last + SEED - 1)
    expected = here
    while here + SEED <= stop:
        candidates = places.get(ours[here : here + SEED], [])[:MOST_PLACES]
        if not candidates:
            here, expected = here + 1, expected + 1
            continue
        ranks = [(_alike_around(ours, here, theirs, one), -abs(one - expected), one) for one in candidates]
        there = max(ranks)[2]
        length = _alike(ours, here, theirs, there, stop)
        # Letters at either end may match those of another line by chance.
        early = next((more for more in range(SHORTEST) if here + more in mine.words), 0)
        late = next((less for less in range(SHORTEST) if here + length - less in mine.words), 0)
        inner, end = max(here + early, first), min(here + length - late, last)
        if inner < end:
            found.append((inner, there + inner - here, end - inner))
        here, expected = here + length, there + length
    return found


def _alike(ours: str, here: int, theirs: str, there: int, last: int) -> int:
    length = 0
    while here + length < last and there + length < len(theirs) and ours[here + length] == theirs[there + length]:
        length += 1
    return length


def _alike_around(ours: str, here: int, theirs: str, there: int) -> int:
    """The number of equal letters before and after these positions."""
    before = 0
    while before < min(here, there) and ours[here - before - 1] == theirs[there - before - 1]:
        before += 1
    return before + _alike(ours, here, theirs, there, len(ours))


def _gaps(found: list[Stretch], first: int, last: int) -> Iterator[Gap]:
    """The gaps that the stretches leave in ours[first:last]."""
    at, before = first, None
    for stretch in found:
        if at < stretch[0]:
            yield at, stretch[0], before, stretch
        at, before = stretch[0] + stretch[2], stretch
    if at < last:
        yield at, last, before, None


def _fill(ours: str, theirs: str, gap: Gap) -> Iterator[Stretch]:
    """The whole gap at the place nearest to its neighbours, or else the parts of it found between them."""
    start, end, before, after = gap
    wanted, length = ours[start:end], end - start
    if before is None and after is None:
        there = _nth(theirs, wanted, ours[:start].count(wanted))
        if there is not None:
            yield start, there, length
        return
    low = before[1] + before[2] if before else max(0, after[1] - 2 * length) if after else 0
    high = after[1] if after else low + 2 * length
    if length >= SHORTEST:
        expected = low if before else high - length
        whole = min(_occurrences(theirs, wanted), key=lambda there: abs(there - expected), default=None)
        if whole is not None:
            yield start, whole, length
            return
    if length <= LONGEST_GAP and low < high <= low + 4 * length + SEED:
        matcher = SequenceMatcher(None, wanted, theirs[low:high], autojunk=False)
        for block in matcher.get_matching_blocks():
            if block.size >= SHORTEST or block.size == length:
                yield start + block.a, low + block.b, block.size


def _nth(text: str, wanted: str, number: int) -> int | None:
    """The index of occurrence `number`, from 0, of `wanted`, or of the last one."""
    there = None
    for occurrence in islice(_occurrences(text, wanted), number + 1):
        there = occurrence
    return there


def _occurrences(text: str, wanted: str) -> Iterator[int]:
    there = text.find(wanted) if wanted else -1
    while there >= 0:
        yield there
        there = text.find(wanted, there + len(wanted))
