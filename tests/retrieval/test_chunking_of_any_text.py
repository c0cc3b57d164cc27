"""Invariants of the passages of any text. Texts are made of known units, which the chunker must keep whole."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.chunking.chunker import Chunker
from retrieval.chunking.packing import BREAK_AT_PAGE, Begin, Packing
from retrieval.chunking.presets import PRESETS
from retrieval.chunking.tree import Kind, Node, Section
from tests.retrieval.test_chunking import count_words

Span = tuple[int, int]


@dataclass(frozen=True)
class Written:
    """A text; its sections; its sentences, rows, list items and lines of code; pages that start wherever."""

    text: str
    sections: list[Section]
    units: list[Span]
    page_starts: list[int]

    def split(self, limit: int, overlap: int = 0, begins: Sequence[Begin] = ()) -> list[Node]:
        packing = Packing(limit, overlap, count_words, begins, self.page_starts)
        nodes = Chunker(packing).tree(self.text, self.sections)
        return [node for node in nodes if node.kind == Kind.PASSAGE]

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
        for written in draw(st.lists(unit, min_size=1, max_size=6)):
            indent = len(written) - len(written.lstrip())
            units.append((len(text) + indent, len(text) + len(written)))
            text += written + between
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
ways = st.sampled_from([(), PRESETS["legal"].begins])
anything = written(latin, chinese, rows, items, code)


@given(anything, limits, overlaps, ways)
def test_passages_cover_the_text_of_each_section_in_order(
    given: Written, limit: int, overlap: int, begins: Sequence[Begin]
) -> None:
    found = given.split(limit, overlap, begins)
    covered = {place for passage in found for place in range(passage.start, passage.end)}
    covered |= {place for section in given.sections for place in range(section.start, section.body)}
    assert [
        given.text[place] for place in range(len(given.text)) if place not in covered and given.text[place] > " "
    ] == []
    assert all(one.start < after.start and one.end < after.end for one, after in pairwise(found))
    bounds = sorted({place for section in given.sections for place in (section.start, section.end)})
    for passage in found:
        assert bisect_right(bounds, passage.start) == bisect_right(bounds, passage.end - 1)


@given(anything, limits, overlaps, ways)
def test_sizes_hold(given: Written, limit: int, overlap: int, begins: Sequence[Begin]) -> None:
    found = given.split(limit, overlap, begins)
    assert all(given.tokens(passage.start, passage.end) <= limit for passage in found)
    for one, after in pairwise(found):
        assert given.tokens(after.start, max(after.start, one.end)) <= overlap


@pytest.mark.parametrize("kind", [latin, chinese, rows, items, code], ids=["latin", "chinese", "rows", "items", "code"])
@given(data=st.data(), limit=limits, overlap=overlaps, begins=ways)
def test_whatever_fits_stays_whole(
    kind: tuple[Any, str], data: Any, limit: int, overlap: int, begins: Sequence[Begin]
) -> None:
    given = data.draw(written(kind))
    found = given.split(limit, overlap, begins)
    for start, end in given.units:
        if given.tokens(start, end) <= limit:
            assert any(passage.start <= start and end <= passage.end for passage in found), given.text[start:end]


def test_a_line_of_code_that_fits_stays_whole() -> None:
    lines = ["tea = 1", "milk = a + b + c + d + e"]
    given = Written("\n".join(lines), [], [], [])
    found = [given.text[passage.start : passage.end] for passage in given.split(limit=count_words(lines)[1])]
    assert found == lines


@given(anything, st.integers(8, 30), overlaps)
def test_a_passage_that_is_a_quarter_full_ends_with_its_page(given: Written, limit: int, overlap: int) -> None:
    starts_of_units = {start for start, _ in given.units}
    for passage in given.split(limit, overlap):
        for page_start in given.page_starts:
            if passage.start < page_start < passage.end and page_start in starts_of_units:
                assert given.tokens(passage.start, page_start) < BREAK_AT_PAGE * limit
