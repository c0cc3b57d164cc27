"""Headers and footers of a Word document, each text once. ECMA-376-1, 17.10."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from docx.document import Document as WordDocument
from docx.oxml import parse_xml

from kb.parsing.blocks import Block
from kb.parsing.draft import one_line
from kb.parsing.word_body import Body
from kb.parsing.word_chunks import Chunks
from kb.parsing.word_xml import R, W, is_on

_PAGE_FIELD = re.compile(r"\b(?:PAGE|NUMPAGES|SECTIONPAGES)\b")
# A line that only numbers the page, in common languages.
_PAGE_NUMBER = re.compile(
    r"\W*(?:page|seite|p|s|página|pagina|strona|sida|side|страница|стр|第)?\W*\d+\W*(?:页|頁)?\W*"
    r"(?:(?:of|von|de|sur|di|van|z|av|af|из|共)?\W*\d+\W*(?:页|頁)?)?\W*",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W\d_]")


class Margins(NamedTuple):
    headers: list[Block]
    footers: list[Block]


def read(document: WordDocument, chunks: Chunks) -> Margins:
    """The headers and footers that are shown somewhere. Their headings are none of the document's."""
    seen: set[str] = set()
    parts: dict[str, list[Any]] = {"headerReference": [], "footerReference": []}
    for section in document.element.body.iter(f"{W}sectPr"):
        for kind, found in parts.items():
            for part in _shown_parts(document, section, kind):
                if part not in found:
                    found.append(part)
    headers, footers = (
        [block for part in found for block in _blocks(document, part, chunks, seen)] for found in parts.values()
    )
    return Margins(headers, footers)


def _shown_parts(document: WordDocument, section: Any, kind: str) -> Iterator[Any]:
    """The first page and even pages have their own only if the document says so."""
    is_shown = {"first": is_on(section, "titlePg"), "even": is_on(document.settings.element, "evenAndOddHeaders")}
    for reference in section.iterchildren(f"{W}{kind}"):
        relationship = document.part.rels.get(reference.get(f"{R}id"))
        if relationship is None or relationship.is_external:
            continue
        if is_shown.get(reference.get(f"{W}type"), True):
            yield relationship.target_part


def _blocks(document: WordDocument, part: Any, chunks: Chunks, seen: set[str]) -> Iterator[Block]:
    root = parse_xml(part.blob)
    codes = "".join(code.text or "" for code in root.iter(f"{W}instrText"))
    codes += "".join(field.get(f"{W}instr") or "" for field in root.iter(f"{W}fldSimple"))
    has_page_number = _PAGE_FIELD.search(codes) is not None
    for block in Body(document, chunks, part).blocks(root):
        line = one_line(block.text)
        is_number = has_page_number and _PAGE_NUMBER.fullmatch(line)
        if _LETTER.search(line) and not is_number and line not in seen:
            seen.add(line)
            yield block._replace(level=0)
