"""Draws pages with known lines, so that their positions in the parsed text can be checked."""

from collections.abc import Callable

from fpdf import FPDF

from kb.parsing.parsed import Parsed

Draw = Callable[[FPDF], None]

LEFT, RIGHT, WIDTH = 20.0, 110.0, 80.0  # of two columns on A4, in millimetres
LEADING = 5.0


def pages(*drawn: Draw) -> bytes:
    document = FPDF()
    document.set_auto_page_break(False)
    document.set_font("times", size=11)
    for draw in drawn:
        document.add_page()
        draw(document)
    return bytes(document.output())


def at(document: FPDF, x: float, y: float, text: str, *, size: float = 11, style: str = "") -> None:
    document.set_font("times", style=style, size=size)
    document.text(x, y, text)


def paragraph(document: FPDF, x: float, y: float, text: str, width: float = WIDTH) -> None:
    """Wrapped and justified as fpdf2 does it."""
    document.set_font("times", size=11)
    document.set_xy(x, y)
    document.multi_cell(width, LEADING, text, align="J")


def sentences(word: str, count: int) -> str:
    """A paragraph of distinct sentences."""
    return " ".join(f"The {word} column speaks of number {number} in plain words." for number in range(count))


def page_text(result: Parsed, page: int) -> str:
    ends = (*result.page_starts[1:], len(result.text))
    return result.text[result.page_starts[page - 1] : ends[page - 1]]


def headings(result: Parsed) -> list[tuple[int, str]]:
    return [(section.level, section.title) for section in result.sections]


def lines(*texts: str) -> Draw:
    """Lines below one another, the right edge where the longest ends."""

    def draw(document: FPDF) -> None:
        for number, text in enumerate(texts):
            at(document, 20, 40 + LEADING * number, text)

    return draw


def filled(text: str) -> str:
    """A separate line of maximum length."""
    return (text + " and so it goes on to the edge of the paper without a stop or a rest, as lines will do")[:84]
