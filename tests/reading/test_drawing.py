"""On generated pages the marks cover exactly the lines of the passage."""

from io import BytesIO
from pathlib import Path

import pytest
from fpdf import FPDF
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, FloatObject, NameObject

from kb.parsing.errors import PasswordNeeded, Unreadable
from kb.reading.drawing import pdf
from kb.reading.drawing.lines import Box
from tests.reading.pdfs import FONT_SIZE, HEIGHT, SCALE, Line, of_pages, width_of, without_second_page, written

TOLERANCE = 3  # pixels of 1400

LEFT = [
    (40.0, 60.0 + 16 * n, text) for n, text in enumerate(["Lamps burn oil in the", "lower room, and the", "upper one."])
]
RIGHT = [(280.0, 60.0 + 16 * n, text) for n, text in enumerate(["Ferries carry salt", "and mail at night."])]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.pdf"


def covers(boxes: list[Box], lines: list[Line]) -> bool:
    """Whether there is one box for each line: as wide as its letters, and about as high as its font."""
    return len(boxes) == len(lines) and all(is_over(*pair) for pair in zip(boxes, lines, strict=True))


def is_over(box: Box, line: Line) -> bool:
    x, baseline, text = line
    wide = abs(box.left - x * SCALE) <= TOLERANCE and abs(box.right - (x + width_of(text)) * SCALE) <= TOLERANCE
    high = (baseline - FONT_SIZE) * SCALE - TOLERANCE < box.top < baseline * SCALE < box.bottom
    return wide and high and box.height < 1.5 * FONT_SIZE * SCALE


def marks(path: Path, text: str, wanted: str, page: int = 1) -> list[Box]:
    start = text.index(wanted)
    _size, boxes = pdf.find_lines(path, page, text, start, start + len(wanted))
    return boxes


def test_lines_of_one_column(path: Path) -> None:
    path.write_bytes(written(*LEFT))
    text = "Lamps burn oil in the lower room, and the upper one."
    assert covers(marks(path, text, "Lamps burn oil in the lower room, and the"), LEFT[:2])


def test_part_of_a_line(path: Path) -> None:
    path.write_bytes(written(*LEFT))
    before = width_of("Lamps ")
    assert covers(marks(path, "Lamps burn oil in the", "burn oil"), [(40 + before, 60, "burn oil")])


def test_a_row_of_a_table_that_is_written_column_by_column(path: Path) -> None:
    rows = [[f"{row}.{column}" for column in range(1, 6)] for row in range(1, 7)]
    places = [[(40.0 + 90 * column, 60.0 + 16 * row) for column in range(5)] for row in range(6)]
    cells = [(*places[row][column], rows[row][column]) for column in range(5) for row in range(6)]
    path.write_bytes(written(*cells))
    text = "\n".join(" | ".join(row) for row in rows)
    expected = [(*place, cell) for place, cell in zip(places[2], rows[2], strict=True)]
    assert covers(marks(path, text, " | ".join(rows[2])), expected)


def test_columns_are_not_joined_over_the_gap(path: Path) -> None:
    # In the file the lines of both columns alternate.
    path.write_bytes(written(LEFT[0], RIGHT[0], LEFT[1], RIGHT[1], LEFT[2]))
    text = "Lamps burn oil in the lower room, and the upper one.\nFerries carry salt and mail at night."
    found = marks(path, text, "upper one.\nFerries carry salt and mail at night")
    wanted = [(40.0, 92.0, "upper one"), RIGHT[0], (280.0, 76.0, "and mail at night")]
    assert covers(sorted(found), wanted)


def test_a_word_hyphenated_at_the_end_of_a_line(path: Path) -> None:
    lines = [(40.0, 60.0, "The keeper under-"), (40.0, 76.0, "stands oil")]
    path.write_bytes(written(*lines))
    assert covers(
        marks(path, "The keeper understands oil", "understands"),
        [(40 + width_of("The keeper "), 60.0, "under"), (40.0, 76.0, "stands")],
    )


