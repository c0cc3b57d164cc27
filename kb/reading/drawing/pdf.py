"""A page of a PDF by pdfium: its picture, and the lines that contain a span of its text.

https://pypdfium2.readthedocs.io. Everything is measured in pixels of the picture.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
from pypdfium2 import raw

from kb.parsing.errors import PasswordNeeded, Unreadable
from kb.reading.drawing.alignment import align
from kb.reading.drawing.lines import Box, lines_of

WIDTH, HEIGHT = 1400, 4200  # at most; sharp on a screen with two pixels per point
MOST_CHARACTERS = 100_000
QUALITY = 85
ENOUGH = 0.9  # share of the letters; if less is found, pdfium may have read a table column by column


def picture(path: Path, number: int) -> bytes:
    """Page `number` (from 1) as a JPEG. Raises PasswordNeeded, Unreadable.

    JPEG, because PNG and WebP take ten times as long to write (400 ms) and save nothing that a reader sees.
    """
    with _page(path, number) as page:
        width, _height = size(page)
        bitmap = page.render(scale=width / page.get_width(), rev_byteorder=True)
        out = BytesIO()
        bitmap.to_pil().convert("RGB").save(out, "JPEG", quality=QUALITY)
        return out.getvalue()


def find_lines(path: Path, number: int, text: str, start: int, end: int) -> tuple[tuple[int, int], list[Box]]:
    """The picture's width and height, and the lines of text[start:end]; `text` is the parsed text of that page.

    Raises PasswordNeeded, Unreadable.
    """
    with _page(path, number) as page:
        width, height = size(page)
        if start >= end:
            return (width, height), []
        page = _with_annotations(page, number)
        textpage = page.get_textpage()
        count = min(textpage.count_chars(), MOST_CHARACTERS)
        characters = [chr(raw.FPDFText_GetUnicode(textpage, index)) for index in range(count)]
        found = align(text, start, end, characters)
        if len(found) < ENOUGH * sum(map(str.isalnum, text[start:end])):
            order = _as_seen([textpage.get_charbox(index, loose=True) for index in range(count)])
            again = align(text, start, end, [characters[index] for index in order])
            found = max(found, [order[index] for index in again], key=len)
        boxes = [_box(page, textpage, index, width, height) for index in found]
        return (width, height), lines_of(boxes)


def _with_annotations(page: Any, number: int) -> Any:
    """The page, with the text of its annotations among its own: pdfium reads only what the page itself contains."""
    if not raw.FPDFPage_GetAnnotCount(page):
        return page
    if raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY) != raw.FLATTEN_SUCCESS:
        return page
    return page.pdf[number - 1]


def size(page: Any) -> tuple[int, int]:
    """Width and height of the picture."""
    width, height = page.get_size()
    if not (width >= 1 and height >= 1):
        raise Unreadable(f"the page measures {width:g} by {height:g} points")
    scale = min(WIDTH / width, HEIGHT / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _as_seen(boxes: list[tuple[float, float, float, float]]) -> list[int]:
    """Indexes of the boxes (left, bottom, right, top) in visual order: lines from the top, each from left to right."""
    lines: list[list[int]] = []
    for index in sorted(range(len(boxes)), key=lambda index: -boxes[index][1] - boxes[index][3]):
        _, bottom, _, top = boxes[index]
        _, first_bottom, _, first_top = boxes[lines[-1][0]] if lines else (0.0, 0.0, 0.0, 0.0)
        if lines and first_bottom + first_top - bottom - top < first_top - first_bottom:
            lines[-1].append(index)
        else:
            lines.append([index])
    return [index for line in lines for index in sorted(line, key=lambda index: boxes[index][0])]


@contextmanager
def _page(path: Path, number: int) -> Iterator[Any]:
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            raise PasswordNeeded("it does not open without a password") from error
        raise Unreadable(str(error)) from error
    with document:
        if document.get_formtype() != raw.FORMTYPE_NONE:
            document.init_forms()  # draws filled-in form fields too
        try:
            page = document[number - 1]
        except (pdfium.PdfiumError, IndexError) as error:
            raise Unreadable(f"page {number}: {error}") from error
        yield page


def _box(page: Any, textpage: Any, index: int, width: int, height: int) -> Box:
    """Converted by pdfium, which knows rotation and crop box."""
    left, bottom, right, top = textpage.get_charbox(index, loose=True)
    (x1, y1), (x2, y2) = (_on_picture(page, width, height, *corner) for corner in ((left, top), (right, bottom)))
    return Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


def _on_picture(page: Any, width: int, height: int, x: float, y: float) -> tuple[int, int]:
    x_there, y_there = ctypes.c_int(), ctypes.c_int()
    ok = raw.FPDF_PageToDevice(page, 0, 0, width, height, 0, x, y, ctypes.byref(x_there), ctypes.byref(y_there))
    if not ok:
        raise Unreadable("the page has no place on its picture")
    return x_there.value, y_there.value
