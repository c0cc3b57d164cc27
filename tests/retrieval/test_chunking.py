from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.chunking.chunker import (
    CHARACTERS_A_TOKEN,
    DOCUMENT,
    LEAF,
    SECTION,
    Chunker,
    Node,
    Section,
    context,
    table_header,
    table_headers,
)
from retrieval.chunking.presets import CLAUSE


def count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) + sum("一" <= character <= "鿿" for character in text) for text in texts]


def leaves(text: str, limit: int = 12, overlap: int = 0, sections: Sequence[Section] = ()) -> list[str]:
    nodes = Chunker(limit, overlap, count_words).tree(text, sections)
    return [text[node.start : node.end] for node in nodes if node.kind == LEAF]


def test_sentences_stay_whole() -> None:
    text = "One two three four. Five six seven eight. Nine ten eleven twelve. Thirteen."
    assert leaves(text, limit=9) == ["One two three four. Five six seven eight.", "Nine ten eleven twelve. Thirteen."]


def test_abbreviations_do_not_end_a_sentence() -> None:
    assert leaves("Dr. Smith saw Fig. 3 in U.S. Courts. He left.", limit=8) == [
        "Dr. Smith saw Fig. 3 in U.S. Courts.",
        "He left.",
    ]


def test_chinese_sentences_stay_whole() -> None:
    assert leaves("今天下雨了。我们在家。“走吧！”他说。", limit=8) == ["今天下雨了。", "我们在家。", "“走吧！”他说。"]


def test_a_table_row_and_a_list_item_are_not_cut() -> None:
    text = "- one two three\n- four five six\n\nname | price\ntea | 3\ncoffee | 4"
    assert leaves(text, limit=5) == ["- one two three", "- four five six", "name | price", "tea | 3", "coffee | 4"]


def test_a_sentence_that_is_too_long_is_cut_between_words() -> None:
    text = " ".join(f"word{n}" for n in range(40))
    found = leaves(text, limit=12)
    assert " ".join(found) == text
    assert all(len(piece.split()) <= 12 for piece in found)


def test_the_overlap_repeats_whole_sentences() -> None:
    text = "A one two. B one two. C one two. D one two."
    expected = ["A one two. B one two.", "B one two. C one two.", "C one two. D one two."]
    assert leaves(text, limit=6, overlap=3) == expected


def test_sections_make_a_tree_with_heading_paths() -> None:
    text = "Intro here.\n\nFruit\nWe like it.\n\nApples\nThey are red.\n\nEmpty\n"
    fruit, apples, empty = text.index("Fruit"), text.index("Apples"), text.index("Empty")
    sections = [
        Section(1, "Fruit", fruit, fruit + 6, empty),
        Section(2, "Apples", apples, apples + 7, empty),
        Section(1, "Empty", empty, len(text), len(text)),
    ]
    nodes = Chunker(50, 0, count_words).tree(text, sections)
    shown = [(node.kind, node.parent, node.heading_path, text[node.start : node.end].strip()) for node in nodes]
    assert shown == [
        (DOCUMENT, None, (), text.strip()),
        (LEAF, 0, (), "Intro here."),
        (SECTION, 0, ("Fruit",), text[fruit:empty].strip()),
        (LEAF, 2, ("Fruit",), "We like it."),
        (SECTION, 2, ("Fruit", "Apples"), text[apples:empty].strip()),
        (LEAF, 4, ("Fruit", "Apples"), "They are red."),
        (SECTION, 0, ("Empty",), "Empty"),
        (LEAF, 6, (), "Empty"),
    ]


@pytest.mark.parametrize(
    ("title", "path", "limit", "expected"),
    [
        ("Handbook", ("Search", "Ranks"), 20, "Handbook › Search › Ranks"),
        ("Handbook", ("Handbook", "Ranks"), 20, "Handbook › Ranks"),
        ("Handbook", ("Search", "Legs", "Ranks"), 6, "Handbook › Legs › Ranks"),
        ("A very long title of many words", ("Ranks",), 3, "Ranks"),
        ("", (), 5, ""),
    ],
)
def test_the_context_line_keeps_what_says_most(title: str, path: tuple[str, ...], limit: int, expected: str) -> None:
    assert context(title, path, limit, count_words) == expected


