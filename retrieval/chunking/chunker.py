"""Sections to a tree of spans: document > sections > leaves.

A leaf is a run of whole sentences, list items or table rows of one section. A section that is too long for one leaf
becomes several, about equally long. Only what is too long by itself is cut inside: at line ends if it has them, else
between words. Pure: text and sections in, spans out.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import regex

from retrieval.chunking.tree import Kind, Node, Section

CountTokens = Callable[[Sequence[str]], list[int]]

# Some tokenizers take any long run of letters for one unknown token. What counts is at least its share of characters.
CHARACTERS_A_TOKEN = 8

BREAK_AT_THOUGHT, BREAK_AT_PAGE, NEVER = 0.5, 0.25, 2.0  # how full a leaf is that ends there

HEADER_CHARACTERS = 200

SENTENCES_AT_ONCE = 1000  # in one call of count_tokens, so that whoever counts can show signs of life

_BLANK_LINES = regex.compile(r"\n[^\S\n]*\n")
# Parsing writes a row of a table with " | " between its cells.
_TABLE = regex.compile(r"(?m)^(?P<first>.*? \| .*+)(?:\n.*? \| .*+)++")
_ROW = regex.compile(r"(?m)^(?=[^\S\n]*(?:[-*•]\s|\d{1,3}[.)]\s)|.* \| )")
_SENTENCE_END = regex.compile(
    r"""[。！？；…]+[”’」』）》"']*                            # Chinese, Japanese
      | [.!?]+["'”’)\]]*(?=\s+["'“‘(\[]*[\p{Lu}\p{Lo}\p{N}])  # a stop before what may begin a sentence
      | [।॥۔؟]+(?=\s)                                        # Devanagari, Arabic, Urdu
    """,
    regex.VERBOSE,
)
_NO_SENTENCE_END = regex.compile(
    r"(?im)^[^\S\n]*\(?(?:\d{1,3}|[ivxlc]{1,6})\.$"  # the number of an item
    r"|(?<![\p{L}\p{N}.])(?:(?:\p{L}\.)*\p{L}|dr|mrs?|ms|prof|st|nos?|figs?|eqs?|secs?|vol|ch|arts?|pp?|vs|approx|inc|ltd"
    r"|co|corp|cf|al|ca)\.$"
)


@dataclass(frozen=True, slots=True)
class _Unit:
    """A span that packing does not cut."""

    start: int
    end: int
    tokens: int
    break_at: float = NEVER  # a leaf that is so full ends before it, and is not repeated after it


@dataclass(frozen=True)
class Chunker:
    """Cuts at most `limit` tokens a leaf; a leaf repeats up to `overlap` tokens of the one before it.

    `begins` matches where a kind of document begins another thought, at the beginning of a line. Of the leaves few
    run over a page: those whose sentence does, and those that would be very short.
    """

    limit: int
    overlap: int
    count_tokens: CountTokens
    begins: "regex.Pattern[str] | None" = None
    page_starts: Sequence[int] = ()

    def tree(self, text: str, sections: Sequence[Section]) -> list[Node]:
        """The tree of `text`: parents before children, leaves in the order of the text.

        `sections` are in order and nested. Whatever is neither white space nor a heading is in some leaf; a heading
        with nothing under it becomes a leaf, so that it is found.
        """
        nodes = [Node(Kind.DOCUMENT, None, 0, len(text), ())]
        self._branch(text, nodes, 0, deque(sections), 0)
        return nodes

    def _branch(self, text: str, nodes: list[Node], parent: int, sections: deque[Section], position: int) -> None:
        end, path = nodes[parent].end, nodes[parent].heading_path
        while sections and sections[0].start < end:
            section = sections.popleft()
            nodes += self._leaves(text, position, section.start, parent, path)
            nodes.append(Node(Kind.SECTION, parent, section.start, section.end, (*path, section.title)))
            here = len(nodes) - 1
            self._branch(text, nodes, here, sections, section.body)
            if here == len(nodes) - 1:
                nodes += self._leaves(text, section.start, section.end, here, path)
            position = section.end
        nodes += self._leaves(text, position, end, parent, path)

    def spans(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """text[start:end] in spans of at most `limit` tokens, in order and about equally long."""
        units = self._units(text, start, end)
        left = sum(unit.tokens for unit in units)
        first = new = 0  # what stands before `new` is in the span before already
        while first < len(units):
            share = left / max(1, ceil(left / self.limit))
            after, tokens = first, 0
            while after < len(units) and (after <= new or self._has_room(tokens, units[after], share)):
                tokens += units[after].tokens
                after += 1
            if new + 1 < after < len(units) and units[after - 1].break_at < 1 <= units[after].break_at:
                after -= 1  # what begins a thought goes with the rest of it
            yield units[first].start, units[after - 1].end
            if after == len(units):
                return
            following = self._first_of_next(units, first, after)
            left -= sum(unit.tokens for unit in units[first:following])
            first, new = following, after

    def _leaves(self, text: str, start: int, end: int, parent: int, path: tuple[str, ...]) -> Iterator[Node]:
        return (Node(Kind.PASSAGE, parent, *span, path) for span in self.spans(text, start, end))

    def _has_room(self, tokens: int, unit: _Unit, share: float) -> bool:
        """Whether a leaf of so many tokens goes on with `unit`; the leaves of what is left have `share` tokens each."""
        fits = tokens + unit.tokens <= self.limit and tokens < unit.break_at * self.limit
        return fits and tokens + unit.tokens / 2 <= share

    def _first_of_next(self, units: list[_Unit], first: int, after: int) -> int:
        """Where the next leaf begins: `after`, or earlier by what fits the overlap and leaves room for a new unit."""
        room = min(self.overlap, self.limit - units[after].tokens)
        begin = after
        if units[after].break_at < 1:
            return begin
        while begin - 1 > first and units[begin - 1].tokens <= room:
            begin -= 1
            room -= units[begin].tokens
        return begin

    def _units(self, text: str, start: int, end: int) -> list[_Unit]:
        opening = {match.start() for match in self.begins.finditer(text, start, end)} if self.begins else set()
        cuts = sentence_cuts(text, start, end) | opening
        spans = [span for a, b in pairwise([start, *sorted(cuts), end]) if (span := _strip(text, a, b))]
        breaks = {_next_letter(text, place): BREAK_AT_THOUGHT for place in opening}
        inside = self.page_starts[bisect_left(self.page_starts, start) : bisect_left(self.page_starts, end)]
        breaks |= {_next_letter(text, place): BREAK_AT_PAGE for place in inside}
        units: list[_Unit] = []
        for at in range(0, len(spans), SENTENCES_AT_ONCE):
            some = spans[at : at + SENTENCES_AT_ONCE]
            counts = self._sizes([text[a:b] for a, b in some])
            for (a, b), tokens in zip(some, counts, strict=True):
                units += self._halved(text, _Unit(a, b, tokens, breaks.get(a, NEVER)))
        return units

    def _sizes(self, texts: Sequence[str]) -> list[int]:
        counts = self.count_tokens(texts)
        return [max(count, len(text) // CHARACTERS_A_TOKEN) for text, count in zip(texts, counts, strict=True)]

    def _halved(self, text: str, unit: _Unit) -> list[_Unit]:
        """`unit`, or the pieces of it that are short enough, each cut near a middle."""
        if unit.tokens <= self.limit or unit.end - unit.start < 2:
            return [unit]
        middle = _cut_near_middle(text, unit.start, unit.end)
        halves = [s for a, b in ((unit.start, middle), (middle, unit.end)) if (s := _strip(text, a, b))]
        counts = self._sizes([text[a:b] for a, b in halves])
        return [
            piece
            for (a, b), tokens in zip(halves, counts, strict=True)
            for piece in self._halved(text, _Unit(a, b, tokens, unit.break_at if a == unit.start else NEVER))
        ]


def sentence_cuts(text: str, start: int, end: int) -> set[int]:
    """Where text[start:end] may be cut: after sentences and blank lines, before rows and list items."""
    cuts = {match.end() for match in _BLANK_LINES.finditer(text, start, end)}
    cuts |= {match.start() for match in _ROW.finditer(text, start, end)}
    for match in _SENTENCE_END.finditer(text, start, end):
        if not _NO_SENTENCE_END.search(text, max(start, match.start() - 20), match.end()):
            cuts.add(match.end())
    return cuts


def _strip(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The span without white space at its ends, or None if nothing is left."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end -= len(piece) - len(piece.rstrip())
    return (start, end) if start < end else None


def _next_letter(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _cut_near_middle(text: str, start: int, end: int) -> int:
    """A place strictly inside (start, end): a line end, else white space, else between two characters."""
    middle, quarter = (start + end) // 2, (end - start) // 4
    for mark, first, last in (("\n", start, end), (" ", middle - quarter, middle + quarter)):
        before, after = text.rfind(mark, first, middle), text.find(mark, middle, last)
        places = [place for place in (before, after) if place > start]
        if places:
            return min(places, key=lambda place: abs(place - middle))
    while middle + 1 < end and regex.match(r"\p{M}", text[middle]):
        middle += 1  # a mark belongs to the letter before it
    return middle


def table_headers(text: str) -> list[tuple[int, int, int]]:
    """Where the first row of each table of several begins and ends, and where the table does; in order."""
    return [(*match.span("first"), match.end()) for match in _TABLE.finditer(text)]


def table_header(text: str, headers: Sequence[tuple[int, int, int]], start: int) -> str:
    """The first row of the table that text[start:] goes on with; "" where it stands in none, or in the first row.

    `headers` are the table_headers of `text`.
    """
    place = bisect_left(headers, (start,)) - 1
    if place < 0:
        return ""
    begin, header_end, end = headers[place]
    return text[begin : min(header_end, begin + HEADER_CHARACTERS)].strip() if header_end < start < end else ""


def context(title: str, heading_path: Sequence[str], limit: int, count_tokens: CountTokens) -> str:
    """The line that goes before a leaf's text into both legs: whose it is. At most `limit` tokens.

    Small passages forget which document they are from. Where not all fits, the outer headings go first, then the
    title, then the end of the nearest heading.
    """
    parts = [part for part in (title, *heading_path) if part]
    if len(parts) > 1 and parts[0] == parts[1]:
        del parts[0]  # a document whose first heading is its title
    line = " › ".join(parts)
    while line and count_tokens([line])[0] > limit:
        if len(parts) > 1:
            del parts[1 if len(parts) > 2 else 0]
            line = " › ".join(parts)
        else:
            line = line[: len(line) // 2]
    return line
