"""A window of a text: whole paragraphs, a highlighted span, and few characters read of a long text."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.models import VersionText
from kb.reading import text_window
from kb.reading.text_window import LONGEST_BLOCK, WINDOW, Mark, Window

texts = st.text(alphabet="ab \n。é", max_size=300)
# Paragraphs of up to three times the length at which one is split, and white space of any length between them.
long_texts = st.lists(
    st.tuples(st.sampled_from(["ab", "ab ", "abc\n", "茶。"]), st.integers(0, 15_000), st.text("\n \t", max_size=5)),
    max_size=12,
).map(lambda parts: "".join(word * times + blanks for word, times, blanks in parts))


def window(
    text: str,
    mark: Mark | None = None,
    begin: int | None = None,
    end: int | None = None,
    *,
    sections: Sequence[dict[str, object]] = (),
    starts: Sequence[int] = (),
) -> Window:
    facts = VersionText(page_starts=list(starts), sections=list(sections))
    return text_window.window(facts, lambda first, last: text[first:last], mark, begin, end)


def words(window: Window, *, marked: bool = False) -> str:
    runs = (run for block in window.blocks for run in block.runs if run.marked or not marked)
    return "".join("".join(run.text for run in runs).split())


def test_headings_pages_and_paragraphs() -> None:
    text = "Soup\nBoil it.\n\nServe it hot."
    sections = [{"level": 1, "title": "Soup", "start": 0, "body": 5, "end": len(text)}]
    found = window(text, mark=(21, 23), sections=sections, starts=[0, 15])
    shown = [(block.level, block.page, [(run.text, run.marked) for run in block.runs]) for block in found.blocks]
    assert shown == [
        (1, 1, [("Soup", False)]),
        (0, None, [("Boil it.", False)]),
        (0, 2, [("Serve ", False), ("it", True), (" hot.", False)]),
    ]


def test_a_section_without_a_heading_of_its_own_is_shown_as_text() -> None:
    text = "import soup\n\ndef boil():\n    soup.boil()"
    sections = [{"level": 1, "title": "boil", "start": 13, "body": 13, "end": len(text)}]
    shown = [(block.level, block.section) for block in window(text, sections=sections).blocks]
    assert shown == [(0, None), (0, 0)]


def test_a_highlight_over_paragraphs_begins_once() -> None:
    found = window("one\n\ntwo\n\nthree", mark=(1, 12))
    runs = [run for block in found.blocks for run in block.runs if run.marked]
    assert [(run.text, run.first) for run in runs] == [("ne", True), ("two", False), ("th", False)]


def test_an_endless_paragraph_is_shown_in_parts() -> None:
    found = window("x" * 500_000)
    assert found.end <= 2 * WINDOW
    assert found.later == found.end
    assert max(end.start - start.start for start, end in pairwise(found.blocks)) < 2 * LONGEST_BLOCK


def test_a_long_table_is_split_between_its_rows() -> None:
    found = window("| tea | with milk |\n" * 5_000)
    assert len(found.blocks) > 5
    assert all(block.runs[0].text.startswith("| tea") for block in found.blocks)


def test_only_what_is_shown_is_read() -> None:
    read: list[int] = []
    text = "\n\n".join(["A paragraph of some words. " * 20] * 4_000)

    def reader(start: int, end: int) -> str:
        read.append(len(text[start:end]))
        return text[start:end]

    found = text_window.window(VersionText(page_starts=[], sections=[]), reader, (1_000_000, 1_000_100))
    assert found.start < 1_000_000 < found.end
    assert len(text) > 2_000_000
    assert sum(read) < 100_000


@given(texts, st.integers(0, 320), st.integers(1, 50))
def test_the_highlighted_runs_are_the_span(text: str, start: int, length: int) -> None:
    end = start + length
    assert words(window(text, mark=(start, end)), marked=True) == "".join(text[start:end].split())


@given(texts)
def test_a_window_loses_no_text(text: str) -> None:
    assert words(window(text)) == "".join(text.split())


@given(long_texts)
def test_windows_after_each_other_are_the_whole_text(text: str) -> None:
    found, shown, at = "", [window(text)], 0
    while (later := shown[-1].later) is not None:
        shown.append(window(text, begin=later))
    for one in shown:
        assert one.start == at  # where the one before it ended
        found, at = found + words(one), one.end
    assert found == "".join(text.split())


@given(long_texts, st.integers(0, 200_000))
def test_previous_windows_are_the_whole_text(text: str, place: int) -> None:
    first = window(text, begin=place)
    found, earlier, end = "", first.earlier, first.start
    while earlier is not None:
        before = window(text, begin=earlier, end=end)
        assert before.end == end
        found = words(before) + found
        earlier, end = before.earlier, before.start
    assert found == "".join(text[: first.start].split())


@pytest.mark.parametrize(("mark", "begin"), [((500, 600), None), (None, 500), ((500, 600), 400), (None, 14)])
def test_a_place_after_the_end_shows_the_beginning(mark: Mark | None, begin: int | None) -> None:
    found = window("tea with milk\n", mark, begin)
    assert (found.start, found.mark, words(found)) == (0, None, "teawithmilk")


def test_a_place_near_the_end_shows_the_end() -> None:
    text = "tea\n\n" * 100_000
    found = window(text, mark=(len(text) - 5, len(text) - 2))
    assert (found.later, words(found, marked=True)) == (None, "tea")
