"""Text on A4 pages as PDF, in English or Chinese: the half of build.py that knows about lines and pages."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from fontTools import subset
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fpdf import FPDF

FONTS = Path("/usr/share/fonts/opentype/noto")
INK, GREY, RULE, SHADE = (31, 41, 51), (110, 118, 128), (200, 206, 212), (244, 245, 247)
BODY, SMALL = 10.5, 9.5  # points; every other length is in millimetres


class Run(NamedTuple):
    """Text in one style: "" for the body's, "strong", "em", "code" or "head"."""

    text: str
    style: str


Line = Sequence[Run]


def plain(text: Iterable[Run]) -> str:
    return "".join(run.text for run in text)


def merged(signs: Line) -> list[Run]:
    """Neighbours of one style joined, without the blanks at the end."""
    runs = [Run(plain(same), style) for style, same in groupby(signs, key=lambda run: run.style)]
    if runs[-1].text.isspace():
        runs.pop()
    return [*runs[:-1], Run(runs[-1].text.rstrip(), runs[-1].style)]


def shares(wanted: Sequence[float], total: float) -> list[float]:
    """Widths of columns that add up to `total`: the widest give way, the last takes what is left over."""
    widths = list(wanted)
    while sum(widths) > total:
        widths[widths.index(max(widths))] -= total / 300
    widths[-1] += total - sum(widths)
    return widths


def truetype(collection: Path, face: int, text: str, to: Path) -> None:
    """Writes what `text` needs of a CFF font as TrueType: pypdf cannot read the CFF fonts fpdf2 embeds."""
    font = TTFont(collection, fontNumber=face, recalcTimestamp=False)
    subsetter = subset.Subsetter(subset.Options(layout_features=[]))
    subsetter.populate(text=text)
    subsetter.subset(font)
    glyphs = {}
    for name, glyph in font.getGlyphSet().items():
        pen = TTGlyphPen(None)
        glyph.draw(Cu2QuPen(pen, max_err=1, reverse_direction=True))
        glyphs[name] = pen.glyph()
    for table in ("CFF ", "VORG"):
        del font[table]
    font.sfntVersion = "\0\1\0\0"
    builder = FontBuilder(font=font)
    builder.isTTF = True
    builder.setupGlyf(glyphs)
    builder.setupMaxp()
    builder.setupPost(keepGlyphNames=False)
    font.save(to)


