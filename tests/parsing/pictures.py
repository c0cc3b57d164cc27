"""PDFs whose pages are pictures of text, as from a scanner."""

from io import BytesIO
from pathlib import Path

import pytest
from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

CHINESE_FONT = Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc")  # of Debian's fonts-noto-cjk
SCALE = 300 / 72  # pixels a point
WIDTH, HEIGHT = 2480, 3508  # A4
LEFT, TOP = 250, 250
SIZE = 46  # pixels: 11 points


def picture_of(*lines: str, chinese: bool = False) -> Image.Image:
    """A page in grey with those lines below each other; one that begins with # is set larger."""
    page = Image.new("L", (WIDTH, HEIGHT), 255)
    draw = ImageDraw.Draw(page)
    y = TOP
    for line in lines:
        size = 3 * SIZE // 2 if line.startswith("# ") else SIZE
        draw.text((LEFT, y), line.removeprefix("# "), font=_font(size, chinese), fill=20)
        y += 3 * size // 2
    return page


def scan(*pages: Image.Image | str) -> bytes:
    """A PDF with those pictures over whole pages; a page of text for a string."""
    document = FPDF(unit="pt", format="A4")
    document.set_font("helvetica", size=11)
    for page in pages:
        document.add_page()
        if isinstance(page, str):
            document.multi_cell(0, text=page)
        else:
            document.image(page, 0, 0, document.w, document.h)
    return bytes(document.output())


def stamped(picture: Image.Image, text: str) -> bytes:
    """A page that is a picture, and has that text as its text layer."""
    document = FPDF(unit="pt", format="A4")
    document.set_font("helvetica", size=11)
    document.add_page()
    document.image(picture, 0, 0, document.w, document.h)
    document.multi_cell(0, text=text)
    return bytes(document.output())


def _font(size: int, chinese: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    if not chinese:
        return ImageFont.load_default(size)
    if not CHINESE_FONT.exists():
        pytest.skip("no Chinese font: install Debian's fonts-noto-cjk")
    return ImageFont.truetype(BytesIO(CHINESE_FONT.read_bytes()), size)
