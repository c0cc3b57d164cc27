"""Word documents by python-docx: headers, the body in reading order, footers. https://python-docx.readthedocs.io"""

from collections.abc import Callable, Iterator
from pathlib import Path

from docx.document import Document as WordDocument

from kb.parsing import word_margins
from kb.parsing.blocks import Block, write
from kb.parsing.draft import Draft
from kb.parsing.ooxml import open_word
from kb.parsing.parsed import Parsed
from kb.parsing.titles import sensible_title
from kb.parsing.word_body import Body
from kb.parsing.word_chunks import Chunks


def parse(path: Path, max_characters: int, progress: Callable[[int, int], None]) -> Parsed:
    """See registry.parse. The title is the first paragraph in the style Title, else the title property."""
    document = open_word(path)
    draft = Draft(max_characters)
    chunks = Chunks(lambda inserted, chunks: list(Body(inserted, chunks).blocks(inserted.element.body)))
    body = Body(document, chunks)
    write(_blocks(document, body, chunks), draft)
    return draft.finish(body.title or sensible_title(document.core_properties.title))


def _blocks(document: WordDocument, body: Body, chunks: Chunks) -> Iterator[Block]:
    """A header stands before the first heading, so that it belongs to no section."""
    margins = word_margins.read(document, chunks)
    yield from margins.headers
    yield from body.blocks(document.element.body)
    yield from margins.footers
