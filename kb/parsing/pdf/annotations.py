"""Annotations that show text on the page: text boxes, stamps and the like (ISO 32000-1, 12.5)."""

import logging
import re
from collections.abc import Iterator
from typing import Any

from pypdf import PageObject
from pypdf.generic import ArrayObject, DictionaryObject

from kb.parsing.pdf.graphics import Matrix
from kb.parsing.pdf.layers import Layers
from kb.parsing.pdf.objects import DAMAGE, Box, dictionary, numbers, rectangle, resolved
from kb.parsing.pdf.painter import Fonts, Painter
from kb.parsing.pdf.runs import Run

logger = logging.getLogger(__name__)

_MOST = 5000  # of a page
_UNSEEN = 1 << 1 | 1 << 5  # of /F, hidden and no view: table 165
_NOT_SHOWN = {"/Widget", "/Popup", "/Text", "/Link"}  # widgets are read as fields; the others show an icon or nothing
_WRITTEN = "/FreeText"  # the only kind whose text is its /Contents
_SIZE = re.compile(r"([\d.]+)\s+Tf")
_USUAL_SIZE = 11.0
_LEADING_EM = 1.2
_LETTER_EM = 0.5  # average width


def read(page: PageObject, fonts: Fonts, layers: Layers, written: list[Run]) -> tuple[list[Run], list[list[Run]]]:
    """(runs that have their place in the page's text, groups of runs beside or over it).

    `written` is the page's own text. A note of several lines beside other lines must not mix with them.
    """
    listed = resolved(page.get("/Annots"))
    if not isinstance(listed, ArrayObject):
        return [], []
    own: list[Run] = []
    apart: list[list[Run]] = []
    painter = Painter(page.pdf, fonts, layers)  # one for all, so that the limit on drawings is one for all
    for reference in list(listed)[:_MOST]:
        painter.pen.runs, painter.pen.slanted = [], {}
        try:
            groups = list(_groups(painter, dictionary(reference), layers))
        except DAMAGE as error:
            logger.warning("an annotation cannot be read: %s: %s", type(error).__name__, error)
            continue
        for is_slanted, runs in groups:
            if is_slanted or any(_collides(run, runs, written) for run in runs):
                apart.append(runs)
            else:
                own += runs
    return own, apart


def _groups(painter: Painter, annotation: DictionaryObject, layers: Layers) -> Iterator[tuple[bool, list[Run]]]:
    """(whether slanted, runs) as the annotation shows them."""
    kind, flags = annotation.get("/Subtype"), annotation.get("/F", 0)
    if kind is None or kind in _NOT_SHOWN or (isinstance(flags, int) and flags & _UNSEEN):
        return
    box = rectangle(annotation.get("/Rect"))
    if box is None or ("/OC" in annotation and not layers.is_shown(annotation.get("/OC"))):
        return
    if appearance := _appearance(annotation):
        painter.draw(appearance, _placed(appearance, box))
    if painter.pen.runs:
        yield kind == "/Watermark", painter.pen.runs
    elif kind == _WRITTEN and not painter.pen.slanted and (runs := _written(annotation, box)):
        yield False, runs
    for runs in painter.pen.slanted.values():
        yield True, runs


def _appearance(annotation: DictionaryObject) -> DictionaryObject | None:
    """The form that is drawn, which may be one of several states."""
    normal = dictionary(dictionary(annotation.get("/AP")).get("/N"))
    if "/BBox" not in normal:
        normal = dictionary(normal.get(annotation.get("/AS", "/Off")))
    return normal if "/BBox" in normal else None


def _placed(form: DictionaryObject, box: Box) -> Matrix | None:
    """How the appearance, transformed by its own matrix, fills the annotation's rectangle: ISO 32000-1, 12.5.5."""
    bounds = rectangle(form.get("/BBox"))
    if bounds is None:
        return None
    matrix = resolved(form.get("/Matrix"))
    a, b, c, d, e, f = (numbers(list(matrix), 6) if isinstance(matrix, ArrayObject) else None) or (1, 0, 0, 1, 0, 0)
    corners = [(x * a + y * c + e, x * b + y * d + f) for x in bounds[::2] for y in bounds[1::2]]
    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    bottom, top = min(y for _, y in corners), max(y for _, y in corners)
    across = (box[2] - box[0]) / (right - left) if right > left else 1.0
    along = (box[3] - box[1]) / (top - bottom) if top > bottom else 1.0
    return across, 0.0, 0.0, along, box[0] - left * across, box[1] - bottom * along


def _written(annotation: DictionaryObject, box: Box) -> list[Run]:
    """The lines of a text box that leaves its drawing to the viewer, one below the other from its upper left corner."""
    contents: Any = resolved(annotation.get("/Contents"))
    if not isinstance(contents, str):
        return []
    size_given = _SIZE.search(str(annotation.get("/DA", "")))
    try:
        size = float(size_given[1]) if size_given else 0.0
    except ValueError:
        size = 0.0
    size = size or _USUAL_SIZE
    runs = []
    for number, text in enumerate(re.split(r"\r\n?|\n", contents)):
        if line := " ".join(text.split()):
            y = size - box[3] + number * _LEADING_EM * size
            right = min(box[2], box[0] + len(line) * _LETTER_EM * size)
            runs.append(Run(line, box[0], max(right, box[0] + size), y, size, False, 0))
    return runs


def _collides(run: Run, runs: list[Run], written: list[Run]) -> bool:
    """Whether a line stands over the page's text, or, as one of several, beside it."""
    is_alone = max(other.y for other in runs) - min(other.y for other in runs) < run.size / 2
    return any(
        other.turn == run.turn
        and abs(other.y - run.y) < max(run.size, other.size) / 2
        and (not is_alone or (run.x0 < other.x1 and other.x0 < run.x1))
        for other in written
    )
