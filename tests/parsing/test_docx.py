"""Word documents: all visible text in reading order, and nothing else."""

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from kb.parsing import ooxml
from kb.parsing.errors import NoText, TooLarge, Unreadable
from tests.parsing.conftest import Parse

NAMESPACES = nsdecls("w", "m", "wp", "a") + (
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml"'
)


def saved(document: Any) -> bytes:
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def holding(body: str) -> Any:
    """A document whose body has these elements."""
    document = Document()
    for element in parse_xml(f"<w:body {NAMESPACES}>{body}</w:body>"):
        document.element.body.insert(-1, element)
    return document


def with_body(body: str) -> bytes:
    return saved(holding(body))


def paragraph(runs: str) -> str:
    return f"<w:p>{runs}</w:p>"


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def cell(*content: str) -> str:
    return f"<w:tc>{''.join(content)}</w:tc>"


def rewritten(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The same package with each member's content changed."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            target.writestr(member.filename, change(member.filename, source.read(member)))
    return result.getvalue()


def test_headings_make_sections(parsed: Parse) -> None:
    document = Document()
    document.add_heading("The report", level=0)
    document.add_heading("Results", level=1)
    document.add_paragraph("They are good.")
    document.add_heading("In\ndetail", level=2)
    document.add_paragraph("Very good.")
    result = parsed("a.docx", saved(document))
    assert result.title == "The report"
    assert result.text == "The report\n\nResults\n\nThey are good.\n\nIn detail\n\nVery good."
    assert [(section.level, section.title) for section in result.sections] == [
        (1, "The report"),
        (1, "Results"),
        (2, "In detail"),
    ]


def test_a_custom_style_is_a_heading_if_based_on_one_or_with_an_outline_level(parsed: Parse) -> None:
    document = Document()
    styles = document.styles
    styles.add_style("Überschrift", WD_STYLE_TYPE.PARAGRAPH).base_style = styles["Heading 2"]
    outlined = styles.add_style("条", WD_STYLE_TYPE.PARAGRAPH)
    outlined.element.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="3"/>'))
    plain = styles.add_style("Looks like one", WD_STYLE_TYPE.PARAGRAPH)
    plain.base_style = styles["Heading 1"]
    plain.element.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="9"/>'))
    for name in ("Überschrift", "条", "Looks like one"):
        document.add_paragraph(name, style=name)
    assert [(section.level, section.title) for section in parsed("a.docx", saved(document)).sections] == [
        (1, "Überschrift"),
        (2, "条"),
    ]


def test_list_items_are_marked_and_indented(parsed: Parse) -> None:
    document = Document()
    for style in ("List Bullet", "List Number"):
        document.add_paragraph(style, style=style)
    deeper = document.add_paragraph("deeper", style="List Bullet")
    deeper._p.get_or_add_pPr().append(
        parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr>')
    )
    document.add_paragraph("after")
    assert parsed("a.docx", saved(document)).text == "- List Bullet\n1. List Number\n  - deeper\n\nafter"


def test_a_table_is_a_line_per_row(parsed: Parse) -> None:
    document = Document()
    document.add_paragraph("before")
    table = document.add_table(rows=2, cols=2)
    for position, text in enumerate(["name", "price", "tea\nbag", ""]):
        table.cell(position // 2, position % 2).text = text
    document.add_paragraph("after")
    assert parsed("a.docx", saved(document)).text == "before\n\nname | price\ntea bag |\n\nafter"


def test_tables_within_a_table_stay_tables(parsed: Parse) -> None:
    rows = f"<w:tr>{cell(paragraph(run('a')))}{cell(paragraph(run('b')))}</w:tr>" * 2
    frame = f"<w:tbl><w:tr>{cell(paragraph(run('left')))}{cell(f'<w:tbl>{rows}</w:tbl>')}</w:tr></w:tbl>"
    assert parsed("a.docx", with_body(frame)).text == "left |\na | b\na | b"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (f"<w:ins>{run('new ')}</w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del>{run('text')}", "new text"),
        (f"<w:moveFrom>{run('here')}</w:moveFrom><w:moveTo>{run('there')}</w:moveTo>", "there"),
        (f"{run('see ')}<w:hyperlink>{run('the site')}</w:hyperlink>", "see the site"),
        (f"<w:sdt><w:sdtPr/><w:sdtContent>{run('filled in')}</w:sdtContent></w:sdt>", "filled in"),
        (
            "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr>"
            f"<w:sdtContent>{run('Click to enter')}</w:sdtContent></w:sdt>{run('text')}",
            "text",
        ),
        (
            f"{run('a')}<w:r><w:tab/></w:r>{run('b')}<w:r><w:br/></w:r>{run('non')}<w:r><w:noBreakHyphen/></w:r>{run('stop')}",
            "a\tb\nnon-stop",
        ),
        (
            "<w:r><w:fldChar w:fldCharType='begin'/><w:instrText>PAGE</w:instrText></w:r>" + run("7"),
            "7",
        ),
        (f"<w:r><w:ruby><w:rt>{run('とう')}</w:rt><w:rubyBase>{run('東')}</w:rubyBase></w:ruby></w:r>", "東"),
        (
            f"{run('seen')}<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>"
            "<w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t> too</w:t></w:r>",
            "seen too",
        ),
        (
            f"{run('soft')}<w:r><w:softHyphen/></w:r>{run('ly ')}<w:r><w:sym w:font='Symbol' w:char='F062'/></w:r>"
            "<w:r><w:sym w:font='Wingdings' w:char='F0FC'/></w:r><w:r><w:sym w:font='Webdings' w:char='F021'/></w:r>",
            "softly β✓",
        ),
        (
            f"{run('one')}<w:r><w:lastRenderedPageBreak/></w:r>{run(' page')}"
            f"<w:r><w:br w:type='page'/></w:r>{run('two')}",
            "one page\ntwo",
        ),
        ("<m:oMath><m:r><m:t>a=b</m:t></m:r></m:oMath><m:oMath><m:r><m:t>c</m:t></m:r></m:oMath>", "a=b c"),
    ],
)
def test_the_text_of_a_paragraph(content: str, text: str, parsed: Parse) -> None:
    assert parsed("a.docx", with_body(paragraph(content))).text == text


