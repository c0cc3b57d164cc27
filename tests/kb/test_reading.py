from collections.abc import Sequence
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from kb.models import VersionText
from kb.reading import text_window
from kb.templatetags.footnote import marked, pages

texts = st.text(alphabet="ab \n。é", max_size=300)


def version_text(text: str, sections: Sequence[dict[str, object]] = (), starts: Sequence[int] = ()) -> VersionText:
    return VersionText(text=text, page_starts=list(starts), sections=list(sections))


def test_headings_pages_and_paragraphs() -> None:
    text = "Soup\nBoil it.\n\nServe it hot."
    sections = [{"level": 1, "title": "Soup", "start": 0, "body": 5, "end": len(text)}]
    window = text_window.window(version_text(text, sections, [0, 15]), mark=(21, 23))
    shown = [(block.level, block.page, [(run.text, run.marked) for run in block.runs]) for block in window.blocks]
    assert shown == [
        (1, 1, [("Soup", False)]),
        (0, None, [("Boil it.", False)]),
        (0, 2, [("Serve ", False), ("it", True), (" hot.", False)]),
    ]


def test_a_section_without_a_heading_of_its_own_is_shown_as_text() -> None:
    text = "import soup\n\ndef boil():\n    soup.boil()"
    sections = [{"level": 1, "title": "boil", "start": 13, "body": 13, "end": len(text)}]
    shown = [
        (block.level, block.section) for block in text_window.window(version_text(text, sections), mark=None).blocks
    ]
    assert shown == [(0, None), (0, 0)]


def test_a_highlight_over_paragraphs_begins_once() -> None:
    window = text_window.window(version_text("one\n\ntwo\n\nthree"), mark=(1, 12))
    runs = [run for block in window.blocks for run in block.runs if run.marked]
    assert [(run.text, run.first) for run in runs] == [("ne", True), ("two", False), ("th", False)]


def test_an_endless_paragraph_is_shown_by_pieces() -> None:
    window = text_window.window(version_text("x" * 500_000), mark=None)
    assert window.end <= 2 * text_window.WINDOW
    assert window.later == window.end


@given(texts, st.integers(0, 320), st.integers(0, 50))
def test_the_highlighted_runs_are_the_span(text: str, start: int, length: int) -> None:
    end = start + length
    window = text_window.window(version_text(text), mark=(start, end))
    found = "".join(run.text for block in window.blocks for run in block.runs if run.marked)
    assert "".join(found.split()) == "".join(text[start:end].split())


@given(texts)
def test_a_window_loses_no_text(text: str) -> None:
    window = text_window.window(version_text(text), mark=None)
    found = "".join(run.text for block in window.blocks for run in block.runs)
    assert "".join(found.split()) == "".join(text.split())


def test_marks_are_the_words_that_matched_whatever_their_case() -> None:
    assert marked("Tea & <tea>, teapot", ["tea"]) == "<mark>Tea</mark> &amp; &lt;<mark>tea</mark>&gt;, teapot"


def test_neighbouring_pairs_become_one_mark() -> None:
    assert marked("我的知识库在这里", ["知识", "识库"]) == "我的<mark>知识库</mark>在这里"


@given(st.text(), st.lists(st.text(min_size=1, max_size=3)))
def test_marking_changes_nothing_but_marks(text: str, terms: list[str]) -> None:
    assert unescape(marked(text, terms).replace("<mark>", "").replace("</mark>", "")) == unescape(marked(text, []))


def test_pages_in_words() -> None:
    assert (pages((3, 3)), pages((3, 4)), pages(None)) == ("page 3", "pages 3–4", "")
