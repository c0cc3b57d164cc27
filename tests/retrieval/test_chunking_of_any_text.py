"""What holds of the leaves of any text: it is made of units that are known, so that nobody asks the cutter for them."""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.chunking.chunker import BREAK_AT_PAGE, LEAF, Chunker, Node, Section
from retrieval.chunking.presets import CLAUSE
from tests.retrieval.test_chunking import count_words

Span = tuple[int, int]


@dataclass(frozen=True)
class Written:
    """A text; its sections; its sentences, rows, list items and lines of code; pages that start wherever."""

    text: str
    sections: list[Section]
    units: list[Span]
    page_starts: list[int]

    def cut(self, limit: int, overlap: int = 0, begins: Any = None) -> list[Node]:
        nodes = Chunker(limit, overlap, count_words, begins, self.page_starts).tree(self.text, self.sections)
        return [node for node in nodes if node.kind == LEAF]

    def tokens(self, start: int, end: int) -> int:
        return count_words([self.text[start:end]])[0]


words = st.sampled_from(["tea", "milk", "harbour", "salt", "ferry", "ropes"])
phrases = st.lists(words, min_size=1, max_size=9).map(" ".join)
characters = st.text(alphabet="今天下雨我们在家茶水", min_size=1, max_size=12)

# What units look like, and what stands between two of a block.
latin = phrases.map(lambda phrase: f"{phrase.capitalize()}."), " "
chinese = st.tuples(characters, st.sampled_from("。！？")).map("".join), ""
rows = st.lists(phrases, min_size=2, max_size=4).map(" | ".join), "\n"
items = st.tuples(st.sampled_from(["-", "•", "1."]), phrases).map(" ".join), "\n"
code = (
    st.tuples(st.sampled_from(["", "    "]), words, phrases).map(lambda line: f"{line[0]}{line[1]} = {line[2]}"),
    "\n",
)


@st.composite
def written(draw: Any, *kinds: tuple[Any, str]) -> Written:
    """Blocks of these kinds with a blank line between them, and some headings before them."""
    text = ""
    units: list[Span] = []
    headings: list[tuple[int, int, int]] = []
    for _block in range(draw(st.integers(1, 5))):
        if level := draw(st.integers(0, 3)):
            headings.append((level, len(text), len(text) + len("Heading\n")))
            text += "Heading\n"
        unit, between = draw(st.sampled_from(kinds))
        for piece in draw(st.lists(unit, min_size=1, max_size=6)):
            indent = len(piece) - len(piece.lstrip())
            units.append((len(text) + indent, len(text) + len(piece)))
            text += piece + between
        text = text.rstrip() + "\n\n"
    ends = [
        min((start for other, start, _ in headings[place + 1 :] if other <= level), default=len(text))
        for place, (level, _, _) in enumerate(headings)
    ]
    sections = [
        Section(level, "Heading", start, body, end) for (level, start, body), end in zip(headings, ends, strict=True)
    ]
    starts = draw(st.lists(st.integers(0, len(text)), max_size=4).map(sorted))
    return Written(text, sections, units, [0, *starts] if starts else [])


limits, overlaps = st.integers(2, 30), st.integers(0, 10)
ways = st.sampled_from([None, CLAUSE])
anything = written(latin, chinese, rows, items, code)


@given(anything, limits, overlaps, ways)
def test_leaves_cover_the_text_of_each_section_in_order(given: Written, limit: int, overlap: int, begins: Any) -> None:
    found = given.cut(limit, overlap, begins)
    covered = {place for leaf in found for place in range(leaf.start, leaf.end)}
    covered |= {place for section in given.sections for place in range(section.start, section.body)}
    assert [
        given.text[place] for place in range(len(given.text)) if place not in covered and given.text[place] > " "
    ] == []
    assert all(one.start < after.start and one.end < after.end for one, after in pairwise(found))
    bounds = sorted({place for section in given.sections for place in (section.start, section.end)})
    for leaf in found:
        assert bisect_right(bounds, leaf.start) == bisect_right(bounds, leaf.end - 1)


@given(anything, limits, overlaps, ways)
def test_sizes_hold(given: Written, limit: int, overlap: int, begins: Any) -> None:
    found = given.cut(limit, overlap, begins)
    assert all(given.tokens(leaf.start, leaf.end) <= limit for leaf in found)
    for one, after in pairwise(found):
        assert given.tokens(after.start, max(after.start, one.end)) <= overlap


@pytest.mark.parametrize("kind", [latin, chinese, rows, items, code], ids=["latin", "chinese", "rows", "items", "code"])
@given(data=st.data(), limit=limits, overlap=overlaps, begins=ways)
def test_nothing_that_fits_is_cut(kind: tuple[Any, str], data: Any, limit: int, overlap: int, begins: Any) -> None:
    given = data.draw(written(kind))
    found = given.cut(limit, overlap, begins)
    for start, end in given.units:
        if given.tokens(start, end) <= limit:
            assert any(leaf.start <= start and end <= leaf.end for leaf in found), given.text[start:end]


def test_a_line_of_code_that_fits_is_not_cut() -> None:
    lines = ["tea = 1", "milk = a + b + c + d + e"]
    given = Written("\n".join(lines), [], [], [])
    found = [given.text[leaf.start : leaf.end] for leaf in given.cut(limit=count_words(lines)[1])]
    assert found == lines


@given(anything, st.integers(8, 30), overlaps)
def test_a_leaf_that_is_a_quarter_full_ends_with_its_page(given: Written, limit: int, overlap: int) -> None:
    starts_of_units = {start for start, _ in given.units}
    for leaf in given.cut(limit, overlap):
        for page_start in given.page_starts:
            if leaf.start < page_start < leaf.end and page_start in starts_of_units:
                assert given.tokens(leaf.start, page_start) < BREAK_AT_PAGE * limit