def test_a_paragraph_whose_end_was_deleted_continues(parsed: Parse) -> None:
    deleted_end = "<w:pPr><w:rPr><w:del w:id='1' w:author='A'/></w:rPr></w:pPr>"
    body = paragraph(deleted_end + run("one ")) + paragraph(run("sentence")) + paragraph(run("another"))
    assert parsed("a.docx", with_body(body)).text == "one sentence\n\nanother"


def test_hidden_styles_hide(parsed: Parse) -> None:
    document = Document()
    document.styles.add_style("Note to self", WD_STYLE_TYPE.PARAGRAPH).font.hidden = True
    document.styles.add_style("Aside", WD_STYLE_TYPE.CHARACTER).font.hidden = True
    document.add_paragraph("unseen", style="Note to self")
    document.add_paragraph("seen").add_run(" unseen", style="Aside")
    assert parsed("a.docx", saved(document)).text == "seen"


def level(depth: int, form: str, text: str, more: str = "") -> str:
    said = f"<w:start w:val='1'/><w:numFmt w:val='{form}'/>{more}<w:lvlText w:val='{text}'/>"
    return f"<w:lvl w:ilvl='{depth}'>{said}</w:lvl>"


def numbered(levels: str, *paragraphs: tuple[int, int, str], instances: str = "") -> bytes:
    """Paragraphs (instance, depth, text) whose list is defined by these levels."""
    items = "".join(
        paragraph(
            f"<w:pPr><w:numPr><w:ilvl w:val='{depth}'/><w:numId w:val='{instance}'/></w:numPr></w:pPr>" + run(text)
        )
        for instance, depth, text in paragraphs
    )
    document = holding(items)
    numbering = document.part.numbering_part.element
    for child in list(numbering):
        numbering.remove(child)
    definition = f"<w:abstractNum w:abstractNumId='5'>{levels}</w:abstractNum>"
    instances = "<w:num w:numId='1'><w:abstractNumId w:val='5'/></w:num>" + instances
    for child in parse_xml(f"<w:numbering {NAMESPACES}>{definition}{instances}</w:numbering>"):
        numbering.append(child)
    return saved(document)


