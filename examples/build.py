"""Build the handbook's DOCX and PDF files from the Markdown in examples/sources.

Run `.venv/bin/python examples/build.py`. Needs python-docx, fpdf2 and markdown-it-py, which the `dev` extra
brings, and the fonts of Debian's package fonts-noto-cjk. Same sources, libraries and fonts, same bytes.
"""

import io
import string
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from typeset import INK, Line, Pdf, Run, plain, shares

HERE = Path(__file__).resolve().parent
MADE = datetime(2026, 1, 1, tzinfo=UTC)  # not now: two builds must not differ
DOCUMENTS = {
    "searching-and-citing.docx": "en",
    "检索与引用.docx": "zh-CN",
    "operating-footnote.pdf": "en",
    "运维手册.pdf": "zh-CN",
}


def build(name: str, language: str) -> bytes:
    """The bytes of one document. Raises ValueError at Markdown that has no place in it."""
    markdown = MarkdownIt("commonmark", {"typographer": language == "en"}).enable(["table", "smartquotes"])
    source = (HERE / "sources" / name).with_suffix(".md").read_text(encoding="utf-8")
    tree = SyntaxTreeNode(markdown.parse(source))
    if name.endswith(".pdf"):
        with TemporaryDirectory() as folder:
            pdf = Pdf(language, MADE, source + string.printable + "•‘’“”", Path(folder))
            write(tree, pdf)
            return bytes(pdf.output())
    docx = Docx(language)
    write(tree, docx)
    return docx.output()


def write(tree: SyntaxTreeNode, to: "Pdf | Docx") -> None:
    for node in tree.children:
        match node.type:
            case "heading":
                to.heading(plain(runs(node)), int(node.tag[1]))
            case "paragraph":
                to.paragraph(runs(node))
            case "bullet_list" | "ordered_list":
                to.items([runs(item) for item in node.children], node.type == "ordered_list")
            case "fence":
                to.code(node.content.rstrip())
            case "table":
                rows = [row for part in node.children for row in part.children]
                to.table([[runs(cell) for cell in row.children] for row in rows])
            case _:
                raise ValueError(f"cannot write {node.type}, line {node.map}")


def runs(node: SyntaxTreeNode) -> list[Run]:
    """The text of a heading, paragraph, list item or table cell."""
    found = []
    for part in next(child for child in node.walk() if child.type == "inline").children:
        match part.type:
            case "text":
                found.append(Run(part.content, ""))
            case "code_inline":
                found.append(Run(part.content, "code"))
            case "strong" | "em":
                found.append(Run(part.children[0].content, part.type))
            case _:
                raise ValueError(f"cannot write {part.type}, line {node.map}")
    return found