words = st.text(alphabet="abc。.!? \n-|日本語é1", max_size=200)


@st.composite
def texts_with_sections(draw: Any) -> tuple[str, list[Section]]:
    """A text whose lines starting with # are headings, nested by their number."""
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

    def cut(self, limit: int, overlap: int = 0) -> list[str]:
        text = self.clauses
        nodes = Chunker(limit, overlap, count_words, CLAUSE).tree(text, [])
        return [text[node.start : node.end] for node in nodes if node.kind == LEAF]

    def test_a_leaf_that_is_half_full_ends(self) -> None:
        assert [leaf[:2] for leaf in self.cut(20)] == ["1.", "3."]

    def test_one_with_much_room_goes_on(self) -> None:
        assert len(self.cut(100)) == 1

    def test_nothing_of_what_went_before_is_repeated(self) -> None:
        assert [leaf[:2] for leaf in self.cut(8, overlap=3)] == ["1.", "2.", "3."]


class TestPages:
    text = "One two three four.\n\nFive six seven eight. Nine ten.\n\nEleven."

    def cut(self, *page_starts: str) -> list[str]:
        starts = [0, *(self.text.index(word) for word in page_starts)]
        nodes = Chunker(12, 3, count_words, page_starts=starts).tree(self.text, [])
        return [self.text[node.start : node.end] for node in nodes if node.kind == LEAF]

    def test_a_leaf_ends_with_its_page(self) -> None:
        assert [leaf.split()[0] for leaf in self.cut("Five")] == ["One", "Five"]

    def test_a_sentence_over_two_pages_stays_whole(self) -> None:
        assert "Five six seven eight." in self.cut("seven")[0]

    def test_a_very_short_leaf_goes_on(self) -> None:
        assert len(self.cut("One")) == len(self.cut()) == 1


@pytest.mark.parametrize(
    "line", ["第十二条 甲方应当", "Article IV", "Section 3.1 Fees", "4.2 Termination", "12) Notices", "(a) the buyer"]
)
def test_what_a_clause_looks_like(line: str) -> None:
    assert CLAUSE.search(f"before\n{line}")
    assert not CLAUSE.search(f"before {line}")


class TestTableHeader:
    table = "Some text.\nName | Price\nTea | 3\nMilk | 1\n\nMore text | with a bar.\n"

    def header(self, of: str) -> str:
        return table_header(self.table, table_headers(self.table), self.table.index(of))

    def test_rows_know_their_header(self) -> None:
        assert self.header("Milk") == self.header("Tea") == "Name | Price"

    def test_the_header_itself_and_what_is_no_table_have_none(self) -> None:
        assert self.header("Name") == self.header("Some") == self.header("More") == ""

    def test_of_the_longest_table_the_last_row_knows_its_header(self) -> None:
        rows = "Name | Price\n" + "".join(f"Tea {number} | 3\n" for number in range(100_000))
        headers = table_headers(rows)
        assert {table_header(rows, headers, rows.index("Tea 99999")), table_header(rows, headers, 13)} == {
            "Name | Price"
        }

    def test_a_very_long_row_is_no_header_of_its_own_end(self) -> None:
        row = "Tea | 3 | " * 100
        assert table_header(row, table_headers(row), 500) == ""


def test_what_a_tokenizer_takes_for_one_token_is_cut_all_the_same() -> None:
    nodes = Chunker(20, 0, lambda texts: [1] * len(texts)).tree("a" * 1000, [])
    lengths = [node.end - node.start for node in nodes if node.kind == LEAF]
    assert sum(lengths) == 1000
    assert max(lengths) < 21 * CHARACTERS_A_TOKEN


@settings(max_examples=200)
@given(texts_with_sections(), st.integers(1, 20), st.integers(0, 10))
def test_leaves_cover_all_text_in_order_within_their_limit(
    given: tuple[str, list[Section]], limit: int, overlap: int
) -> None:
    text, sections = given
    nodes = Chunker(limit, overlap, count_words).tree(text, sections)
    found = [node for node in nodes if node.kind == LEAF]
    covered = set[int]()
    for node in found:
        piece = text[node.start : node.end]
        assert piece == piece.strip() != ""
        assert count_words([piece])[0] <= limit or len(piece) == 1
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
