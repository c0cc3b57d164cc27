"""The benchmark of places: it is silent about what is right, and names what is wrong."""

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.places.pages import compact, judged, words
from benchmarks.places.spans import faults
from tests.reading.pdfs import of_pages

WHOLE = "1. Soup\nBoil it.\n\nServe it hot.\n\nBread\n\nKnead the dough."
FIRST, SECOND, THIRD = "Boil it.", "Serve it hot.", "Knead the dough."

Change = Callable[[dict[str, Any], list[dict[str, Any]]], object]


def passage(text: str, pages: tuple[int, int]) -> dict[str, Any]:
    start = WHOLE.index(text)
    end = start + len(text)
    return {"id": f"{start}-{end}", "text": text, "start": start, "end": end, "pages": list(pages)}


def section(id: str, title: str, start: int, end: int, parent: str | None = None, level: int = 1) -> dict[str, Any]:
    return {"id": id, "parent": parent, "level": level, "title": title, "start": start, "end": end}


@pytest.fixture
def text() -> dict[str, Any]:
    bread = WHOLE.index("Bread")
    sections = [section("0", "Soup", 0, bread), section("1", "Bread", bread, len(WHOLE))]
    starts = [0, WHOLE.index("Serve"), bread]
    return {"text": WHOLE, "page_starts": starts, "page_labels": ["i", "ii", "1"], "sections": sections}


@pytest.fixture
def passages() -> list[dict[str, Any]]:
    return [passage(FIRST, (1, 1)), passage(SECOND, (2, 2)), passage(THIRD, (3, 3))]


def test_correct_places_have_no_faults(text: dict[str, Any], passages: list[dict[str, Any]]) -> None:
    assert list(faults(text, passages)) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda text, passages: passages[0].update(text="Boil it"), "passage 8-16 is not the text at its place"),
        (lambda text, passages: passages[2].update(end=99), "passage 40-56 is not inside the text"),
        (lambda text, passages: passages.reverse(), "passage 18-31 does not come after 40-56"),
        (lambda text, passages: passages[1].update(pages=[2, 3]), "passage 18-31 says pages [2, 3], its place says"),
        (lambda text, passages: passages[1].update(pages=None), "passage 18-31 says pages None, its place says"),
        (lambda text, passages: passages.pop(1), "text[18:33] is in no passage: 'Serve it hot.\\n\\n'"),
        (lambda text, passages: text["sections"].pop(), "text[33:40] is in no passage: 'Bread\\n\\n'"),
        (lambda text, passages: text["sections"][0].update(end=50), "section 1 begins in the one before it"),
        (lambda text, passages: text["sections"][1].update(end=99), "section 1 is not inside the one around it"),
        (lambda text, passages: text["sections"][1].update(parent="0"), "section 1 is not inside the one around it"),
        (lambda text, passages: text["sections"][0].update(title="Tea"), "text[0:8] is in no passage: '1. Soup\\n'"),
        (lambda text, passages: text["page_starts"].reverse(), "its pages do not start one after the other"),
        (lambda text, passages: text["page_labels"].pop(), "it has 3 pages and 2 labels"),
    ],
)
def test_what_is_wrong_is_named(
    text: dict[str, Any], passages: list[dict[str, Any]], change: Change, named: str
) -> None:
    change(text, passages)
    assert any(fault.startswith(named) for fault in faults(text, passages)), list(faults(text, passages))


def test_a_section_in_another_is_deeper(text: dict[str, Any], passages: list[dict[str, Any]]) -> None:
    inside = section("2", "", text["sections"][1]["start"], len(WHOLE), parent="1")
    text["sections"].append(inside)
    assert "section 2 is no deeper than the one around it" in list(faults(text, passages))
    inside["level"] = 2
    assert "section 2 is no deeper than the one around it" not in list(faults(text, passages))


class TestPages:
    data = of_pages(
        [(40.0, 60.0, "Lamps burn oil in the lower har-"), (40.0, 76.0, "bour. They are lit at dusk.")],
        [(40.0, 60.0, "Ferries carry salt at night.")],
    )

    def test_a_passage_is_on_its_page(self) -> None:
        found = list(judged(self.data, [{"text": "Lamps burn oil in the lower harbour.", "pages": [1, 1]}]))
        assert [(one.here, one.elsewhere, one.is_right) for one in found] == [(1.0, 0.0, True)]

    def test_another_page_is_told(self) -> None:
        found = list(judged(self.data, [{"text": "Ferries carry salt at night.", "pages": [1, 1]}]))
        assert [(one.here, one.elsewhere, one.is_right) for one in found] == [(0.0, 1.0, False)]

    def test_numbers_and_short_words_prove_nothing(self) -> None:
        assert list(judged(self.data, [{"text": "It is 17 or 18.", "pages": [2, 2]}])) == []


def test_words_of_two_scripts() -> None:
    assert words("Ｔｈｅ harbours of 长江下游 in 2024") == {"harbours", "长江", "江下", "下游", "2024"}
    assert compact("har-\nbour 长 江") == "harbour长江"
