"""Whatever a file contains, its text can be stored and all offsets are right."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.parsing.draft import Draft, clean, one_line
from kb.parsing.errors import NoText, TooLarge
from kb.parsing.parsed import Parsed

# Any code point, including lone surrogates, with many of those that matter here.
anything = st.text(
    st.one_of(st.characters(exclude_categories=()), st.sampled_from("\0\r\n\t\f\x85\u2028 \u3000\ud800a中"))
)
blocks = st.lists(st.one_of(anything, st.tuples(st.integers(1, 6), anything), st.none()), max_size=12)


def drafted(content: list[str | tuple[int, str] | None]) -> Draft:
    """None is a page break, a tuple a heading."""
    draft = Draft(max_characters=100_000)
    draft.write("x")
    for block in content:
        if block is None:
            draft.start_page()
        elif isinstance(block, str):
            draft.write(block)
        else:
            draft.heading(*block)
    return draft


@given(anything)
def test_cleaned_text_can_be_stored(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]", cleaned)


@given(anything)
def test_cleaned_text_has_no_loose_blanks(text: str) -> None:
    cleaned = clean(text)
    assert not re.search(r"[^\S\n]\n|\s\Z|\A\n|\n{4}", cleaned)


@given(anything)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_what_cannot_be_stored_is_replaced_one_for_one() -> None:
    assert clean("a\0\ud83db\udc00") == "a\ufffd\ufffdb\ufffd"


def test_every_kind_of_line_end_becomes_one() -> None:
    assert clean("a\r\nb\rc\u2028d\fe") == "a\nb\nc\nd\ne"


@given(anything)
def test_one_line_is_one_line(text: str) -> None:
    assert "\n" not in one_line(text)
    assert one_line(text) == one_line(text).strip()


@given(blocks)
def test_the_whole_text_is_as_clean_as_its_blocks(content: list[str | tuple[int, str] | None]) -> None:
    parsed = drafted(content).finish(None)
    assert clean(parsed.text) == parsed.text


@given(blocks)
def test_a_section_begins_with_its_title(content: list[str | tuple[int, str] | None]) -> None:
    parsed = drafted(content).finish(None)
    for section in parsed.sections:
        assert parsed.text.startswith(section.title, section.start)
        assert section.start < section.body <= section.end <= len(parsed.text)


@given(blocks)
def test_sections_nest(content: list[str | tuple[int, str] | None]) -> None:
    sections = drafted(content).finish(None).sections
    for index, section in enumerate(sections):
        for later in sections[index + 1 :]:
            assert section.start < later.start
            inside = later.start < section.end
            assert not inside or (later.level > section.level and later.end <= section.end)


@given(blocks)
def test_pages_start_in_order_within_the_text(content: list[str | tuple[int, str] | None]) -> None:
    parsed = drafted(content).finish(None)
    assert len(parsed.page_starts) == content.count(None)
    assert list(parsed.page_starts) == sorted(parsed.page_starts)
    assert all(0 <= start <= len(parsed.text) for start in parsed.page_starts)


@given(blocks)
def test_nothing_is_lost_on_the_way_through_json(content: list[str | tuple[int, str] | None]) -> None:
    parsed = drafted(content).finish("title")
    assert Parsed.from_dict(json.loads(json.dumps(parsed.to_dict()))) == parsed


def test_a_page_without_text_starts_where_the_next_one_does() -> None:
    draft = Draft(max_characters=100)
    for page in ["", "one", "", "three", ""]:
        draft.start_page()
        draft.write(page)
    parsed = draft.finish(None)
    assert parsed.text == "one\n\nthree"
    assert parsed.page_starts == (0, 0, 5, 5, 10)


def test_a_section_holds_the_deeper_ones_and_ends_before_the_next_of_its_level() -> None:
    draft = Draft(max_characters=100)
    for level, title in [(1, "A"), (2, "B"), (3, "C"), (2, "D"), (1, "E")]:
        draft.heading(level, title)
        draft.write(title.lower())
    parsed = draft.finish(None)
    assert {section.title: parsed.text[section.start : section.end].split() for section in parsed.sections} == {
        "A": ["A", "a", "B", "b", "C", "c", "D", "d"],
        "B": ["B", "b", "C", "c"],
        "C": ["C", "c"],
        "D": ["D", "d"],
        "E": ["E", "e"],
    }
    assert [parsed.text[section.body] for section in parsed.sections] == list("abcde")


def test_skipped_levels_do_not_count() -> None:
    draft = Draft(max_characters=1000)
    for level, title in [(6, "A"), (2, "B"), (6, "C"), (6, "D"), (1, "E"), (3, "F")]:
        draft.heading(level, title)
    levels = [(section.level, section.title) for section in draft.finish(None).sections]
    assert levels == [(1, "A"), (1, "B"), (2, "C"), (2, "D"), (1, "E"), (2, "F")]


def test_a_text_over_the_limit_is_refused() -> None:
    draft = Draft(max_characters=10)
    draft.write("123456789")
    with pytest.raises(TooLarge, match="more than 10 characters"):
        draft.write("0")


def test_a_text_without_a_letter_or_digit_is_none() -> None:
    draft = Draft(max_characters=100)
    draft.write("\ufffd \u200b — * * *")
    with pytest.raises(NoText):
        draft.finish(None)
