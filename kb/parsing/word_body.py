"""The contents of a Word document, its headers or notes as blocks in reading order.

python-docx lists the body's own paragraphs and tables, but not the contents of content controls, text boxes, tracked
insertions and notes. So this module walks the elements itself. Their names are those of ECMA-376-1, clause 17.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml

from kb.parsing import grid, word_drawings, word_tables
from kb.parsing.blocks import Block, flat, item
from kb.parsing.links import address, says
from kb.parsing.raised import Piece, joined
from kb.parsing.symbol_fonts import shown, symbol
from kb.parsing.word_chunks import Chunks
from kb.parsing.word_fields import Field, check_mark, link
from kb.parsing.word_formulas import M, formula
from kb.parsing.word_numbering import BULLET, Numbering
from kb.parsing.word_styles import Style, Styles
from kb.parsing.word_xml import R, W, nearest, visible_children

_PARAGRAPH, _TABLE, _CHUNK = f"{W}p", f"{W}tbl", f"{W}altChunk"
_RUN, _SYMBOL, _CONTROL, _LINK, _SIMPLE_FIELD = f"{W}r", f"{W}sym", f"{W}sdt", f"{W}hyperlink", f"{W}fldSimple"
_FIELD, _CODE = f"{W}fldChar", f"{W}instrText"
_FORMULA = f"{M}oMath"
_TEXT = {f"{W}t", f"{word_drawings.A}t"}
_CHARACTERS = {f"{W}tab": "\t", f"{W}ptab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
_SOFT_HYPHEN = "\xad"
_NOTE_REFERENCES = {f"{W}footnoteReference": "footnote", f"{W}endnoteReference": "endnote"}
_TEXT_BOX = f"{W}txbxContent"
_CHARTS = {f"{word_drawings.C}chart", f"{word_drawings.CX}chart"}
_DIAGRAM = f"{word_drawings.DGM}relIds"
_WORD_ART = "{urn:schemas-microsoft-com:vml}textpath"


class _Line:
    """The contents of a paragraph: pieces of text, what follows below it, and the addresses of links in a heading."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.pieces: list[Piece] = []
        self.below: list[Iterable[Block]] = []
        self.notes: list[Block] = []
        self.addresses: list[str] = []
        self._link: tuple[str, int, int] | None = None  # address, end and beginning of the last link

    def close_link(self, at: int, given: str | None) -> None:
        """A link to `given` ends, which began at piece `at`. Word may write one link as several in a row."""
        place = address(given)
        if place is None:
            return
        if self._link is not None and self._link[:2] == (place, at):
            at = self._link[2]
            self.pieces[at:] = [piece for piece in self.pieces[at:] if piece.text != f" ({place})"]
        words = joined(self.pieces[at:])
        if words.strip() and not says(words, place):
            if self.style.level:
                self.addresses += [place] if place not in self.addresses else []
            else:
                ending = words[len(words.rstrip()) :]
                self.pieces[at:] = [Piece(words.rstrip()), Piece(f" ({place})"), *([Piece(ending)] if ending else [])]
        self._link = (place, len(self.pieces), at)


