"""Passages name their pages, checked on a PDF in which the page of every line is known."""

import random
import re

import pytest
from django.contrib.auth.models import User

from kb.parsing.parsed import Parsed
from retrieval.chunking.presets import PRESETS, Preset
from retrieval.chunking.split import split
from tests.conftest import Upload, signed_in
from tests.engines import WordsEngine
from tests.parsing.conftest import Parse
from tests.parsing.conftest import parsed as parsed  # the fixture
from tests.reading.pdfs import FONT_SIZE, WIDTH, Line, of_pages, width_of

PAGES, PARAGRAPHS, LINES = 6, 3, 5  # lines of each paragraph
RUNS_ON = (2, 4)  # pages whose last sentence ends on the next page
LEFT = 40.0
WORDS = (
    "salt",
    "ferry",
    "lamp",
    "oil",
    "bread",
    "flour",
    "boat",
    "wind",
    "rope",
    "tide",
    "stone",
    "quay",
    "mast",
    "net",
)

Passage = tuple[str, tuple[int, int] | None]


def mark(page: int, line: int) -> str:
    """A word that occurs on one line of the book and identifies it."""
    return f"line{page}x{line}"


def pages_of(text: str) -> set[int]:
    return {int(page) for page in re.findall(r"line(\d+)x\d+", text)}


def a_line(page: int, line: int) -> str:
    """A sentence as wide as the page, or half of one that continues on the next page."""
    choose = random.Random(100 * page + line)
    goes_on = line == 1 and page - 1 in RUNS_ON
    runs_on = line == PARAGRAPHS * LINES and page in RUNS_ON
    text = mark(page, line) if goes_on else f"The {mark(page, line)}"
    while width_of(f"{text} {(word := choose.choice(WORDS))}.") < WIDTH - 2 * LEFT:
        text += f" {word}"
    return text if runs_on else f"{text}."


def drawn(page: int) -> list[Line]:
    """The lines of a page, with a gap after each paragraph."""
    lines: list[Line] = []
    for line in range(1, PARAGRAPHS * LINES + 1):
        y = 60 + FONT_SIZE * (1.3 * line + 1.5 * ((line - 1) // LINES))
        lines.append((LEFT, y, a_line(page, line)))
    return lines


@pytest.fixture(scope="module")
def book() -> bytes:
    return of_pages(*(drawn(page) for page in range(1, PAGES + 1)))


def passages_of(text: Parsed, preset: Preset, engine: WordsEngine) -> list[Passage]:
    made = split(
        text.text,
        text.sections,
        text.page_starts,
        title="",
        preset=preset,
        max_tokens=engine.max_tokens,
        count_tokens=engine.count_tokens,
    )
    return [(text.text[passage.start : passage.end], made.pages(passage)) for passage in made.passages]


def hold(passages: list[Passage]) -> None:
    """Asserts that passages name the pages of their lines, and that every line is in a passage."""
    for text, pages in passages:
        told = pages_of(text)
        assert pages == (min(told), max(told)), text
    lines = {mark(page, line) for page in range(1, PAGES + 1) for line in range(1, PARAGRAPHS * LINES + 1)}
    assert lines <= {word.strip(".") for text, _ in passages for word in text.split()}


def over_pages(passages: list[Passage]) -> set[tuple[int, int]]:
    return {pages for _, pages in passages if pages and pages[0] != pages[1]}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_passage_is_on_the_pages_of_its_lines(parsed: Parse, book: bytes, engine: WordsEngine, preset: str) -> None:
    passages = passages_of(parsed("book.pdf", book), PRESETS[preset], engine)
    hold(passages)
    assert over_pages(passages) == {(page, page + 1) for page in RUNS_ON}


def test_a_passage_longer_than_a_page_names_its_pages(parsed: Parse, book: bytes, engine: WordsEngine) -> None:
    passages = passages_of(parsed("book.pdf", book), Preset(wanted=3000, wanted_overlap=0, favoured=3000), engine)
    hold(passages)
    assert any(last > first + 1 for first, last in over_pages(passages))


def test_a_program_reads_the_same(ready: Upload, book: bytes, alice: User) -> None:
    document = ready("book.pdf", book)
    found = signed_in(alice).get(f"/api/v1/documents/{document.pk}/passages/?limit=500").json()["results"]
    passages: list[Passage] = [(passage["text"], tuple(passage["pages"])) for passage in found]
    hold(passages)
    assert over_pages(passages) == {(page, page + 1) for page in RUNS_ON}


def test_a_question_for_a_line_is_answered_with_its_page(ready: Upload, book: bytes, alice: User) -> None:
    ready("book.pdf", book)
    for page, line in [(1, 1), (3, 7), (6, 15)]:
        body = {"query": mark(page, line), "mode": "lexical"}
        best = signed_in(alice).post("/api/v1/search/", body, "application/json").json()["hits"][0]["passage"]
        assert mark(page, line) in best["text"]
        assert best["pages"] == [page, page]
