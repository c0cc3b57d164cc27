"""What else a reader of a Word document sees: headers, inserted documents, drawings, forms, symbols."""

import io
from typing import Any

import pytest
from docx import Document
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml

from kb.parsing import word_chunks
from kb.parsing.errors import TooLarge
from tests.parsing.conftest import Parse
from tests.parsing.test_docx import NAMESPACES, paragraph, run, saved, with_body

R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
C = 'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
DGM = 'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"'
W14 = 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def add(document: Any, element: str) -> None:
    """Appends to the body."""
    document.element.body.insert(-1, parse_xml(element))


def related(document: Any, kind: str, name: str, content_type: str, data: bytes) -> str:
    """The id of a relationship to a new part."""
    part = Part(PackURI(f"/word/{name}"), content_type, data, document.part.package)
    relationship: str = document.part.relate_to(part, RELATED + kind)
    return relationship


def with_chunk(content_type: str, data: bytes, name: str = "chunk.dat") -> Any:
    document = Document()
    document.add_paragraph("before")
    chunk = related(document, "aFChunk", name, content_type, data)
    add(document, f'<w:altChunk {NAMESPACES} {R} r:id="{chunk}"/>')
    document.add_paragraph("after")
    return document


MHTML = (
    b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=edge\r\n\r\n--edge\r\n"
    b"Content-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"<h2>H=F6he</h2><p>of the =\r\ndam\r\n--edge\r\nContent-Type: image/png\r\n\r\nnot seen\r\n--edge--\r\n"
)


@pytest.mark.parametrize(
    ("content_type", "data", "text"),
    [
        ("text/html", b"<h2>Dam</h2>Height<p>80 m", "Dam\n\nHeight\n\n80 m"),
        ("application/xhtml+xml", b"<html xmlns='x'><title/><body><p>80 m</p></body></html>", "80 m"),
        ("message/rfc822", MHTML, "Höhe\n\nof the dam"),
        ("application/x-mimearchive", MHTML, "Höhe\n\nof the dam"),
        ("text/plain", b"one\n\ntwo", "one\n\ntwo"),
        (WORD, with_body(paragraph(run("inner"))), "inner"),
        ("application/rtf", b"{\\rtf1 unread}", ""),
        (WORD, b"PK\x03\x04 damaged", ""),
    ],
)
def test_an_inserted_document_stands_in_its_place(content_type: str, data: bytes, text: str, parsed: Parse) -> None:
    expected = "\n\n".join(filter(None, ("before", text, "after")))
    assert parsed("a.docx", saved(with_chunk(content_type, data))).text == expected


def test_headings_of_an_inserted_document_make_sections(parsed: Parse) -> None:
    result = parsed("a.docx", saved(with_chunk("text/html", b"<h2>Dam</h2>")))
    assert [section.title for section in result.sections] == ["Dam"]


def test_a_document_that_is_only_an_inserted_one_has_text(parsed: Parse) -> None:
    document = with_chunk("text/html", b"<p>all of it")
    for own in document.paragraphs:
        own._p.getparent().remove(own._p)
    assert parsed("a.docx", saved(document)).text == "all of it"


def nested(depth: int) -> bytes:
    data = with_body(paragraph(run("innermost")))
    for _ in range(depth):
        data = saved(with_chunk(WORD, data))
    return data


def test_documents_may_be_inserted_in_each_other_but_not_without_end(parsed: Parse) -> None:
    assert "innermost" in parsed("a.docx", nested(word_chunks.DEEPEST)).text
    with pytest.raises(TooLarge, match="in each other"):
        parsed("a.docx", nested(word_chunks.DEEPEST + 1))


def test_a_document_with_thousands_of_inserted_ones_is_refused(parsed: Parse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_chunks, "MOST", 3)
    document = with_chunk("text/html", b"<p>again")
    (chunk,) = document.element.body.iterchildren("{*}altChunk")
    for _ in range(3):
        chunk.addnext(parse_xml(f'<w:altChunk {NAMESPACES} {R} r:id="{chunk.values()[0]}"/>'))
    with pytest.raises(TooLarge, match="inserted"):
        parsed("a.docx", saved(document))


def test_headers_and_footers_come_once_around_the_text(parsed: Parse) -> None:
    document = Document()
    document.sections[0].header.paragraphs[0].text = "Harbour office"
    document.sections[0].footer.paragraphs[0].text = "File HO-17"
    document.add_heading("Dues", level=1)
    document.add_section()
    document.sections[1].footer.is_linked_to_previous = False
    document.sections[1].footer.paragraphs[0].text = "File HO-17"
    result = parsed("a.docx", saved(document))
    assert result.text == "Harbour office\n\nDues\n\nFile HO-17"
    assert [section.title for section in result.sections] == ["Dues"]


