"""Pages that are pictures of text: which they are, and the text recognised on them as runs like those of a text layer.

pdfium draws the pages: https://pypdfium2.readthedocs.io.
"""

import logging
import math
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any, Self

import pypdfium2 as pdfium
from PIL.Image import Image

from kb.parsing.draft import has_text
from kb.parsing.pdf.content import WORD_EM, Content, Run
from kb.parsing.pdf.lines import Line
from kb.parsing.pdf.scripts import is_cjk
from kb.parsing.recognition import NotRecognised, Recognise, TextLine, Word, confidence

logger = logging.getLogger(__name__)

POINTS = 72  # an inch
DPI = 300  # what tesseract is trained for
MOST_PIXELS = 25_000_000  # of a page, a little more than A3 has at that
_PICTURE = 0.1  # the part of a page without text that a picture of text covers at least
_WHOLE = 0.9
_FEW_LETTERS = 200  # what a scanner stamps on a page, or stands on a slide's background
_NONSENSE = 0.3  # of a text layer, by characters that mean nothing
_MEANINGLESS = ("Cc", "Cn", "Co")  # control, unassigned, private use
_SURE = 40  # tesseract's confidence in a line; below are stains, stamps and drawings
_STRETCH_EM = 0.5
_SIZE_STEP = 1.25
_SURELY_OTHER = 0.65  # of a step: sizes of one font are measured up to a seventh apart


def is_scan(pictures: float, text: str) -> bool:
    """Whether a page, of which that part is `pictures`, has no text layer worth the name."""
    return pictures >= _PICTURE and (not has_text(text) or _is_nonsense(text))


def may_hold_more(pictures: float, text: str) -> bool:
    """Whether there may be more text in the page's picture than in its short text layer."""
    return pictures >= _WHOLE and _letters(text) < _FEW_LETTERS


def says_more(recognised: str, text: str) -> bool:
    """Whether what was recognised on such a page takes the place of its text layer, which has no mistakes."""
    return _letters(recognised) > 2 * _letters(text)


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def _is_nonsense(text: str) -> bool:
    shown = [character for character in text if not character.isspace()]
    odd = sum(character == "\ufffd" or unicodedata.category(character) in _MEANINGLESS for character in shown)
    return odd > _NONSENSE * len(shown)


class Pictures:
    """The pages of a file, drawn by pdfium for whoever recognises text; opened on first use."""

    def __init__(self, path: Path, recognise: Recognise | None) -> None:
        self._path = path
        self._recognise = recognise
        self._document: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._document is not None:
            self._document.close()

    def content(self, index: int) -> Content | None:
        """What is recognised on a page, counted from 0; None if nobody recognises, or this page cannot be."""
        if self._recognise is None:
            return None
        try:
            if self._document is None:
                self._document = pdfium.PdfDocument(self._path)
            picture, scale = _drawn(self._document[index])
            runs = runs_of(self._recognise(picture), scale, picture.height)
        except (pdfium.PdfiumError, NotRecognised) as error:
            logger.warning("page %d is not read: %s", index + 1, error)
            return None
        return Content(runs, (0.0, 0.0, picture.width / scale, picture.height / scale), pictures=1.0)


def _drawn(page: Any) -> tuple[Image, float]:
    """The page in grey and upright, and its pixels a point."""
    width, height = page.get_size()
    scale = min(DPI / POINTS, math.sqrt(MOST_PIXELS / (width * height)))
    picture: Image = page.render(scale=scale, grayscale=True).to_pil()
    return picture, scale


def runs_of(lines: Sequence[TextLine], scale: float, height: int) -> list[Run]:
    """Lines on a picture of that height, with `scale` pixels a point -> runs as `content.read` gives them."""
    sure = [line for line in lines if line.height > 0 and confidence([line]) >= _SURE]
    slopes = [_slope(line) for line in sure if len(line.words) > 2]
    slope = median(slopes) if slopes else 0.0
    return [run for line in sure for run in _stretches(line, slope, scale, height)]


def _as_read(x: float, y: float, turn: int) -> tuple[float, float]:
    """A point of the picture as the reader of text so turned holds it."""
    return ((x, y), (-y, x), (-x, -y), (y, -x))[turn]


def _slope(line: TextLine) -> float:
    """How far the line sinks on its way: a page seldom lies straight on the glass."""
    (x0, y0), (x1, y1) = (_as_read(*point, line.turn) for point in (line.begin, line.end))
    return (y1 - y0) / (x1 - x0) if x1 > x0 else 0.0


def _stretches(line: TextLine, slope: float, scale: float, height: int) -> Iterator[Run]:
    """The line's words, those together that stand near each other; made straight and in points."""
    (x0, y0), (x1, y1) = (_as_read(x, y - height, line.turn) for x, y in (line.begin, line.end))
    middle = (y0 + y1) / 2
    y = (middle - slope * (x0 + x1) / 2) / scale
    size = line.height / scale
    last: Run | None = None
    for word in line.words:
        corners = [_as_read(x, y - height, line.turn) for x, y in ((word.left, word.top), (word.right, word.bottom))]
        left, right = sorted((x + slope * middle) / scale for x, _y in corners)
        if last is not None and left - last.x1 <= _STRETCH_EM * size:
            last.text += _between(last.text, word, (left - last.x1) / size) + word.text
            last.x1 = max(last.x1, right)
            continue
        if last is not None:
            yield last
        last = Run(word.text, left, right, y, size, bold=False, turn=line.turn)
    if last is not None:
        yield last


def _between(before: str, word: Word, gap_em: float) -> str:
    """Beside Chinese, a word is whatever tesseract saw at once: only a gap parts it."""
    beside_cjk = is_cjk(before[-1]) or is_cjk(word.text[0])
    return " " if gap_em > WORD_EM or not beside_cjk else ""


def even_sizes(recognised: Sequence[Line], body: float) -> None:
    """Sizes measured on a picture differ from line to line: each becomes what it is likely meant to be, in large steps.

    Most of the text gets the size `body`, as on the pages with a text layer; 0.0 if there are none.
    """
    sizes = [line.size for line in recognised for _ in line.text]
    if not sizes:
        return
    usual = median(sizes)
    for line in recognised:
        steps = math.log(line.size / usual, _SIZE_STEP)
        line.size = (body or round(usual)) * _SIZE_STEP ** int(steps + math.copysign(1 - _SURELY_OTHER, steps))
