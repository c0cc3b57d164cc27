"""The address of a link stands beside its words where they say something else, in every format; unsafe ones never."""

import pytest
from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from hypothesis import given
from hypothesis import strategies as st

from kb.parsing.links import address, with_address
from tests.parsing.conftest import Parse
from tests.parsing.test_docx import NAMESPACES, run, saved

PLACE = "https://intranet.example/forms/HR-604.pdf?lang=en"
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'


def linked(words: str, place: str, text: str = "see {} now") -> bytes:
    """A Word document with a link."""
    document = Document()
    name = document.part.relate_to(place, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    before, after = text.split("{}")
    paragraph = document.add_paragraph(before)
    paragraph._p.append(parse_xml(f'<w:hyperlink {NAMESPACES} {R} r:id="{name}">{run(words)}</w:hyperlink>'))
    paragraph.add_run(after)
    return saved(document)


@pytest.mark.parametrize(
    ("words", "place", "text"),
    [
        ("the form", PLACE, f"see the form ({PLACE}) now"),
        ("intranet.example", "https://www.intranet.example/", "see intranet.example now"),
        ("write@example.org", "mailto:write@example.org?subject=Tea", "see write@example.org now"),
        ("write to us", "mailto:write@example.org", "see write to us (mailto:write@example.org) now"),
        ("Opening hours", "opening-hours.html", "see Opening hours now"),
        ("the plan", "plans/2031.pdf", "see the plan (plans/2031.pdf) now"),
        ("click", "javascript:alert(1)", "see click now"),
        ("click", "JaVa\tScript:alert(1)", "see click now"),
        ("click", "data:text/html,x", "see click now"),
        ("above", "#top", "see above now"),
    ],
)
def test_a_link(words: str, place: str, text: str, parsed: Parse) -> None:
    assert parsed("a.html", f"<p>see <a href='{place}'>{words}</a> now".encode()).text == text
    assert parsed("a.docx", linked(words, place)).text == text
    if "\t" not in place:
        assert parsed("a.md", f"see [{words}]({place}) now".encode()).text == text


def test_the_address_in_a_heading_stands_below_it(parsed: Parse) -> None:
    for name, data in [
        ("a.md", f"# [Forms]({PLACE})\n\ntext"),
        ("a.md", f"# <a href='{PLACE}'>Forms</a>\n\ntext"),
        ("a.html", f"<h1><a href='{PLACE}'>Forms</a></h1><p>text"),
    ]:
        result = parsed(name, data.encode())
        assert (result.text, result.sections[0].title, result.title) == (f"Forms\n\n{PLACE}\n\ntext", "Forms", "Forms")


def test_a_link_around_blocks_is_followed_by_its_address(parsed: Parse) -> None:
    source = f"<div><a href='{PLACE}'><div>Form</div><div>for leave</div></a></div>after"
    assert parsed("a.html", source.encode()).text == f"Form\n\nfor leave\n\n{PLACE}\n\nafter"


def test_a_link_of_word_may_be_a_field(parsed: Parse) -> None:
    def code(kind: str) -> str:
        return f"<w:r><w:fldChar w:fldCharType='{kind}'/></w:r>"

    field = f'<w:r><w:instrText> HYPERLINK "{PLACE}" \\l "p2" </w:instrText></w:r>'
    inside = '<w:r><w:instrText> HYPERLINK \\l "_Toc1" </w:instrText></w:r>'
    document = Document()
    for content in (field, inside):
        runs = code("begin") + content + code("separate") + run("here") + code("end") + run(" too")
        document.element.body.insert(-1, parse_xml(f"<w:p {NAMESPACES}>{runs}</w:p>"))
    assert parsed("a.docx", saved(document)).text == f"here ({PLACE}#p2) too\n\nhere too"


def test_one_link_of_word_may_be_several_elements(parsed: Parse) -> None:
    document = Document()
    name = document.part.relate_to(PLACE, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link = f'<w:hyperlink {R} r:id="{name}">{{}}</w:hyperlink>'
    runs = link.format(run("leave ")) + link.format(run("form ")) + run("here")
    document.element.body.insert(-1, parse_xml(f"<w:p {NAMESPACES}>{runs}</w:p>"))
    assert parsed("a.docx", saved(document)).text == f"leave form ({PLACE}) here"


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12), st.sampled_from(["javascript", "vbscript", "data"])
)
def test_no_disguise_makes_a_script_an_address(noise: str, scheme: str) -> None:
    for disguised in (
        f" {scheme}:x",
        f"{scheme.upper()}:{noise}",
        f"\x01\n{scheme[:4]}\r\n{scheme[4:]}:x",
        f"\u200b{scheme}:",
    ):
        assert address(disguised) is None


def test_a_very_long_address_loses_its_query() -> None:
    assert with_address("map", f"https://maps.example/a?{'x' * 400}") == "map (https://maps.example/a)"
    assert with_address("map", f"https://maps.example/{'x' * 400}") == "map"
