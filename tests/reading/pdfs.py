"""PDFs with known places of all lines."""

import re
import zlib
from collections.abc import Iterable

from fpdf import FPDF

WIDTH, HEIGHT = 500, 700  # points
FONT_SIZE = 12
SCALE = 1400 / WIDTH  # pixels of a picture for each of them

Line = tuple[float, float, str]  # left and baseline in points from the upper left corner, text


def written(*lines: Line) -> bytes:
    """A PDF of one page with these lines."""
    return of_pages(lines)


def of_pages(*pages: Iterable[Line]) -> bytes:
    document = FPDF(unit="pt", format=(WIDTH, HEIGHT))
    document.set_font("helvetica", size=FONT_SIZE)
    for lines in pages:
        document.add_page()
        for x, y, text in lines:
            document.text(x, y, text)
    return bytes(document.output())


def width_of(text: str) -> float:
    """In points."""
    document = FPDF(unit="pt")
    document.set_font("helvetica", size=FONT_SIZE)
    return document.get_string_width(text)


def without_second_page(data: bytes) -> bytes:
    """A PDF of two pages whose second is missing."""
    broken = re.sub(rb"(/Kids \[\d+ 0 R\s+)\d+ 0 R", rb"\g<1>99 0 R", data)
    assert broken != data
    return broken


def endless() -> bytes:
    """A small PDF of one page that takes minutes to draw: it fills the same area again and again."""
    drawing = zlib.compress(b"0 0 500 700 re 0 0 499 699 re f*\n" * 1_500_000)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 500 700] /Contents 4 0 R >>",
        b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
    ]
    body = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(body)
    return body + b"xref\n0 5\n0000000000 65535 f \n" + table + end