def test_lists_show_the_numbers_that_word_shows(parsed: Parse) -> None:
    levels = level(0, "decimal", "%1.") + level(1, "lowerLetter", "(%2)") + level(2, "lowerRoman", "%1.%2.%3")
    items = [(1, 0, "one"), (1, 1, "a"), (1, 1, "b"), (1, 2, "deep"), (1, 0, "two"), (1, 1, "a again")]
    assert parsed("a.docx", numbered(levels, *items)).text == (
        "1. one\n  (a) a\n  (b) b\n    1.b.i deep\n2. two\n  (a) a again"
    )


def test_a_list_goes_on_where_it_was_left_unless_it_says_where_it_starts(parsed: Parse) -> None:
    more = "<w:num w:numId='2'><w:abstractNumId w:val='5'/></w:num>"
    more += (
        "<w:num w:numId='3'><w:abstractNumId w:val='5'/>"
        "<w:lvlOverride w:ilvl='0'><w:startOverride w:val='7'/></w:lvlOverride></w:num>"
    )
    items = [(1, 0, "one"), (2, 0, "two"), (3, 0, "seven"), (3, 0, "eight")]
    assert parsed("a.docx", numbered(level(0, "upperRoman", "%1"), *items, instances=more)).text == (
        "I one\nII two\nVII seven\nVIII eight"
    )


@pytest.mark.parametrize(
    ("levels", "text"),
    [
        (level(0, "chineseCountingThousand", "第%1条"), "第一条 a\n第二条 b"),
        (level(0, "decimalZero", "%1", "<w:suff w:val='nothing'/>"), "01 a\n02 b"),
        (level(0, "ordinal", "%1"), "1st a\n2nd b"),
        (level(0, "bullet", "\uf0b7"), "- a\n- b"),
        (level(0, "none", ""), "a\nb"),
        (level(0, "a form of next year", "%1)"), "1) a\n2) b"),
    ],
)
def test_numbers_have_many_forms(levels: str, text: str, parsed: Parse) -> None:
    assert parsed("a.docx", numbered(levels, (1, 0, "a"), (1, 0, "b"))).text == text


def test_numbered_headings_show_their_numbers(parsed: Parse) -> None:
    document = Document()
    numbering = document.part.numbering_part.element
    levels = [
        level(
            depth, "upperRoman" if depth == 0 else "decimal", text, f"<w:pStyle w:val='Heading{depth + 1}'/><w:isLgl/>"
        )
        for depth, text in enumerate(["Part %1:", "%1.%2"])
    ]
    elements = (
        f"<w:abstractNum w:abstractNumId='77'>{''.join(levels)}</w:abstractNum>",
        "<w:num w:numId='78'><w:abstractNumId w:val='77'/></w:num>",
    )
    for child in parse_xml(f"<w:numbering {NAMESPACES}>{''.join(elements)}</w:numbering>"):
        numbering.append(child)
    for depth in (1, 2):
        properties = document.styles[f"Heading {depth}"].element.get_or_add_pPr()
        properties.append(parse_xml(f"<w:numPr {NAMESPACES}><w:numId w:val='78'/></w:numPr>"))
    for depth, text in [(1, "Scope"), (2, "Terms"), (2, "Dates"), (1, "Duties"), (2, "Yours")]:
        document.add_heading(text, level=depth)
    assert [section.title for section in parsed("a.docx", saved(document)).sections] == [
        "Part I: Scope",
        "1.1 Terms",
        "1.2 Dates",
        "Part II: Duties",
        "2.1 Yours",
    ]


