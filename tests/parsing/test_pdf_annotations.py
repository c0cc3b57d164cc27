"""Annotations that show text are read where they stand; the others are not."""

import pytest

from tests.parsing.raw_pdf import FONT, page, parsed, shown, shown_lines, stream

LINES = [f"The keeper of light number {n} writes down every ship that passes" for n in range(8)]
BODY = shown_lines(50, 750, *LINES)
BELOW = b"/Rect [50 300 250 320]"


def annotated(*annotations: bytes, content: bytes = BODY, more: tuple[bytes, ...] = ()) -> str:
    entries = b"/Annots [" + b" ".join(b"<< /Type /Annot %s >>" % one for one in annotations) + b"]"
    return parsed(page(content, entries=entries, more=more)).text


def appearance(content: bytes, entries: bytes = b"/BBox [0 0 200 20]") -> bytes:
    return stream(content, b"/Type /XObject /Subtype /Form /Resources << /Font << /F %s >> >> %s" % (FONT, entries))


@pytest.mark.parametrize("kind", [b"FreeText", b"Stamp", b"Watermark", b"Line"])
def test_an_appearance_is_read(kind: bytes) -> None:
    drawn = appearance(shown(2, 5, "Passed by the harbour master"))
    text = annotated(b"/Subtype /%s %s /AP << /N 5 0 R >>" % (kind, BELOW), more=(drawn,))
    assert text.endswith("\n\nPassed by the harbour master")


def test_an_appearance_stands_in_its_rectangle_among_the_pages_lines() -> None:
    content = shown(50, 700, "Name of the ship:") + shown(50, 650, "Port of registry:")
    drawn = appearance(shown(1, 3, "Aurora"), b"/BBox [0 0 50 10]")
    text = annotated(b"/Subtype /FreeText /Rect [140 697 190 707] /AP << /N 5 0 R >>", content=content, more=(drawn,))
    assert text.split() == ["Name", "of", "the", "ship:", "Aurora", "Port", "of", "registry:"]


def test_a_text_box_without_appearance_is_read_from_its_contents() -> None:
    text = annotated(b"/Subtype /FreeText %s /DA (/Helv 9 Tf) /Contents (Passed by the\\rharbour master)" % BELOW)
    assert text.endswith("\n\nPassed by the harbour master") or text.endswith("\n\nPassed by the\nharbour master")


@pytest.mark.parametrize(
    "annotation",
    [
        b"/Subtype /FreeText /F 2 %s /Contents (secret)",
        b"/Subtype /FreeText /F 32 %s /Contents (secret)",
        b"/Subtype /Text %s /Contents (secret)",
        b"/Subtype /Popup %s /Contents (secret)",
        b"/Subtype /Highlight %s /Contents (secret)",
        b"/Subtype /FreeText /Contents (secret)",
        b"%s /Contents (secret)",
    ],
)
def test_what_is_not_shown_is_not_read(annotation: bytes) -> None:
    assert "secret" not in annotated(annotation % BELOW if b"%s" in annotation else annotation)


def test_a_stamp_over_the_text_does_not_stand_in_a_sentence() -> None:
    plain = parsed(page(BODY)).text
    drawn = appearance(shown(2, 5, "SEEN TWICE", size=14))
    text = annotated(b"/Subtype /Stamp /Rect [100 690 300 710] /AP << /N 5 0 R >>", more=(drawn,))
    assert text == f"{plain}\n\nSEEN TWICE"


def test_a_note_of_several_lines_beside_the_text_does_not_mix_with_it() -> None:
    plain = parsed(page(BODY)).text
    drawn = appearance(shown_lines(0, 45, "Ask the", "warden", "about this"), b"/BBox [0 0 60 60]")
    text = annotated(b"/Subtype /FreeText /Rect [500 690 560 750] /AP << /N 5 0 R >>", more=(drawn,))
    assert text.startswith(plain)
    assert text.removeprefix(plain).split() == ["Ask", "the", "warden", "about", "this"]


def test_damaged_annotations_do_not_lose_the_page() -> None:
    text = annotated(b"/Subtype /FreeText /Rect (none) /AP 5", b"/Subtype /Stamp %s /AP << /N 4 0 R >>" % BELOW)
    assert text == parsed(page(BODY)).text
