"""Packs whole sentences, list items and table rows into spans of limited length. Pure.

A text that is too long for one span becomes several of about the same length. Only an overlong sentence is split
inside: at line ends if it has any, else between words.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import regex

from retrieval.chunking.boundaries import boundaries

Span = tuple[int, int]
Measure = Callable[[Sequence[str]], list[int]]  # the length of each text: see measure.py, or an engine's tokens

BREAK_AT_PAGE, NEVER = 0.25, 2.0  # how full a span must be to end there

TEXTS_AT_ONCE = 1000  # in one call of a Measure, so that the caller can renew a lease in between
MOST_MARKS = 16  # on one letter; no language has more
_MARK = regex.compile(r"\p{M}")


@dataclass(frozen=True, slots=True)
class Begin:
    """A pattern that begins a new thought: a span that is at least this full ends before it."""

    pattern: "regex.Pattern[str]"
    fullness: float


@dataclass(frozen=True, slots=True)
class _Unit:
    """A part that packing does not split."""

    start: int
    end: int
    length: int
    break_at: float = NEVER  # a span that is at least this full ends before the unit, and there is no overlap


@dataclass(frozen=True)
class Packing:
    """Makes spans of at most `limit`; each repeats up to `overlap` of the previous one.

    If two of `begins` match at a place, the later one counts. Spans cross pages only within a sentence, or if they
    would be very short otherwise.
    """

    limit: int
    overlap: int
    measure: Measure
    begins: Sequence[Begin] = ()
    page_starts: Sequence[int] = ()

    def spans(self, text: str, start: int, end: int) -> Iterator[Span]:
        """The spans of text[start:end], in order and of about the same length."""
        units = self._units(text, start, end)
        left = sum(unit.length for unit in units)
        first = new = 0  # units before `new` are already in the previous span
        while first < len(units):
            share = left / max(1, ceil(left / self.limit))
            after, length = first, 0
            while after < len(units) and (after <= new or self._has_room(length, units[after], share)):
                length += units[after].length
                after += 1
            if new + 1 < after < len(units) and units[after - 1].break_at < 1 <= units[after].break_at:
                after -= 1  # the beginning of a thought belongs to the next span
            yield units[first].start, units[after - 1].end
            if after == len(units):
                return
            following = self._first_of_next(units, first, after)
            left -= sum(unit.length for unit in units[first:following])
            first, new = following, after

    def _has_room(self, length: int, unit: _Unit, share: float) -> bool:
        """Whether a span of this length takes `unit` too; `share` is the mean length of the remaining spans."""
        fits = length + unit.length <= self.limit and length < unit.break_at * self.limit
        return fits and length + unit.length / 2 <= share

    def _first_of_next(self, units: list[_Unit], first: int, after: int) -> int:
        """Where the next span begins: `after`, or earlier, within the overlap and with room for a new unit."""
        room = min(self.overlap, self.limit - units[after].length)
        begin = after
        if units[after].break_at < 1:
            return begin
        while begin - 1 > first and units[begin - 1].length <= room:
            begin -= 1
            room -= units[begin].length
        return begin

    def _units(self, text: str, start: int, end: int) -> list[_Unit]:
        begun = [({match.start() for match in one.pattern.finditer(text, start, end)}, one) for one in self.begins]
        places = boundaries(text, start, end).union(*(found for found, _one in begun))
        spans = [span for a, b in pairwise([start, *sorted(places), end]) if (span := _strip(text, a, b))]
        breaks: dict[int, float] = {}
        for found, one in begun:
            breaks |= dict.fromkeys(_begun_after(spans, found), one.fullness)
        pages = self.page_starts[bisect_left(self.page_starts, start) : bisect_left(self.page_starts, end)]
        breaks |= dict.fromkeys(_begun_after(spans, pages), BREAK_AT_PAGE)
        units: list[_Unit] = []
        for at in range(0, len(spans), TEXTS_AT_ONCE):
            some = spans[at : at + TEXTS_AT_ONCE]
            lengths = self.measure([text[a:b] for a, b in some])
            for (a, b), length in zip(some, lengths, strict=True):
                units += self._halved(text, _Unit(a, b, length, breaks.get(a, NEVER)))
        return units

    def _halved(self, text: str, whole: _Unit) -> Iterator[_Unit]:
        """`whole`, halved near the middle until all parts are short enough; in order."""
        waiting = [whole]
        while waiting:
            unit = waiting.pop()
            if unit.length <= self.limit or unit.end - unit.start < 2:
                yield unit
                continue
            middle = _near_middle(text, unit.start, unit.end)
            halves = [span for a, b in ((unit.start, middle), (middle, unit.end)) if (span := _strip(text, a, b))]
            lengths = self.measure([text[a:b] for a, b in halves])
            parts = [
                _Unit(a, b, length, unit.break_at if a == unit.start else NEVER)
                for (a, b), length in zip(halves, lengths, strict=True)
            ]
            waiting += reversed(parts)


def _begun_after(spans: Sequence[Span], places: Collection[int]) -> set[int]:
    """The starts of the first span at or after each place."""
    found = (bisect_left(spans, (place,)) for place in places)
    return {spans[at][0] for at in found if at < len(spans)}


def _strip(text: str, start: int, end: int) -> Span | None:
    """The span without white space at its ends, or None if nothing is left."""
    part = text[start:end]
    start += len(part) - len(part.lstrip())
    end -= len(part) - len(part.rstrip())
    return (start, end) if start < end else None


def _near_middle(text: str, start: int, end: int) -> int:
    """A place strictly inside (start, end): at a line end, else at a space, else between two characters."""
    middle, quarter = (start + end) // 2, (end - start) // 4
    for mark, first, last in (("\n", start, end), (" ", middle - quarter, middle + quarter)):
        before, after = text.rfind(mark, first, middle), text.find(mark, middle, last)
        places = [place for place in (before, after) if place > start]
        if places:
            return min(places, key=lambda place: abs(place - middle))
    letter = middle
    while letter + 1 < end and letter < middle + MOST_MARKS and _MARK.match(text, letter):
        letter += 1  # a mark belongs to the letter before it
    return letter
