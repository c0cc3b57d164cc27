"""Reads a page's content into runs of text with position, size and weight (ISO 32000-1, 9.4)."""

from dataclasses import dataclass, field

from pypdf import PageObject

from kb.parsing.pdf import annotations
from kb.parsing.pdf.graphics import level
from kb.parsing.pdf.layers import Layers
from kb.parsing.pdf.objects import Box, dictionary, rectangle
from kb.parsing.pdf.painter import Fonts, Painter
from kb.parsing.pdf.rules import Rule
from kb.parsing.pdf.runs import Run

_LETTER_PAPER = (0.0, 0.0, 612.0, 792.0)  # what viewers assume for a page without a size


@dataclass(slots=True)
class Content:
    """`asides` are groups of text apart from the page's flow: slanted, or laid over other text."""

    runs: list[Run]
    box: Box  # the visible part of the page
    pictures: float  # share of the page covered by pictures
    rules: list[Rule] = field(default_factory=list)
    asides: list[list[Run]] = field(default_factory=list)


def read(page: PageObject, fonts: Fonts, layers: Layers) -> Content:
    """All visible text of the page. `fonts` caches the document's fonts. Raises DAMAGE.

    Text outside the visible part is for printers: crop marks, file names, line numbers.
    """
    box = _box(page)
    painter = Painter(page.pdf, fonts, layers)
    painter.paint(page.get("/Contents"), dictionary(page.get_inherited("/Resources", None)))
    area = (box[2] - box[0]) * (box[3] - box[1])
    runs = [run for run in painter.pen.runs if _is_inside(run, box)]
    slanted = [
        [run for run in group if _is_middle_inside(run, angle, box)] for angle, group in painter.pen.slanted.items()
    ]
    notes, laid_over = annotations.read(page, fonts, layers, runs)
    return Content(
        runs + notes,
        box,
        painter.pictures / area if area > 0 else 0.0,
        painter.paths.rules,
        [group for group in (*laid_over, *slanted) if group],
    )


def _box(page: PageObject) -> Box:
    """The visible part of the page: ISO 32000-2, 14.11.2."""
    whole = rectangle(page.get_inherited("/MediaBox", None)) or _LETTER_PAPER
    shown = rectangle(page.get_inherited("/CropBox", None)) or whole
    both = max(whole[0], shown[0]), max(whole[1], shown[1]), min(whole[2], shown[2]), min(whole[3], shown[3])
    return both if both[0] < both[2] and both[1] < both[3] else whole


def _is_inside(run: Run, box: Box) -> bool:
    """Whether the letters' vertical middle and some part of the line are inside."""
    x0, y0, x1, y1 = box
    left, top, right, bottom = ((x0, -y1, x1, -y0), (y0, x0, y1, x1), (-x1, y0, -x0, y1), (-y1, -x1, -y0, -x0))[
        run.turn
    ]
    return run.x0 < right and left < run.x1 and top < run.y - run.size / 3 < bottom


def _is_middle_inside(run: Run, angle: int, box: Box) -> bool:
    x, y = level((run.x0 + run.x1) / 2, run.y, angle)
    return box[0] < x < box[2] and box[1] < -y < box[3]
