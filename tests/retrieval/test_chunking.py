from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.chunking.chunker import Chunker
from retrieval.chunking.packing import Begin, Packing
from retrieval.chunking.presets import CLAUSE
from retrieval.chunking.tree import Kind, Node, Section


def count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) + sum("一" <= character <= "鿿" for character in text) for text in texts]


def passages(text: str, limit: int = 12, overlap: int = 0, **packing: Any) -> list[str]:
    nodes = Chunker(Packing(limit, overlap, count_words, **packing)).tree(text, [])
    return [text[node.start : node.end] for node in nodes if node.kind == Kind.PASSAGE]


def test_sentences_stay_whole() -> None:
    text = "One two three four. Five six seven eight. Nine ten eleven twelve. Thirteen."
    assert passages(text, limit=9) == ["One two three four. Five six seven eight.", "Nine ten eleven twelve. Thirteen."]


def test_abbreviations_do_not_end_a_sentence() -> None:
    assert passages("Dr. Smith saw Fig. 3 in U.S. Courts. He left.", limit=8) == [
        "Dr. Smith saw Fig. 3 in U.S. Courts.",
        "He left.",
    ]


def test_chinese_sentences_stay_whole() -> None:
    assert passages("今天下雨了。我们在家。“走吧！”他说。", limit=8) == ["今天下雨了。", "我们在家。", "“走吧！”他说。"]


def test_a_table_row_and_a_list_item_stay_whole() -> None:
    text = "- one two three\n- four five six\n\nname | price\ntea | 3\ncoffee | 4"
    assert passages(text, limit=5) == ["- one two three", "- four five six", "name | price", "tea | 3", "coffee | 4"]


def test_a_sentence_that_is_too_long_is_split_between_words() -> None:
    text = " ".join(f"word{n}" for n in range(40))
    found = passages(text, limit=12)
    assert " ".join(found) == text
    assert all(len(part.split()) <= 12 for part in found)


def test_the_overlap_repeats_whole_sentences() -> None:
    text = "A one two. B one two. C one two. D one two."
    expected = ["A one two. B one two.", "B one two. C one two.", "C one two. D one two."]
    assert passages(text, limit=6, overlap=3) == expected


def test_sections_make_a_tree_with_heading_paths() -> None:
    text = "Intro here.\n\nFruit\nWe like it.\n\nApples\nThey are red.\n\nEmpty\n"
    fruit, apples, empty = text.index("Fruit"), text.index("Apples"), text.index("Empty")
    sections = [
        Section(1, "Fruit", fruit, fruit + 6, empty),
        Section(2, "Apples", apples, apples + 7, empty),
        Section(1, "Empty", empty, len(text), len(text)),
    ]
    nodes = Chunker(Packing(50, 0, count_words)).tree(text, sections)
    shown = [(node.kind, node.parent, node.heading_path, text[node.start : node.end].strip()) for node in nodes]
    assert shown == [
        (Kind.DOCUMENT, None, (), text.strip()),
        (Kind.PASSAGE, 0, (), "Intro here."),
        (Kind.SECTION, 0, ("Fruit",), text[fruit:empty].strip()),
        (Kind.PASSAGE, 2, ("Fruit",), "We like it."),
        (Kind.SECTION, 2, ("Fruit", "Apples"), text[apples:empty].strip()),
        (Kind.PASSAGE, 4, ("Fruit", "Apples"), "They are red."),
        (Kind.SECTION, 0, ("Empty",), "Empty"),
        (Kind.PASSAGE, 6, (), "Empty"),
    ]


words = st.text(alphabet="abc。.!? \n-|日本語é1", max_size=200)


@st.composite
def texts_with_sections(draw: Any) -> tuple[str, list[Section]]:
    """A text in which lines starting with # are headings, nested by their number."""
    lines = draw(st.lists(st.tuples(st.integers(0, 3), words), max_size=12))
    text = ""
    headings: list[tuple[int, int, int]] = []
    for level, line in lines:
        if level:
            headings.append((level, len(text), len(text) + level + 2))
            text += "#" * level + "x\n"
        text += line + "\n"
    sections = []
    for index, (level, start, body) in enumerate(headings):
        later = [other for other in headings[index + 1 :] if other[0] <= level]
        sections.append(Section(level, f"h{index}", start, body, later[0][1] if later else len(text)))
    return text, sections