class Docx:
    """Takes a document block by block, with Word's own styles for headings and lists."""

    WIDTH = 15.0  # of the text, in cm
    LOOKS = {  # font; size, space before and space after in points; space between lines
        "Normal": ("Cambria", 11, 0, 7, 1.25),
        "Heading 1": ("Calibri", 24, 0, 12, 1.0),
        "Heading 2": ("Calibri", 16, 18, 5, 1.0),
        "Heading 3": ("Calibri", 12, 10, 3, 1.0),
        "List Bullet": ("Cambria", 11, 0, 4, 1.25),
        "List Number": ("Cambria", 11, 0, 4, 1.25),
        "Table": ("Cambria", 10, 3, 3, 1.1),
    }

    def __init__(self, language: str) -> None:
        self.document: Any = Document()
        properties = self.document.core_properties
        properties.author, properties.comments, properties.language = "Footnote", "", language
        properties.created = properties.modified = MADE
        page = self.document.sections[0]
        page.page_width, page.page_height = Cm(21), Cm(29.7)
        page.left_margin = page.right_margin = Cm((21 - self.WIDTH) / 2)
        styles = self.document.styles
        styles.element.xpath("//w:lang")[0].set(qn("w:eastAsia"), "zh-CN")
        styles.add_style("Table", WD_STYLE_TYPE.PARAGRAPH)
        for name, (font, size, before, after, leading) in self.LOOKS.items():
            look = self.look(name, font, size).paragraph_format
            look.space_before, look.space_after, look.line_spacing = Pt(before), Pt(after), leading
        styles.add_style("Code", WD_STYLE_TYPE.CHARACTER)
        self.look("Code", "Consolas", 10)
        number, foot = OxmlElement("w:fldSimple"), page.footer.paragraphs[0]
        number.set(qn("w:instr"), "PAGE")
        foot._p.append(number)
        foot.alignment = WD_ALIGN_PARAGRAPH.CENTER

    def look(self, name: str, font: str, size: float) -> Any:
        style = self.document.styles[name]
        style.font.size, style.font.color.rgb = Pt(size), RGBColor(*INK)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        fonts.attrib.clear()  # the template's theme fonts would win over these
        for script, family in {"ascii": font, "hAnsi": font, "cs": font, "eastAsia": "DengXian"}.items():
            fonts.set(qn(f"w:{script}"), family)
        return style

    def heading(self, title: str, level: int) -> None:
        self.document.add_heading(title, level)
        if level == 1:
            self.document.core_properties.title = title

    def paragraph(self, text: Line) -> None:
        after_table = self.document.element.body[-2].tag == qn("w:tbl")
        paragraph = self.document.add_paragraph()
        if after_table:
            paragraph.paragraph_format.space_before = Pt(12)
        self.fill(paragraph, text)

    def items(self, items: Sequence[Line], ordered: bool) -> None:
        name = "List Number" if ordered else "List Bullet"
        numbering = self.document.part.numbering_part.numbering_definitions._numbering
        same = self.document.styles[name].element.pPr.numPr.numId.val
        fresh = numbering.add_num(numbering.num_having_numId(same).abstractNumId.val)
        fresh.add_lvlOverride(0).add_startOverride(1)  # or Word counts on from the list before
        for item in items:
            paragraph = self.document.add_paragraph(style=name)
            paragraph._p.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = fresh.numId
            self.fill(paragraph, item)

    def code(self, code: str) -> None:
        self.fill(self.document.add_paragraph(), [Run(code, "code")])

    def table(self, rows: Sequence[Sequence[Line]]) -> None:
        """The first row is the head; the table stays on one page."""
        columns = [[plain(cell) for cell in column] for column in zip(*rows, strict=True)]
        signs = [max(sum(1 + (sign > "⺀") for sign in cell) for cell in column) for column in columns]
        widths = shares([0.19 * count + 0.5 for count in signs], self.WIDTH)
        table = self.document.add_table(len(rows), len(widths))
        for column, width in zip(table.columns, widths, strict=True):
            for part in (column, *column.cells):
                part.width = Cm(width)  # Word goes by the cells, LibreOffice by the column
        table._tbl.tblPr.find(qn("w:tblLook")).addprevious(borders := OxmlElement("w:tblBorders"))
        for side in ("top", "bottom", "insideH"):
            borders.append(line := OxmlElement(f"w:{side}"))
            for key, value in {"val": "single", "sz": "4", "color": "C8CED4"}.items():
                line.set(qn(f"w:{key}"), value)
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        for row, cells in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                paragraph = cell.paragraphs[0]
                paragraph.style = "Table"
                paragraph.paragraph_format.keep_with_next = cells is not rows[-1]
                self.fill(paragraph, [Run(plain(text), "strong")] if cells is rows[0] else text)

    def fill(self, paragraph: Paragraph, text: Line) -> None:
        for run in text:
            written = paragraph.add_run(run.text, "Code" if run.style == "code" else None)
            written.bold, written.italic = run.style == "strong" or None, run.style == "em" or None

    def output(self) -> bytes:
        """The file, with the dates of its parts taken out."""
        dated, undated = io.BytesIO(), io.BytesIO()
        self.document.save(dated)
        with zipfile.ZipFile(dated) as parts, zipfile.ZipFile(undated, "w") as file:
            for name in parts.namelist():
                part = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
                file.writestr(part, parts.read(name), zipfile.ZIP_DEFLATED)
        return undated.getvalue()


if __name__ == "__main__":
    for name, language in DOCUMENTS.items():
        (HERE / "handbook" / name).write_bytes(build(name, language))
        print(f"built examples/handbook/{name}")
