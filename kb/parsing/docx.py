"""Word documents by python-docx: the body in reading order. https://python-docx.readthedocs.io

python-docx lists the body's own paragraphs and tables, but not the contents of content controls, text boxes, tracked
insertions and notes. So this module walks the elements itself. Their names are those of ECMA-376-1, clause 17.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml

from kb.parsing.blocks import Block, flat, item, row, write
from kb.parsing.draft import Draft
from kb.parsing.ooxml import open_word
from kb.parsing.parsed import Parsed
from kb.parsing.titles import sensible_title
from kb.parsing.word_numbering import BULLET, Numbering
from kb.parsing.word_styles import Style, Styles
from kb.parsing.word_symbols import symbol
from kb.parsing.word_xml import W, is_on

_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"

_PARAGRAPH, _TABLE, _ROW, _CELL, _RUN, _SYMBOL = f"{W}p", f"{W}tbl", f"{W}tr", f"{W}tc", f"{W}r", f"{W}sym"
_FORMULA = f"{_MATH}oMath"
_TEXT = {f"{W}t", f"{_MATH}t"}
_CHARACTERS = {f"{W}tab": "\t", f"{W}ptab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
_SOFT_HYPHEN = "\xad"
_NOTE_REFERENCES = {f"{W}footnoteReference": "footnote", f"{W}endnoteReference": "endnote"}
_TEXT_BOX = f"{W}txbxContent"
_IGNORED = {
    f"{W}pPr",  # properties; they may contain a tab stop, whose element is also called "tab"
    f"{W}rPr",
    f"{W}del",  # tracked changes: the old text
    f"{W}moveFrom",
    f"{W}rt",  # the pronunciation of ruby text
    f"{_COMPATIBILITY}Fallback",  # a duplicate for older programs
}


class _Line(NamedTuple):
    """The contents of a paragraph."""

    text: list[str]
    boxes: list[Any]
    notes: list[Block]


def parse(path: Path, max_characters: int, progress: Callable[[int, int], None]) -> Parsed:
    """See registry.parse. The title is the first paragraph in the style Title, else the title property."""
    document = open_word(path)
    draft = Draft(max_characters)
    body = _Body(document)
    write(body.blocks(document.element.body), draft)
    return draft.finish(body.title or sensible_title(document.core_properties.title))


class _Body:
    """Extracts blocks from elements. Each note appears once, after the paragraph that first refers to it."""

    title: str | None = None

    def __init__(self, document: WordDocument) -> None:
        self._numbering = Numbering(_numbering(document))
        self._styles = Styles(document.styles.element, self._numbering)
        self._notes = _notes(document)
        self._note_count = 0

    def blocks(self, parent: Any) -> Iterator[Block]:
        line = _Line([], [], [])
        for element in _nearest(parent, {_PARAGRAPH, _TABLE}):
            if element.tag == _TABLE:
                yield from self._table(element)
                continue
            style = self._styles.of(element)
            self._collect(element, line, is_hidden=style.is_hidden is True)
            # A paragraph whose end mark was deleted continues in the next one.
            if element.find(f"{W}pPr/{W}rPr/{W}del") is None:
                yield from self._paragraph(line, style)
                line = _Line([], [], [])
        yield from self._paragraph(line, Style())

    def _paragraph(self, line: _Line, style: Style) -> Iterator[Block]:
        text = "".join(line.text).replace(_SOFT_HYPHEN, "")
        if style.is_title and self.title is None:
            self.title = text.strip() or None
        yield self._with_mark(text, style)
        for box in line.boxes:
            yield from self.blocks(box)
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

    def _collect(self, element: Any, line: _Line, *, is_hidden: bool) -> None:
        for child in _visible_children(element):
            if child.tag == _RUN:
                own = self._styles.hides(child)
                if is_hidden if own is None else own:
                    continue
            if child.tag in _TEXT:
                line.text.append(child.text or "")
            elif child.tag in _CHARACTERS:
                line.text.append(_CHARACTERS[child.tag])
            elif child.tag == _SYMBOL:
                line.text.append(symbol(child.get(f"{W}font"), child.get(f"{W}char")))
            elif child.tag in _NOTE_REFERENCES:
                self._add_note(_NOTE_REFERENCES[child.tag], child.get(f"{W}id"), line)
            elif child.tag == _TEXT_BOX:
                line.boxes.append(child)
            else:
                self._collect(child, line, is_hidden=is_hidden)
                if child.tag == _FORMULA:
                    line.text.append(" ")

    def _add_note(self, kind: str, note_id: str, line: _Line) -> None:
        note = self._notes.pop((kind, note_id), None)
        if note is not None:
            self._note_count += 1
            mark = f"[{self._note_count}]"
            line.text.append(mark)
            line.notes.append(Block(f"{mark} {flat(self.blocks(note))}", kind="note"))

    def _table(self, table: Any) -> Iterator[Block]:
        for element in _nearest(table, {_ROW}):
            if element.find(f"{W}trPr/{W}del") is None and not _is_hidden_row(element):
                yield from row(self.blocks(cell) for cell in _nearest(element, {_CELL}))


def _is_hidden_row(element: Any) -> bool:
    properties = element.find(f"{W}trPr")
    return properties is not None and is_on(properties, "hidden")


def _visible_children(parent: Any) -> Iterator[Any]:
    """The child elements with visible content."""
    for child in parent.iterchildren("*"):
        is_placeholder = child.tag == f"{W}sdt" and child.find(f"{W}sdtPr/{W}showingPlcHdr") is not None
        if child.tag not in _IGNORED and not is_placeholder:
            yield child


def _nearest(parent: Any, tags: set[str]) -> Iterator[Any]:
    """The outermost descendants of `parent` with these tags."""
    for child in _visible_children(parent):
        if child.tag in tags:
            yield child
        else:
            yield from _nearest(child, tags)


def _notes(document: WordDocument) -> dict[tuple[str, str], Any]:
    """Footnotes and endnotes by (kind, id)."""
    kinds = {RELATIONSHIP_TYPE.FOOTNOTES: "footnote", RELATIONSHIP_TYPE.ENDNOTES: "endnote"}
    found = {}
    for relationship in document.part.rels.values():
        kind = kinds.get(relationship.reltype)
        if kind and not relationship.is_external:
            for note in parse_xml(relationship.target_part.blob).iterchildren(f"{W}{kind}"):
                found[kind, note.get(f"{W}id")] = note
    return found


def _numbering(document: WordDocument) -> Any | None:
    """The w:numbering element; None if the document has none."""
    for relationship in document.part.rels.values():
        if relationship.reltype == RELATIONSHIP_TYPE.NUMBERING and not relationship.is_external:
            return parse_xml(relationship.target_part.blob)
    return None
