"""Optional content that is switched off is left out, and replacement text is read in place of what is drawn."""

import pytest

from tests.parsing.raw_pdf import page, parsed, shown

ON, OFF = b"<< /Type /OCG /Name (On) >>", b"<< /Type /OCG /Name (Off) >>"  # objects 5 and 6
SEEN = shown(50, 700, "Open daily")
LAYERED = SEEN + b"/OC /L BDC\n" + shown(50, 650, "Draft of spring") + b"EMC\n" + shown(50, 600, "Closed in May")


def layered(properties: bytes, usual: bytes = b"/OFF [6 0 R]", content: bytes = LAYERED) -> str:
    catalogue = b"/OCProperties << /OCGs [5 0 R 6 0 R] /D << %s >> >>" % usual
    resources = b"/Properties << /L %s >>" % properties
    return parsed(page(content, catalogue=catalogue, resources=resources, more=(ON, OFF))).text


@pytest.mark.parametrize(
    ("properties", "usual", "is_shown"),
    [
        (b"5 0 R", b"/OFF [6 0 R]", True),
        (b"6 0 R", b"/OFF [6 0 R]", False),
        (b"6 0 R", b"", True),
        (b"5 0 R", b"/BaseState /OFF /ON [6 0 R]", False),
        (b"6 0 R", b"/BaseState /OFF /ON [6 0 R]", True),
        (b"<< /Type /OCMD /OCGs [5 0 R 6 0 R] >>", b"/OFF [6 0 R]", True),
        (b"<< /Type /OCMD /OCGs 6 0 R >>", b"/OFF [6 0 R]", False),
        (b"<< /Type /OCMD /OCGs [5 0 R 6 0 R] /P /AllOn >>", b"/OFF [6 0 R]", False),
        (b"<< /Type /OCMD /OCGs [5 0 R 6 0 R] /P /AnyOff >>", b"/OFF [6 0 R]", True),
        (b"<< /Type /OCMD /OCGs [5 0 R 6 0 R] /P /AllOff >>", b"/OFF [6 0 R]", False),
        (b"<< /Type /OCMD /OCGs [] >>", b"/OFF [6 0 R]", True),
        (b"<< /Type /OCMD /VE [/And 5 0 R [/Not 6 0 R]] >>", b"/OFF [6 0 R]", True),
        (b"<< /Type /OCMD /VE [/Or [/Not 5 0 R] 6 0 R] >>", b"/OFF [6 0 R]", False),
        (b"<< /Type /OCMD /VE [] >>", b"/OFF [6 0 R]", True),
        (b"5 0 R", b"/OFF (damaged)", True),
    ],
)
def test_a_layer_is_read_if_it_is_shown(properties: bytes, usual: bytes, is_shown: bool) -> None:
    text = layered(properties, usual)
    assert ("Draft" in text) is is_shown
    assert "Open daily" in text
    assert "Closed in May" in text


def test_a_drawing_of_a_layer_is_left_out_with_all_that_is_in_it() -> None:
    catalogue = b"/OCProperties << /D << /OFF [6 0 R] >> >>"
    form = (shown(50, 650, "Draft of spring"), b"/OC 6 0 R")
    data = page(SEEN + b"/X0 Do\n", form, catalogue=catalogue, more=(OFF,))
    assert parsed(data).text == "Open daily"


def test_the_layers_usage_counts_if_viewers_follow_it() -> None:
    usage = b"<< /Type /OCG /Name (Print) /Usage << /View << /ViewState /OFF >> >> >>"
    events = b"/AS [<< /Event /View /Category [/View] /OCGs [5 0 R] >>]"
    catalogue = b"/OCProperties << /OCGs [5 0 R] /D << %s >> >>" % events
    data = page(LAYERED, catalogue=catalogue, resources=b"/Properties << /L 5 0 R >>", more=(usage,))
    assert "Draft" not in parsed(data).text


def test_sections_that_are_not_closed_or_not_opened_are_harmless() -> None:
    assert "Closed in May" not in layered(b"6 0 R", content=LAYERED.replace(b"EMC", b""))
    assert "Closed in May" in layered(b"6 0 R", content=b"EMC EMC " + LAYERED)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"(co) Tj /Span << /ActualText (ff) >> BDC (X) Tj EMC (ee) Tj", "coffee"),
        (b"(co) Tj /Span << /ActualText <FEFF00660066> >> BDC (X) Tj EMC (ee) Tj", "coffee"),
        (
            b"/Span << /ActualText (Spring) >> BDC (S) Tj /Span << /ActualText (x) >> BDC (p) Tj EMC (r) Tj EMC",
            "Spring",
        ),
        (b"(tea) Tj /Span << /ActualText () >> BDC (~~) Tj EMC", "tea"),
        (b"(tea) Tj /Span BMC ( time) Tj EMC", "tea time"),
        (b"(tea) Tj /Span << /ActualText 5 >> BDC ( time) Tj EMC", "tea time"),
        (b"(tea) Tj /Span /Missing BDC ( time) Tj EMC", "tea time"),
    ],
)
def test_replacement_text_stands_for_what_is_drawn(content: bytes, text: str) -> None:
    assert parsed(page(b"BT /F 10 Tf 50 700 Td " + content + b" ET")).text == text
