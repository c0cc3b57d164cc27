"""Word documents by python-docx: the body in reading order. https://python-docx.readthedocs.io

python-docx lists a body's own paragraphs and tables, but not what stands in content controls, text boxes, tracked
insertions or notes. So the elements are walked here; their names are those of ECMA-376-1, clause 17.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml

from kb.parsing.draft import Draft, one_line
from kb.parsing.ooxml import open_word
from kb.parsing.parsed import Parsed
from kb.parsing.titles import sensible_title
from kb.parsing.word_styles import Styles, W

_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"

_PARAGRAPH, _TABLE, _ROW, _CELL = f"{W}p", f"{W}tbl", f"{W}tr", f"{W}tc"
_FORMULA = f"{_MATH}oMath"
_TEXT = {f"{W}t", f"{_MATH}t"}
_SIGNS = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
_NOTE_REFERENCES = {f"{W}footnoteReference": "footnote", f"{W}endnoteReference": "endnote"}
_TEXT_BOX = f"{W}txbxContent"
_LEFT_OUT = {
    f"{W}pPr",  # properties; a tab stop in them is also called "tab"
    f"{W}rPr",
    f"{W}del",  # tracked changes: what was there before
    f"{W}moveFrom",
    f"{W}rt",  # how the ruby text below it is said
    f"{_COMPATIBILITY}Fallback",  # the same again for older programs
}


class _Block(NamedTuple):
    """A paragraph or table row."""

    text: str
    level: int = 0  # of a heading; 0 for none
    kind: str = ""  # "row" or "item": no blank line between two of a kind


class _Line(NamedTuple):
    """What was found in a paragraph."""

    text: list[str]
    boxes: list[Any]
    notes: list[_Block]


def parse(path: Path, most: int, progress: Callable[[int, int], None]) -> Parsed:
    """See registry.parse. The title is the first paragraph in the style Title, else that of the properties."""
    document = open_word(path)
    draft = Draft(most)
    body = _Body(document)
    kind = ""
    for block in body.blocks(document.element.body):
        if block.level:
            draft.heading(block.level, block.text)
        else:
            draft.write(block.text, gap="\n" if block.kind and block.kind == kind else "\n\n")
        kind = block.kind
    return draft.finish(body.title or sensible_title(document.core_properties.title))


class _Body:
    """Reads blocks out of elements. Each note is given once, after the paragraph that first refers to it."""

    title: str | None = None

    def __init__(self, document: WordDocument) -> None:
        self._styles = Styles(document.styles.element)
        self._notes = _notes(document)
        self._notes_given = 0

    def blocks(self, parent: Any) -> Iterator[_Block]:
        for element in _nearest(parent, {_PARAGRAPH, _TABLE}):
            yield from self._paragraph(element) if element.tag == _PARAGRAPH else self._table(element)

    def _paragraph(self, element: Any) -> Iterator[_Block]:
        line = _Line([], [], [])
        self._collect(element, line)
        text = "".join(line.text)
        style = self._styles.of(element)
        if style.is_title and self.title is None:
            self.title = text.strip() or None
        if style.level or style.list_depth in (None, -1) or not text.strip():
            yield _Block(text, style.level or 0)
        else:
            yield _Block("  " * (style.list_depth or 0) + "- " + text.strip(), kind="item")
        for box in line.boxes:
            yield from self.blocks(box)
        yield from line.notes

    def _collect(self, element: Any, line: _Line) -> None:
        for child in _shown(element):
            if child.tag in _TEXT:
                line.text.append(child.text or "")
            elif child.tag in _SIGNS:
                line.text.append(_SIGNS[child.tag])
            elif child.tag in _NOTE_REFERENCES:
                self._refer(_NOTE_REFERENCES[child.tag], child.get(f"{W}id"), line)
            elif child.tag == _TEXT_BOX:
                line.boxes.append(child)
            else:
                self._collect(child, line)
                if child.tag == _FORMULA:
                    line.text.append(" ")

    def _refer(self, kind: str, note_id: str, line: _Line) -> None:
        note = self._notes.pop((kind, note_id), None)
        if note is not None:
            self._notes_given += 1
            mark = f"[{self._notes_given}]"
            line.text.append(mark)
            line.notes.append(_Block(f"{mark} {_flat(self.blocks(note))}"))

    def _table(self, table: Any) -> Iterator[_Block]:
        for row in _nearest(table, {_ROW}):
            if row.find(f"{W}trPr/{W}del") is not None:
                continue
            cells = [[block for block in self.blocks(cell) if block.text.strip()] for cell in _nearest(row, {_CELL})]
            filled = [cell for cell in cells if cell]
            if (len(filled) == 1 and len(filled[0]) > 1) or any(_is_structured(cell) for cell in filled):
                yield from chain.from_iterable(filled)  # a frame that holds text in its place, no table
            elif filled:
                yield _Block(" | ".join(_flat(cell) for cell in cells), kind="row")


def _flat(blocks: Iterable[_Block]) -> str:
    return " ".join(one_line(block.text) for block in blocks)


def _is_structured(blocks: list[_Block]) -> bool:
    return any(block.level or block.kind == "row" for block in blocks)


def _shown(parent: Any) -> Iterator[Any]:
    """The child elements that a reader sees something of."""
    for child in parent.iterchildren("*"):
        is_placeholder = child.tag == f"{W}sdt" and child.find(f"{W}sdtPr/{W}showingPlcHdr") is not None
        if child.tag not in _LEFT_OUT and not is_placeholder:
            yield child


def _nearest(parent: Any, tags: set[str]) -> Iterator[Any]:
    """The elements of these tags below `parent`, but not below one another, whatever is wrapped around them."""
    for child in _shown(parent):
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