def test_headers_that_no_page_shows_are_left_out(parsed: Parse) -> None:
    document = Document()
    document.add_paragraph("text")
    section = document.sections[0]
    section.first_page_header.paragraphs[0].text = "First"
    section.even_page_header.paragraphs[0].text = "Even"
    assert parsed("a.docx", saved(document)).text == "text"
    section.different_first_page_header_footer = True
    document.settings.odd_and_even_pages_header_footer = True
    assert parsed("a.docx", saved(document)).text == "First\n\nEven\n\ntext"


@pytest.mark.parametrize("words", ["Page {} of {}", "– {} –", "第{}页 共{}页", "{}"])
def test_page_numbers_are_no_text(words: str, parsed: Parse) -> None:
    document = Document()
    document.add_paragraph("text")
    code = "<w:fldSimple w:instr=' PAGE '>" + run("4") + "</w:fldSimple>"
    content = "".join(run(part) + code for part in words.split("{}")[:-1]) + run(words.split("{}")[-1])
    footer = document.sections[0].footer
    footer.paragraphs[0]._p.addnext(parse_xml(f"<w:p {NAMESPACES}>{content}</w:p>"))
    footer.add_paragraph("File HO-17")
    assert parsed("a.docx", saved(document)).text == "text\n\nFile HO-17"


def test_a_document_with_only_a_header_has_text(parsed: Parse) -> None:
    document = Document()
    document.sections[0].header.paragraphs[0].text = "Harbour office"
    assert parsed("a.docx", saved(document)).text == "Harbour office"


def test_comments_are_left_out(parsed: Parse) -> None:
    document = Document()
    commented = document.add_paragraph("text")
    document.add_comment(commented.runs, text="comment", author="A", initials="A")
    assert parsed("a.docx", saved(document)).text == "text"


def points(kind: str, *values: str) -> str:
    cached = "".join(f"<c:pt idx='{index}'><c:v>{value}</c:v></c:pt>" for index, value in enumerate(values) if value)
    return f"<c:{kind}><c:strRef><c:strCache>{cached}</c:strCache></c:strRef></c:{kind}>"


def test_a_chart_is_its_titles_and_a_row_per_category(parsed: Parse) -> None:
    def title(text: str) -> str:
        return f"<c:title><c:tx><c:rich><a:p><a:r><a:t>{text}</a:t></a:r></a:p></c:rich></c:tx></c:title>"

    series = "".join(
        f"<c:ser>{points('tx', name)}{points('cat', 'North', 'South')}{points('val', *values)}</c:ser>"
        for name, values in [("Rain", ("12", "")), ("Snow", ("3", "4"))]
    )
    plot = f"<c:barChart>{series}</c:barChart>"
    chart = f"<c:chartSpace {C} {NAMESPACES}>{title('Weather')}{plot}{title('Days')}</c:chartSpace>"
    document = Document()
    name = related(document, "chart", "charts/chart1.xml", "application/xml", chart.encode())
    drawing = f"<w:drawing><wp:inline><a:graphic><c:chart {C} {R} r:id='{name}'/></a:graphic></wp:inline></w:drawing>"
    add(document, f"<w:p {NAMESPACES}>{run('Below:')}<w:r>{drawing}</w:r></w:p>")
    assert parsed("a.docx", saved(document)).text == (
        "Below:\n\nWeather\n\nDays\n\n | Rain | Snow\nNorth | 12 | 3\nSouth |  | 4"
    )


def test_a_damaged_chart_does_not_hide_the_text(parsed: Parse) -> None:
    document = Document()
    name = related(document, "chart", "charts/chart1.xml", "application/xml", b"<broken")
    add(document, f"<w:p {NAMESPACES}>{run('text')}<w:r><c:chart {C} {R} r:id='{name}'/></w:r></w:p>")
    assert parsed("a.docx", saved(document)).text == "text"


def test_smart_art_is_a_list(parsed: Parse) -> None:
    def point(name: str, text: str, kind: str = "node") -> str:
        words = f"<dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t>" if text else ""
        return f"<dgm:pt modelId='{name}' type='{kind}'>{words}</dgm:pt>"

    links = [("0", "a", 0), ("0", "c", 1), ("a", "b", 0)]
    cxns = "".join(f"<dgm:cxn srcId='{s}' destId='{d}' srcOrd='{order}'/>" for s, d, order in links)
    listed = (
        point("c", "Load")
        + point("b", "Weigh")
        + point("0", "", "doc")
        + point("a", "Check")
        + point("x", "no", "pres")
    )
    model = f"<dgm:ptLst>{listed}</dgm:ptLst><dgm:cxnLst>{cxns}</dgm:cxnLst>"
    data = f"<dgm:dataModel {DGM} {NAMESPACES}>{model}</dgm:dataModel>"
    document = Document()
    name = related(document, "diagramData", "diagrams/data1.xml", "application/xml", data.encode())
    add(document, f"<w:p {NAMESPACES}><w:r><w:drawing><dgm:relIds {DGM} {R} r:dm='{name}'/></w:drawing></w:r></w:p>")
    assert parsed("a.docx", saved(document)).text == "- Check\n  - Weigh\n- Load"