class TestWhereAnotherThoughtBegins:
    clauses = "1. Term\nOne two three four five.\n2. Fees\nSix seven eight nine ten.\n3. End\nEleven.\n"

    def split(self, limit: int, overlap: int = 0) -> list[str]:
        return passages(self.clauses, limit, overlap, begins=[Begin(CLAUSE, 0.5)])

    def test_a_passage_that_is_half_full_ends(self) -> None:
        assert [passage[:2] for passage in self.split(20)] == ["1.", "3."]

    def test_one_with_much_room_goes_on(self) -> None:
        assert len(self.split(100)) == 1

    def test_nothing_of_what_went_before_is_repeated(self) -> None:
        assert [passage[:2] for passage in self.split(8, overlap=3)] == ["1.", "2.", "3."]


class TestPages:
    text = "One two three four.\n\nFive six seven eight. Nine ten.\n\nEleven."

    def split(self, *page_starts: str) -> list[str]:
        starts = [0, *(self.text.index(word) for word in page_starts)]
        return passages(self.text, 12, 3, page_starts=starts)

    def test_a_passage_ends_with_its_page(self) -> None:
        assert [passage.split()[0] for passage in self.split("Five")] == ["One", "Five"]

    def test_a_sentence_over_two_pages_stays_whole(self) -> None:
        assert "Five six seven eight." in self.split("seven")[0]

    def test_a_very_short_passage_goes_on(self) -> None:
        assert len(self.split("One")) == len(self.split()) == 1


class TestLettersWithMarks:
    def test_marks_stay_with_their_letter(self) -> None:
        parts = Packing(5, 0, lambda texts: [len(text) for text in texts])
        text = "e\N{COMBINING ACUTE ACCENT}" * 20
        assert all(text[start] == "e" for start, _end in parts.spans(text, 0, len(text)))

    def test_a_text_of_marks_alone_is_split_all_the_same(self) -> None:
        found = Packing(100, 0, lambda texts: [len(text) for text in texts]).spans(
            "\N{COMBINING ACUTE ACCENT}" * 5000, 0, 5000
        )
        assert max(end - start for start, end in found) <= 100


@pytest.mark.parametrize(
    "line", ["第十二条 甲方应当", "Article IV", "Section 3.1 Fees", "4.2 Termination", "12) Notices", "(a) the buyer"]
)
def test_what_a_clause_looks_like(line: str) -> None:
    assert CLAUSE.search(f"before\n{line}")
    assert not CLAUSE.search(f"before {line}")


@settings(max_examples=200)
@given(texts_with_sections(), st.integers(1, 20), st.integers(0, 10))
def test_passages_cover_all_text_in_order_within_their_limit(
    given: tuple[str, list[Section]], limit: int, overlap: int
) -> None:
    text, sections = given
    nodes = Chunker(Packing(limit, overlap, count_words)).tree(text, sections)
    found = [node for node in nodes if node.kind == Kind.PASSAGE]
    covered = set[int]()
    for node in found:
        passage = text[node.start : node.end]
        assert passage == passage.strip() != ""
        assert count_words([passage])[0] <= limit or len(passage) == 1
        covered |= set(range(node.start, node.end))
    for section in sections:
        covered |= set(range(section.start, section.body))
    assert all(text[place].isspace() for place in range(len(text)) if place not in covered)
    assert [node.start for node in found] == sorted(node.start for node in found)
    assert all(_inside(node, nodes) for node in nodes)


def _inside(node: Node, nodes: list[Node]) -> bool:
    if node.parent is None:
        return True
    parent = nodes[node.parent]
    return parent.start <= node.start <= node.end <= parent.end