class Body:
    """Extracts blocks from elements of `part`. Each note appears once, after the paragraph that first refers to it.

    `title` is the first paragraph in the style Title.
    """

    title: str | None = None

    def __init__(self, document: WordDocument, chunks: Chunks, part: Any = None) -> None:
        self._part = document.part if part is None else part
        self._numbering = Numbering(_numbering(document))
        self._styles = Styles(document.styles.element, self._numbering)
        self._notes = _notes(document) if part is None else {}
        self._note_count = 0
        self._chunks = chunks
        self._fields: list[Field] = []

    def blocks(self, parent: Any) -> Iterator[Block]:
        line: _Line | None = None
        for element in nearest(parent, {_PARAGRAPH, _TABLE, _CHUNK}):
            if element.tag == _TABLE:
                yield from grid.table([word_tables.rows(element, lambda cell: list(self.blocks(cell)))])
                continue
            if element.tag == _CHUNK:
                target = self._target(element.get(f"{R}id"))
                yield from self._chunks.blocks(target) if target is not None else ()
                continue
            style = self._styles.of(element)
            line = line or _Line(style)
            line.style = style
            self._collect(element, line, style)
            # A paragraph whose end mark was deleted continues in the next one.
            if element.find(f"{W}pPr/{W}rPr/{W}del") is None:
                yield from self._paragraph(line)
                line = None
        if line is not None:
            line.style = Style()
            yield from self._paragraph(line)

    def _paragraph(self, line: _Line) -> Iterator[Block]:
        text = joined(line.pieces).replace(_SOFT_HYPHEN, "")
        if line.style.is_title and self.title is None:
            self.title = text.strip() or None
        yield self._with_mark(text, line.style)
        yield from map(Block, line.addresses)
        for blocks in line.below:
            yield from blocks
        yield from line.notes

    def _with_mark(self, text: str, style: Style) -> Block:
        """The paragraph with its list number or mark. Empty paragraphs are not counted."""
        mark = None
        if text.strip() and style.instance and style.is_listed:
            mark = self._numbering.next(style.instance, style.depth or 0)
        if style.level:
            return Block((mark or "").removeprefix(BULLET) + text, level=style.level)
        if mark is None:
            return Block(text)
        return item(mark, style.depth or 0, text)

    def _collect(self, element: Any, line: _Line, style: Style) -> None:
        """Collects what `element` shows; `style` is that of the text around it."""
        for child in visible_children(element):
            if child.tag == _RUN:
                own = self._styles.of_run(child).over(style)
                if not own.is_hidden:
                    self._collect(child, line, own)
            elif child.tag in (_FIELD, _CODE):
                self._read_field(child, line)
            elif not any(field.shown is not None for field in self._fields):
                self._add(child, line, style)

    def _add(self, child: Any, line: _Line, style: Style) -> None:
        if child.tag in _TEXT:
            line.pieces.append(Piece(shown(child.text or "", style.font), style.script or ""))
        elif child.tag in _CHARACTERS:
            line.pieces.append(Piece(_CHARACTERS[child.tag]))
        elif child.tag == _SYMBOL:
            line.pieces.append(Piece(symbol(child.get(f"{W}font"), child.get(f"{W}char")), style.script or ""))
        elif child.tag in _NOTE_REFERENCES:
            self._add_note(_NOTE_REFERENCES[child.tag], child.get(f"{W}id"), line)
        elif child.tag == _FORMULA:
            line.pieces.append(Piece(formula(child)))
            following = child.getnext()
            if following is not None and following.tag == _FORMULA:
                line.pieces.append(Piece(" "))
        elif child.tag in (_LINK, _SIMPLE_FIELD):
            at = len(line.pieces)
            self._collect(child, line, style)
            line.close_link(at, self._address(child))
        elif child.tag == _CONTROL and (mark := check_mark(child)) is not None:
            line.pieces.append(Piece(mark))
        elif (below := self._below(child)) is not None:
            line.below.append(below)
        else:
            self._collect(child, line, style)

    def _below(self, child: Any) -> Iterable[Block] | None:
        """The blocks of a text box, chart, SmartArt or WordArt; None for anything else."""
        if child.tag == _TEXT_BOX:
            return self.blocks(child)
        if child.tag in _CHARTS and child.get(f"{R}id"):
            return self._drawing(child.get(f"{R}id"), word_drawings.chart)
        if child.tag == _DIAGRAM:
            return self._drawing(child.get(f"{R}dm"), word_drawings.diagram)
        if child.tag == _WORD_ART:
            return [Block(child.get("string") or "")]
        return None

    def _drawing(self, name: str | None, read: Any) -> Iterable[Block]:
        target = self._target(name)
        try:
            return () if target is None else list(read(parse_xml(target.blob)))
        except SyntaxError:  # lxml's error for bad XML; the document around the drawing is still good
            return ()

    def _read_field(self, child: Any, line: _Line) -> None:
        kind = child.get(f"{W}fldCharType")
        if child.tag == _CODE:
            if self._fields:
                self._fields[-1].code += child.text or ""
        elif kind == "begin":
            field = Field(child, len(line.pieces))
            line.pieces.append(Piece(field.shown or ""))
            self._fields.append(field)
        elif kind == "separate" and self._fields:
            self._fields[-1].at = len(line.pieces)
        elif kind == "end" and self._fields:
            field = self._fields.pop()
            line.close_link(min(field.at, len(line.pieces)), field.link)

    def _address(self, element: Any) -> str | None:
        """The address behind a w:hyperlink or a simple field."""
        if element.tag == _SIMPLE_FIELD:
            return link(element.get(f"{W}instr") or "")
        relationship = self._part.rels.get(element.get(f"{R}id"))
        if relationship is None or not relationship.is_external:
            return None
        place = element.get(f"{W}anchor")
        target: str = relationship.target_ref
        return target + (f"#{place}" if place and "#" not in target else "")

    def _target(self, name: str | None) -> Any | None:
        """The part of the package that a relationship names; None if there is none."""
        relationship = self._part.rels.get(name)
        return None if relationship is None or relationship.is_external else relationship.target_part

    def _add_note(self, kind: str, note_id: str, line: _Line) -> None:
        note = self._notes.pop((kind, note_id), None)
        if note is not None:
            self._note_count += 1
            mark = f"[{self._note_count}]"
            line.pieces.append(Piece(mark))
            element, part = note
            own, self._part = self._part, part  # links in the note are those of its part
            line.notes.append(Block(f"{mark} {flat(self.blocks(element))}", kind="note"))
            self._part = own


def _notes(document: WordDocument) -> dict[tuple[str, str], tuple[Any, Any]]:
    """Footnotes and endnotes by (kind, id), each with its part."""
    kinds = {RELATIONSHIP_TYPE.FOOTNOTES: "footnote", RELATIONSHIP_TYPE.ENDNOTES: "endnote"}
    found = {}
    for relationship in document.part.rels.values():
        kind = kinds.get(relationship.reltype)
        if kind and not relationship.is_external:
            part = relationship.target_part
            for note in parse_xml(part.blob).iterchildren(f"{W}{kind}"):
                found[kind, note.get(f"{W}id")] = (note, part)
    return found


def _numbering(document: WordDocument) -> Any | None:
    """The w:numbering element; None if the document has none."""
    for relationship in document.part.rels.values():
        if relationship.reltype == RELATIONSHIP_TYPE.NUMBERING and not relationship.is_external:
            return parse_xml(relationship.target_part.blob)
    return None