def test_a_text_box_follows_its_paragraph_and_comes_once(parsed: Parse) -> None:
    box = f"<w:txbxContent>{paragraph(run('in'))}{paragraph(run('the box'))}</w:txbxContent>"
    drawing = f"<w:drawing><wp:anchor><a:graphic>{box}</a:graphic></wp:anchor></w:drawing>"
    twice = (
        f"<w:r><mc:AlternateContent><mc:Choice Requires='wps'>{drawing}</mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    body = paragraph(run("around") + twice) + paragraph(run("after"))
    assert parsed("a.docx", with_body(body)).text == "around\n\nin\n\nthe box\n\nafter"


def test_a_block_in_a_content_control_is_read(parsed: Parse) -> None:
    body = f"<w:sdt><w:sdtContent>{paragraph(run('cover'))}</w:sdtContent></w:sdt>" + paragraph(run("text"))
    assert parsed("a.docx", with_body(body)).text == "cover\n\ntext"


def test_a_footnote_follows_the_paragraph_that_refers_to_it(parsed: Parse) -> None:
    reference = "<w:r><w:footnoteReference w:id='2'/></w:r>"
    document = holding(paragraph(run("Said") + reference + run(" once.")) + paragraph(run("Then.")))
    notes = f"<w:footnotes {NAMESPACES}><w:footnote w:id='2'>{paragraph(run('By whom?'))}</w:footnote></w:footnotes>"
    part = Part(PackURI("/word/footnotes.xml"), CONTENT_TYPE.WML_FOOTNOTES, notes.encode(), document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    assert parsed("a.docx", saved(document)).text == "Said[1] once.\n\n[1] By whom?\n\nThen."


def test_the_title_of_the_properties_is_used_if_the_page_has_none(parsed: Parse) -> None:
    document = Document()
    document.add_paragraph("text")
    document.core_properties.title = "Annual report"
    assert parsed("a.docx", saved(document)).title == "Annual report"


def test_strict_open_xml_is_read(parsed: Parse) -> None:
    document = Document()
    document.add_heading("Strict", level=1)

    def to_strict(name: str, content: bytes) -> bytes:
        if name == "[Content_Types].xml" or (b"/package/" in content and name != "_rels/.rels"):
            return content
        return re.sub(
            rb"http://schemas\.openxmlformats\.org/(officeDocument|wordprocessingml|drawingml)/2006/",
            rb"http://purl.oclc.org/ooxml/\1/",
            content,
        )

    result = parsed("a.docx", rewritten(saved(document), to_strict))
    assert [section.title for section in result.sections] == ["Strict"]


@pytest.mark.parametrize(
    "main_part",
    [
        b"vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
        b"vnd.ms-word.document.macroEnabled.main+xml",
        b"vnd.ms-word.template.macroEnabledTemplate.main+xml",
    ],
)
def test_templates_and_documents_with_macros_are_read(main_part: bytes, parsed: Parse) -> None:
    usual = b"vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    data = rewritten(with_body(paragraph(run("text"))), lambda _, content: content.replace(usual, main_part))
    assert parsed("a.docx", data).text == "text"


def test_a_document_without_text_says_so(parsed: Parse) -> None:
    with pytest.raises(NoText):
        parsed("a.docx", saved(Document()))


@pytest.mark.parametrize("missing", ["word/document.xml", "word/styles.xml", "_rels/.rels"])
def test_a_document_with_a_broken_part_is_unreadable(missing: str, parsed: Parse) -> None:
    data = rewritten(with_body(""), lambda name, content: b"<broken" if name == missing else content)
    with pytest.raises(Unreadable):
        parsed("a.docx", data)


def test_a_zip_bomb_is_not_unpacked(parsed: Parse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ooxml, "MAX_UNPACKED", 100_000)
    with pytest.raises(TooLarge, match="unpack to"):
        parsed("a.docx", with_body(paragraph(run("0" * 100_000))))


@pytest.mark.parametrize("entity", ['"expanded"', 'SYSTEM "file:///etc/hostname"'])
def test_entities_are_not_resolved(entity: str, parsed: Parse) -> None:
    def add_entity(name: str, content: bytes) -> bytes:
        if name != "word/document.xml":
            return content
        declaration = f"<!DOCTYPE w:document [<!ENTITY e {entity}>]><w:document".encode()
        return content.replace(b"<w:document", declaration, 1).replace(b"HERE", b"before &e;")

    assert parsed("a.docx", rewritten(with_body(paragraph(run("HERE"))), add_entity)).text == "before"