class Pdf(FPDF):
    """Takes a document block by block. It breaks lines itself: to fpdf2 a Chinese sentence is one word."""

    # A font collection has a face per region. The Korean one has the narrow quotation marks of English.
    FACE = {"en": 1, "zh-CN": 2}
    FONT = {
        "": ("NotoSerifCJK-Regular.ttc", 0),
        "strong": ("NotoSerifCJK-Bold.ttc", 0),
        "head": ("NotoSansCJK-Bold.ttc", 0),
        "code": ("NotoSansCJK-Regular.ttc", 5),  # the monospaced faces follow the five proportional ones
    }
    # What stays on one line: a Chinese character or a word, with the punctuation that clings to it.
    ATOM = re.compile(
        r"[（《“‘]*(?:[\u3400-\u9fff]|[^\s\u3400-\u9fff（《“‘，。；：、！？）》”’]+)[，。；：、！？）》”’]*\s*|."
    )

    def __init__(self, language: str, made: datetime, signs: str, folder: Path) -> None:
        """`language` is "en" or "zh-CN", `made` the file's date, `signs` every sign that will be written.

        The fonts made for it have to stay in `folder` until the output.
        """
        super().__init__(format="A4")
        for style, (file, offset) in self.FONT.items():
            family = style or "body"
            truetype(FONTS / file, self.FACE[language] + offset, signs, folder / f"{family}.ttf")
            self.add_font(family, "", folder / f"{family}.ttf")
        self.chinese = language == "zh-CN"
        self.set_author("Footnote")
        self.set_lang(language)
        self.set_creation_date(made)
        self.set_margins(30, 28)
        self.set_auto_page_break(False)
        self.c_margin = 0
        self.add_page()

    def footer(self) -> None:
        self.set_y(-18)
        self.set_font("head", size=8)
        self.set_text_color(GREY)
        self.cell(self.epw, 5, str(self.page_no()), align="C")
        self.set_text_color(INK)

    def heading(self, title: str, level: int) -> None:
        """A heading, and its bookmark. Level 1 is the document's title."""
        size, above, below = {1: (22, 0, 6), 2: (14, 6, 2), 3: (11, 2.5, 1)}[level]
        self.y += above
        self.room(32)
        self.start_section(title, level - 1)
        self.draw([Run(title, "head")], size, size * 0.5)
        if level == 1:
            self.set_title(title)
            self.rule(self.y + 3, 0.5)
        self.y += below

    def paragraph(self, text: Line) -> None:
        self.lines(text)
        self.y += 2.2

    def items(self, items: Sequence[Line], ordered: bool) -> None:
        for number, item in enumerate(items, 1):
            self.lines(item, f"{number}." if ordered else "•")
            self.y += 1.2
        self.y += 1

    def lines(self, text: Line, marker: str = "") -> None:
        """Lines with a marker before the first, if given; never leaves one of them alone on a page."""
        indent, height = (6.5 if marker else 0.0), (6.3 if self.chinese else 5.7)
        lines = self.broken(text, self.epw - indent, BODY)
        for left in range(len(lines), 0, -1):
            first = left == len(lines)
            self.room(height * (2 if left == 2 or (first and left > 1) else 1))
            if marker and first:
                self.draw([Run(marker, "")], BODY, height)
                self.y -= height
            self.x += indent
            self.draw(lines[-left], BODY, height, self.epw - indent if self.chinese and left > 1 else None)

    def code(self, code: str) -> None:
        lines, height = code.split("\n"), 4.9
        self.room(height * len(lines) + 8)
        self.set_fill_color(SHADE)
        self.rect(self.x, self.y, self.epw, height * len(lines) + 5, style="F")
        self.y += 2.5
        for line in lines:
            self.x += 4
            self.draw([Run(line, "code")], BODY - 1, height)
        self.y += 6

    def table(self, rows: Sequence[Sequence[Line]]) -> None:  # type: ignore[override]
        """The first row is the head. Columns share the width by their content."""
        gap, height = 5.0, 5.4 if self.chinese else 4.9
        rows = [[[Run(plain(cell), "head")] for cell in rows[0]], *rows[1:]]
        widths = [max(self.width(cell, SMALL) for cell in column) + gap for column in zip(*rows, strict=True)]
        widths = shares(widths, self.epw)
        self.y += 1
        table = [
            [self.broken(cell, width - gap, SMALL) for cell, width in zip(row, widths, strict=True)] for row in rows
        ]
        depths = [height * max(map(len, cells)) + 2.8 for cells in table]
        for number, cells in enumerate(table):
            together = {0: 3, len(table) - 2: 2}.get(number, 1)  # no row alone at either end
            self.room(sum(depths[number : number + together]))
            top = self.y
            for column, lines in enumerate(cells):
                self.y = top + 1.4
                for line in lines:
                    self.x += sum(widths[:column])
                    self.draw(line, SMALL, height)
            self.y = top + depths[number]
            self.rule(self.y, 0.15 if number else 0.4)
        self.y += 5

    def broken(self, text: Line, width: float, size: float) -> list[Line]:
        """The text in lines no wider than `width`."""
        signs = [Run(sign, run.style) for run in text for sign in run.text]
        lines: list[Line] = []
        line: list[Run] = []
        for atom in self.ATOM.finditer(plain(text)):
            new = signs[slice(*atom.span())]
            if line and self.width(line + new, size) > width:
                lines.append(line)
                line = []
            line += new
        return [*lines, line]

    def width(self, line: Line, size: float) -> float:
        total = 0.0
        for run in merged(line):
            self.choose(run.style, size)
            total += self.get_string_width(run.text)
        return total

    def draw(self, line: Line, size: float, height: float, width: float | None = None) -> None:
        """A line at the current place, spread over `width` if given; then goes to the next."""
        runs = merged(line)
        spread = (width - self.width(line, size)) / (len(plain(runs)) - 1) if width else 0.0
        for run in runs:
            self.choose(run.style, size)
            self.set_char_spacing(spread * self.k)
            self.cell(h=height, text=run.text)
        self.set_char_spacing(0)
        self.set_xy(self.l_margin, self.y + height)

    def choose(self, style: str, size: float) -> None:
        self.set_font(style or "body", size=size * 0.95 if style == "code" else size)

    def rule(self, y: float, thickness: float) -> None:
        self.set_draw_color(RULE)
        self.set_line_width(thickness)
        self.line(self.l_margin, y, self.w - self.r_margin, y)

    def room(self, height: float) -> None:
        """Goes to the next page unless this one has `height` left."""
        if self.y + height > self.h - 26:
            self.add_page()
