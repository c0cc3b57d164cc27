"""Scanned pages: detection, and conversion of recognised words to ordinary text."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fpdf import FPDF
from PIL.Image import Image
from PIL.Image import new as new_picture

from kb.parsing.errors import NoText
from kb.parsing.parsed import Parsed
from kb.parsing.pdf import parse
from kb.parsing.pdf.scans import is_scan, runs_of
from kb.parsing.recognition import NotRecognised, Recognise, TextLine, Word
from tests.parsing.conftest import Parse
from tests.parsing.drawn import lines, pages
from tests.parsing.pictures import HEIGHT, LEFT, SCALE, SIZE, TOP, picture_of, scan, stamped

Read = Callable[[bytes, Recognise | None], Parsed]
EMPTY = picture_of()
LEADING = 3 * SIZE // 2
WRAPPED = ["The lamps are lit at dusk and burn until the first ferry of the morning has come back from", "the island."]


def line(text: str, top: int = TOP, left: int = LEFT, size: int = SIZE, confidence: float = 95.0) -> TextLine:
    """A line as tesseract returns it: each word with its box, letters half as wide as high."""
    words = []
    x = left
    for word in text.split(" "):
        end = x + len(word) * size // 2
        words.append(Word(word, x, top, end, top + size, confidence))
        x = end + size // 2
    bottom = top + size
    return TextLine(tuple(words), (left, bottom), (words[-1].right, bottom), size, turn=0)


def column(texts: list[str], left: int = LEFT, top: int = TOP) -> list[TextLine]:
    return [line(text, top + number * LEADING, left) for number, text in enumerate(texts)]


def recognised(*pages: list[TextLine]) -> Recognise:
    """Returns the lines of one page after another."""
    each: Iterator[list[TextLine]] = iter(pages)
    return lambda picture: next(each)


def nobody_asks(picture: Image) -> list[TextLine]:
    raise AssertionError("this page needs no recognition")


def gives_up(picture: Image) -> list[TextLine]:
    raise NotRecognised("it took too long")


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_bytes(data: bytes, recognise: Recognise | None) -> Parsed:
        path = tmp_path / "a.pdf"
        path.write_bytes(data)
        return parse(path, 100_000, lambda done, total: None, recognise)

    return read_bytes


class TestText:
    def test_lines_of_a_paragraph_become_one(self, read: Read) -> None:
        lines = column(WRAPPED)
        text = read(scan(EMPTY), recognised(lines)).text
        assert text == " ".join(WRAPPED)

    def test_columns_are_read_one_after_the_other(self, read: Read) -> None:
        left = [f"the left column has line {number} of its own words" for number in range(8)]
        right = [f"then the right one has its line {number} beside it" for number in range(8)]
        lines = [*column(left), *column(right, left=1400)]
        text = " ".join(read(scan(EMPTY), recognised(lines)).text.split())
        assert text == " ".join([*left, *right])

    def test_a_large_line_is_a_heading_though_sizes_are_only_measured(self, read: Read) -> None:
        sizes = [44, 49, 46, 43, 48, 45]
        texts = [f"line {number} is as long as all the others on this page." for number in range(6)]
        body = [
            line(text, 500 + number * LEADING, size=size)
            for number, (text, size) in enumerate(zip(texts, sizes, strict=True))
        ]
        result = read(scan(EMPTY), recognised([line("On lamps", 300, size=70), *body]))
        assert [section.title for section in result.sections] == ["On lamps"]

    def test_chinese_has_no_blanks_between_its_characters(self, read: Read) -> None:
        words = tuple(
            Word(character, LEFT + number * 60, TOP, LEFT + number * 60 + 40, TOP + SIZE, 95.0)
            for number, character in enumerate("数据安全，制定本法。")
        )
        lines = [TextLine(words, (LEFT, TOP + SIZE), (LEFT + 600, TOP + SIZE), SIZE, turn=0)]
        assert read(scan(EMPTY), recognised(lines)).text == "数据安全，制定本法。"

    def test_text_with_low_confidence_is_left_out(self, read: Read) -> None:
        lines = [line("The lamps are lit at dusk."), line("~ jl .", TOP + 3 * LEADING, confidence=12.0)]
        assert read(scan(EMPTY), recognised(lines)).text == "The lamps are lit at dusk."

    def test_a_skewed_page_is_straightened(self) -> None:
        words = tuple(Word("lamp", x, 500 + x // 20, x + 90, 546 + x // 20, 95.0) for x in range(0, 2000, 100))
        runs = runs_of([TextLine(words, (0, 540), (2000, 640), SIZE, turn=0)], SCALE, HEIGHT)
        beside = runs_of([TextLine(words[:3], (1000, 590), (1300, 605), SIZE, turn=0)] * 2, SCALE, HEIGHT)
        assert abs(runs[0].y - (540 - HEIGHT) / SCALE) < 1
        assert abs(beside[0].y - runs[0].y) < 1

    def test_text_that_stands_on_its_side_keeps_its_turn(self) -> None:
        upwards = TextLine((Word("spine", 100, 800, 146, 1000, 95.0),), (146, 1000), (146, 800), SIZE, turn=1)
        (run,) = runs_of([upwards], SCALE, HEIGHT)
        assert (run.turn, round(run.x1 - run.x0), round(run.y)) == (1, round(200 / SCALE), round(146 / SCALE))


class TestPages:
    def test_one_scan_among_pages_of_text_is_read(self, read: Read) -> None:
        result = read(scan("The cover", EMPTY, "The end"), recognised([line("In between")]))
        assert result.text == "The cover\n\nIn between\n\nThe end"
        assert (result.page_starts, result.unread_pages) == ((0, 11, 23), 0)

    def test_a_page_of_text_is_not_recognised(self, read: Read) -> None:
        assert read(scan("The cover"), nobody_asks).text == "The cover"

    def test_a_page_with_a_complete_text_layer_is_not_recognised(self, read: Read) -> None:
        text = "The lamps are lit at dusk and burn until the first ferry leaves. " * 5
        assert read(stamped(EMPTY, text), nobody_asks).text == text.strip()

    def test_a_scanners_stamp_is_replaced_by_the_pages_text(self, read: Read) -> None:
        lines = column(WRAPPED)
        result = read(stamped(EMPTY, "Scanned in 2024"), recognised(lines))
        assert result.text == " ".join(WRAPPED)

    def test_a_slide_keeps_the_text_that_it_has(self, read: Read) -> None:
        result = read(stamped(EMPTY, "Lamps and ferries"), recognised([line("Lamps and fenies")]))
        assert result.text == "Lamps and ferries"

    @pytest.mark.parametrize(("text", "is_none"), [("a\ue001\ufffd\x07b", True), ("Lamps \ue001", False)])
    def test_a_nonsense_text_layer_is_ignored(self, text: str, is_none: bool) -> None:
        assert is_scan(1.0, text) is is_none

    def test_a_picture_without_text_is_fine(self, read: Read) -> None:
        result = read(scan("The cover", EMPTY, EMPTY), recognised([], []))
        assert (result.text, result.unread_pages) == ("The cover", 0)

    def test_a_page_that_could_not_be_read_is_counted(self, read: Read, caplog: pytest.LogCaptureFixture) -> None:
        assert read(scan("The cover", EMPTY), gives_up).unread_pages == 1
        assert "page 2 is not read: it took too long" in caplog.text


class TestRefused:
    def test_without_recognition_a_scan_says_what_to_install(self, read: Read) -> None:
        with pytest.raises(NoText, match=r"none of its 1 pages .* not installed .* tesseract-ocr-chi-sim.* extra ocr"):
            read(scan(EMPTY), None)

    def test_with_recognition_it_says_that_nothing_was_recognised(self, read: Read) -> None:
        with pytest.raises(NoText, match="none of its 1 pages has a text layer, and no text was recognised on them"):
            read(scan(EMPTY), recognised([]))

    def test_a_document_with_mostly_unreadable_pages_is_a_scan(self, read: Read) -> None:
        with pytest.raises(NoText, match="2 of its 3 pages are pictures"):
            read(scan("The cover", EMPTY, EMPTY), gives_up)

    def test_blank_pages_do_not_suggest_recognition(self, read: Read) -> None:
        with pytest.raises(NoText, match=r"text layer$"):
            read(scan(" "), None)


def a_scan(document: FPDF) -> None:
    document.image(new_picture("L", (8, 8), 200), 0, 0, 210, 297)


def test_a_document_with_mostly_pictures_is_a_scan(parsed: Parse) -> None:
    with pytest.raises(NoText, match="2 of its 3 pages are pictures"):
        parsed("a.pdf", pages(lines("The cover"), a_scan, a_scan))


def test_some_scanned_pages_are_counted_and_logged(parsed: Parse, caplog: pytest.LogCaptureFixture) -> None:
    result = parsed("a.pdf", pages(lines("The cover"), lines("The preface"), a_scan))
    assert result.page_starts == (0, 11, 22)
    assert result.unread_pages == 1
    assert "1 of 3 pages are pictures that were not read" in caplog.text


def test_empty_pages_are_not_a_scan(parsed: Parse) -> None:
    assert parsed("a.pdf", pages(lines("The only page"), *[lambda document: None] * 5)).text == "The only page"
