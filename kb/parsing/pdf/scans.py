"""Scanned pages: detects them and turns recognised text into runs like those of a text layer.

pdfium renders the pages: https://pypdfium2.readthedocs.io.
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
from kb.parsing.pdf.content import Content
from kb.parsing.pdf.lines import Line
from kb.parsing.pdf.runs import WORD_EM, Run
from kb.parsing.pdf.scripts import is_cjk
from kb.parsing.recognition import NotRecognised, Recognise, TextLine, Word, confidence

logger = logging.getLogger(__name__)

POINTS = 72  # per inch
DPI = 300  # tesseract is trained for this
MAX_PIXELS = 25_000_000  # per page, a little more than A3 at 300 DPI
_PICTURE = 0.1  # minimum share of the page that a picture of text covers
_WHOLE = 0.9
_FEW_LETTERS = 200  # as in a scanner's stamp or on a slide's background
_NONSENSE = 0.3  # share of meaningless characters that makes a text layer useless
_MEANINGLESS = ("Cc", "Cn", "Co")  # control, unassigned, private use
_MIN_CONFIDENCE = 40  # of a line; below are stains, stamps and drawings
_RUN_EM = 0.5  # maximum gap between words of one run
_SIZE_STEP = 1.25
_SURELY_OTHER = 0.65  # of a step: measured sizes of one font differ by up to a seventh


def is_scan(pictures: float, text: str) -> bool:
    """Whether a page has no usable text layer. `pictures` is the share of it that pictures cover."""
    return pictures >= _PICTURE and (not has_text(text) or _is_nonsense(text))


def may_hold_more(pictures: float, text: str) -> bool:
    """Whether the page's picture may contain more text than its short text layer."""
    return pictures >= _WHOLE and _letters(text) < _FEW_LETTERS


def says_more(recognised: str, text: str) -> bool:
    """Whether recognised text replaces the page's text layer, which has no recognition errors."""
    return _letters(recognised) > 2 * _letters(text)


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def _is_nonsense(text: str) -> bool:
    shown = [character for character in text if not character.isspace()]
    odd = sum(character == "\ufffd" or unicodedata.category(character) in _MEANINGLESS for character in shown)
    return odd > _NONSENSE * len(shown)


class Pictures:
    """Renders pages of a file with pdfium for text recognition. The file is opened on first use."""

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
        """The recognised content of a page, counted from 0; None without text recognition, or if it failed."""
        if self._recognise is None:
            return None
        try:
            if self._document is None:
                self._document = pdfium.PdfDocument(self._path)
            picture, scale = _render(self._document[index])
            runs = runs_of(self._recognise(picture), scale, picture.height)
        except (pdfium.PdfiumError, NotRecognised) as error:
            logger.warning("page %d is not read: %s", index + 1, error)
            return None
        return Content(runs, (0.0, 0.0, picture.width / scale, picture.height / scale), pictures=1.0)


def _render(page: Any) -> tuple[Image, float]:
    """The page in grey and upright, and its pixels per point."""
    width, height = page.get_size()
    scale = min(DPI / POINTS, math.sqrt(MAX_PIXELS / (width * height)))
    picture: Image = page.render(scale=scale, grayscale=True).to_pil()
    return picture, scale


def runs_of(lines: Sequence[TextLine], scale: float, height: int) -> list[Run]:
    """Converts lines on a picture of that height, with `scale` pixels per point, to runs as of `content.read`."""
    reliable = [line for line in lines if line.height > 0 and confidence([line]) >= _MIN_CONFIDENCE]
    slopes = [_slope(line) for line in reliable if len(line.words) > 2]
    slope = median(slopes) if slopes else 0.0
    return [run for line in reliable for run in _runs(line, slope, scale, height)]


def _as_read(x: float, y: float, turn: int) -> tuple[float, float]:
    """A point of the picture when it is turned for reading."""
    return ((x, y), (-y, x), (-x, -y), (y, -x))[turn]


def _slope(line: TextLine) -> float:
    """The slope of a line: pages are seldom straight on the scanner."""
    (x0, y0), (x1, y1) = (_as_read(*point, line.turn) for point in (line.begin, line.end))
    return (y1 - y0) / (x1 - x0) if x1 > x0 else 0.0


def _runs(line: TextLine, slope: float, scale: float, height: int) -> Iterator[Run]:
    """Groups the line's adjacent words into runs, straightened and in points."""
    (x0, y0), (x1, y1) = (_as_read(x, y - height, line.turn) for x, y in (line.begin, line.end))
    middle = (y0 + y1) / 2
    y = (middle - slope * (x0 + x1) / 2) / scale
    size = line.height / scale
    last: Run | None = None
    for word in line.words:
        corners = [_as_read(x, y - height, line.turn) for x, y in ((word.left, word.top), (word.right, word.bottom))]
        left, right = sorted((x + slope * middle) / scale for x, _y in corners)
        if last is not None and left - last.x1 <= _RUN_EM * size:
            last.text += _between(last.text, word, (left - last.x1) / size) + word.text
            last.x1 = max(last.x1, right)
            continue
        if last is not None:
            yield last
        last = Run(word.text, left, right, y, size, bold=False, turn=line.turn)
    if last is not None:
        yield last


def _between(before: str, word: Word, gap_em: float) -> str:
    """In Chinese, tesseract's words are arbitrary groups, so only a visible gap counts as a space."""
    beside_cjk = is_cjk(before[-1]) or is_cjk(word.text[0])
    return " " if gap_em > WORD_EM or not beside_cjk else ""


def even_sizes(recognised: Sequence[Line], body: float) -> None:
    """Rounds sizes measured on pictures, which vary from line to line, to large steps.

    Most of the text gets the size `body` of the pages with a text layer; 0.0 if there are none.
    """
    sizes = [line.size for line in recognised for _ in line.text]
    if not sizes:
        return
    usual = median(sizes)
    for line in recognised:
        steps = math.log(line.size / usual, _SIZE_STEP)
        line.size = (body or round(usual)) * _SIZE_STEP ** int(steps + math.copysign(1 - _SURELY_OTHER, steps))
