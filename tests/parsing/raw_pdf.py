"""PDFs written object by object, so that tests decide every operator."""

import tempfile
from io import BytesIO
from pathlib import Path

from pypdf import PdfReader
from pypdf.generic import DictionaryObject, NameObject

from kb.parsing.parsed import Parsed
from kb.parsing.pdf import parse
from kb.parsing.pdf.content import read
from kb.parsing.pdf.glyphs import Glyphs
from kb.parsing.pdf.layers import Layers
from kb.parsing.pdf.runs import Run

FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
BOLD = FONT.replace(b"Helvetica", b"Helvetica-Bold")


def file_of(*objects: bytes) -> bytes:
    """A file of these objects, from 1 on; the first is the catalogue."""
    data = b"%PDF-1.7\n"
    offsets = []
    for number, item in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(data))
    return data + head + table + trailer


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


def page(
    content: bytes,
    *forms: tuple[bytes, bytes],
    catalogue: bytes = b"",
    entries: bytes = b"",
    resources: bytes = b"",
    more: tuple[bytes, ...] = (),
) -> bytes:
    """A file of one page with the fonts /F and, in bold, /B.

    A form is its content and what else its dictionary holds. They are called /X0, /X1 … and are the objects from 5 on;
    `more` objects follow. `catalogue`, `entries` (of the page) and `resources` are added to the dictionaries.
    """
    names = b" ".join(b"/X%d %d 0 R" % (place, 5 + place) for place in range(len(forms)))
    all_resources = b"<< /Font << /F %s /B %s >> /XObject << %s >> %s >>" % (FONT, BOLD, names, resources)
    return file_of(
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalogue,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources %s %s >>"
        % (all_resources, entries),
        stream(content),
        *(
            stream(form, b"/Type /XObject /Subtype /Form /Resources %s %s" % (all_resources, own))
            for form, own in forms
        ),
        *more,
    )


def runs(data: bytes) -> list[Run]:
    return read(PdfReader(BytesIO(data)).pages[0], {}, Layers(DictionaryObject())).runs


def parsed(data: bytes) -> Parsed:
    """The file parsed; for property tests, which cannot use the fixture."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(data)
        file.flush()
        return parse(Path(file.name), 100_000, lambda done, total: None)


def shown(x: float, y: float, text: str, *, size: float = 10, font: str = "F") -> bytes:
    """Text at a place of the page, in points from its lower left corner."""
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /{font} {size} Tf 1 0 0 1 {x:.3f} {y:.3f} Tm ({escaped}) Tj ET\n".encode("cp1252")


def shown_lines(x: float, y: float, *lines: str, leading: float = 14, size: float = 10) -> bytes:
    return b"".join(shown(x, y - leading * number, line, size=size) for number, line in enumerate(lines))


def width(text: str, size: float = 10) -> float:
    """In points."""
    names = {"/Subtype": "/Type1", "/BaseFont": "/Helvetica", "/Encoding": "/WinAnsiEncoding"}
    font = DictionaryObject({NameObject(key): NameObject(value) for key, value in names.items()})
    return Glyphs(font).read(text.encode("cp1252"))[1] * size
