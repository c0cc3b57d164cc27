"""Forms in XFA, of which the pages show only a request to wait."""

import pytest

from kb.parsing.errors import FormNotRead
from kb.parsing.parsed import Parsed
from tests.parsing.raw_pdf import page, parsed, shown, stream

WAIT = shown(50, 700, "Please wait... your PDF viewer may not be able to display this type of document.")
TEMPLATE = b"""<template xmlns="http://www.xfa.org/schema/xfa-template/3.0/"><subform name="harbour">
<draw><value><text>Application for a berth</text></value></draw>
<field name="vessel"><caption><value><text>Name of the vessel:</text></value></caption></field>
<field name="length"/></subform></template>"""
DATA = b"""<xfa:datasets xmlns:xfa="http://www.xfa.org/schema/xfa-data/1.0/"><xfa:data><harbour>
<vessel>Aurora  of Visby</vessel><length>12 m</length><mast/></harbour></xfa:data></xfa:datasets>"""


def form(xfa: bytes, *packets: bytes, content: bytes = WAIT, entries: bytes = b"") -> Parsed:
    catalogue = b"/AcroForm << /Fields [] /XFA %s >> %s" % (xfa, entries)
    return parsed(page(content, catalogue=catalogue, more=tuple(map(stream, packets))))


def whole(*parts: bytes) -> bytes:
    return b'<?xml version="1.0"?><xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/">' + b"".join(parts) + b"</xdp:xdp>"


def test_fixed_texts_and_values_are_read_with_their_captions() -> None:
    result = form(b"5 0 R", whole(TEMPLATE, DATA))
    assert result.text == "Application for a berth\n\nName of the vessel: Aurora of Visby\nlength: 12 m"
    assert result.page_starts == (0,)


def test_packets_are_read_like_one_document() -> None:
    result = form(b"[(preamble) 7 0 R (template) 5 0 R (datasets) 6 0 R]", TEMPLATE, DATA, b"<xdp:xdp")
    assert result.text == form(b"5 0 R", whole(TEMPLATE, DATA)).text


def test_a_form_that_says_it_needs_rendering_is_read_whatever_its_page_says() -> None:
    blank = shown(50, 700, "Momentje geduld alstublieft")
    assert "Aurora" in form(b"5 0 R", whole(DATA), content=blank, entries=b"/NeedsRendering true").text


def test_a_form_with_pages_of_its_own_is_read_from_them() -> None:
    assert form(b"5 0 R", whole(DATA), content=shown(50, 700, "Berth of the Aurora")).text == "Berth of the Aurora"


@pytest.mark.parametrize("xfa", [whole(), b"<xdp", b"", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"])
def test_a_form_without_anything_to_read_is_refused_as_such(xfa: bytes) -> None:
    with pytest.raises(FormNotRead):
        form(b"5 0 R", xfa)


def test_a_form_whose_parts_are_missing_is_refused_as_such() -> None:
    with pytest.raises(FormNotRead):
        form(b"[(template) 99 0 R (datasets)]")