def field(form: str, result: str = "") -> str:
    def code(kind: str, inside: str = "") -> str:
        return f"<w:r><w:fldChar w:fldCharType='{kind}'>{inside}</w:fldChar></w:r>"

    return (
        code("begin", f"<w:ffData>{form}</w:ffData>") + (code("separate") + run(result) if result else "") + code("end")
    )


ENTRIES = "<w:listEntry w:val='Ferry'/><w:listEntry w:val='Tug'/>"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (field(f"<w:ddList>{ENTRIES}</w:ddList>"), "Ferry"),
        (field(f"<w:ddList><w:result w:val='1'/>{ENTRIES}</w:ddList>"), "Tug"),
        (field(f"<w:ddList><w:default w:val='1'/>{ENTRIES}</w:ddList>", "Tug"), "Tug"),
        (field(f"<w:ddList><w:result w:val='7'/>{ENTRIES}</w:ddList>"), ""),
        (field("<w:checkBox><w:default w:val='1'/></w:checkBox>"), "☒"),
        (field("<w:checkBox><w:default w:val='1'/><w:checked w:val='0'/></w:checkBox>"), "☐"),
        (field("<w:textInput/>", "Vessel 9"), "Vessel 9"),
        (f"<w:sdt {W14}><w:sdtPr><w14:checkbox><w14:checked w14:val='1'/></w14:checkbox></w:sdtPr>"
         f"<w:sdtContent>{run('x')}</w:sdtContent></w:sdt>", "☒"),
        (f"<w:sdt {W14}><w:sdtPr><w14:checkbox/></w:sdtPr><w:sdtContent>{run('☐')}</w:sdtContent></w:sdt>", "☐"),
        (f"<w:sdt><w:sdtPr><w:dropDownList/></w:sdtPr><w:sdtContent>{run('Barge')}</w:sdtContent></w:sdt>", "Barge"),
    ],
)  # fmt: skip
def test_fields_of_a_form_show_what_was_chosen(content: str, text: str, parsed: Parse) -> None:
    assert parsed("a.docx", with_body(paragraph(run("is:") + content + run("!")))).text == f"is:{text}!"


def in_font(text: str, font: str) -> str:
    return f"<w:r><w:rPr><w:rFonts w:ascii='{font}' w:hAnsi='{font}'/></w:rPr><w:t>{text}</w:t></w:r>"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (in_font("\uf06d", "Symbol") + run("A"), "µA"),
        (in_font("D", "Symbol") + run("t"), "Δt"),
        (run("a ") + in_font("\uf0b1\uf0b9", "Symbol"), "a ±≠"),
        (in_font("\uf0fc", "Wingdings") + run(" done"), "✓ done"),
        (in_font("\uf052", "Wingdings 2") + run(" done"), "☑ done"),
        (run("x \uf0a3 y"), "x ≤ y"),
        (in_font("plain D", "Georgia"), "plain D"),
    ],
)
def test_characters_of_symbol_fonts_mean_what_they_look_like(content: str, text: str, parsed: Parse) -> None:
    assert parsed("a.docx", with_body(paragraph(content))).text == text


def test_a_symbol_font_may_come_from_a_style(parsed: Parse) -> None:
    document = Document()
    document.styles.add_style("Greek", 2).font.name = "Symbol"
    document.add_paragraph("angle ").add_run("q", style="Greek")
    assert parsed("a.docx", saved(document)).text == "angle θ"


def test_word_art_is_read(parsed: Parse) -> None:
    art = "<w:r><w:pict><v:shape><v:textpath string='DRAFT'/></v:shape></w:pict></w:r>"
    assert parsed("a.docx", with_body(paragraph(run("text") + art))).text == "text\n\nDRAFT"


def test_a_damaged_package_inside_another_is_left_out(parsed: Parse) -> None:
    data = io.BytesIO(with_body(paragraph(run("inner")))).getvalue()[:-30]
    assert parsed("a.docx", saved(with_chunk(WORD, data))).text == "before\n\nafter"