def test_a_passage_over_a_page_break_is_marked_on_both(path: Path) -> None:
    path.write_bytes(of_pages(LEFT, RIGHT))
    assert covers(
        marks(path, "Lamps burn oil in the lower room, and the upper one.", "upper one"), [(40, 92, "upper one")]
    )
    assert covers(marks(path, "Ferries carry salt and mail at night.", "Ferries carry salt", page=2), RIGHT[:1])


def test_a_turned_page_is_marked_as_it_is_shown(path: Path) -> None:
    path.write_bytes(written(*LEFT).replace(b"/Type /Page\n", b"/Type /Page\n/Rotate 90\n"))
    (width, height), boxes = pdf.find_lines(path, 1, "Lamps burn oil in the", 0, 21)
    assert width > height
    (column,) = {(box.left, box.right) for box in boxes}
    baseline = width - 60 * width / 700  # the top of the page is on the right
    assert column[0] < baseline < column[1]


def test_the_picture_is_as_large_as_its_marks_think(path: Path) -> None:
    path.write_bytes(written(*LEFT))
    (path.parent / "a.jpg").write_bytes(pdf.picture(path, 1))
    (width, height), _boxes = pdf.find_lines(path, 1, "", 0, 0)
    with Image.open(path.parent / "a.jpg") as image:
        assert image.format == "JPEG"
        assert abs(image.width - width) <= 1
        assert abs(image.height - height) <= 1


def test_a_page_of_any_shape_has_a_picture_of_bounded_size(path: Path) -> None:
    path.write_bytes(written().replace(b"[0 0 500.00 700.00]", b"[0 0 5 14000.00]"))
    (width, height), _boxes = pdf.find_lines(path, 1, "", 0, 0)
    assert (width, height) == (2, 4200)


def test_a_damaged_page_is_called_so(path: Path) -> None:
    path.write_bytes(without_second_page(of_pages(LEFT, RIGHT)))
    assert pdf.picture(path, 1)
    with pytest.raises(Unreadable, match="page 2"):
        pdf.picture(path, 2)


def test_what_is_no_pdf_is_unreadable(path: Path) -> None:
    path.write_text("tea")
    with pytest.raises(Unreadable):
        pdf.picture(path, 1)


def test_a_password_is_asked_for(path: Path) -> None:
    document = FPDF()
    document.add_page()
    document.set_encryption("the owner's", "the user's")
    path.write_bytes(bytes(document.output()))
    with pytest.raises(PasswordNeeded):
        pdf.picture(path, 1)


def test_the_text_of_a_stamp(path: Path) -> None:
    writer = PdfWriter(BytesIO(written(*LEFT)))
    page = writer.pages[0]
    appearance = DecodedStreamObject()
    appearance.set_data(b"BT /F1 12 Tf 5 6 Td (Passed by the warden) Tj ET")
    appearance.update(
        {
            NameObject("/Subtype"): NameObject("/Form"),
            NameObject("/BBox"): ArrayObject(map(FloatObject, (0, 0, 200, 20))),
            NameObject("/Resources"): page["/Resources"],
        }
    )
    stamp = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Stamp"),
            NameObject("/Rect"): ArrayObject(map(FloatObject, (100, 400, 300, 420))),
            NameObject("/AP"): DictionaryObject({NameObject("/N"): writer._add_object(appearance)}),
        }
    )
    page[NameObject("/Annots")] = ArrayObject([stamp])
    writer.write(path)
    text = "Lamps burn oil in the lower room, and the upper one.\n\nPassed by the warden"
    assert covers(marks(path, text, "Passed by the warden"), [(105.0, HEIGHT - 406.0, "Passed by the warden")])
    assert covers(marks(path, text, "Lamps burn oil in the lower room, and the"), LEFT[:2])
