"""Parses a whole PDF: opens it, reads it page by page, and builds one text."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PdfReadError
from pypdf.generic import DictionaryObject

from kb.parsing.draft import Draft, has_text, one_line
from kb.parsing.errors import FormNotRead, NoText, PasswordNeeded, TooLarge, Unreadable
from kb.parsing.parsed import Parsed, nest
from kb.parsing.pdf import furniture, headings, listings, outline, scans, tables, xfa
from kb.parsing.pdf.labels import labels
from kb.parsing.pdf.layers import Layers
from kb.parsing.pdf.lines import Line
from kb.parsing.pdf.objects import DAMAGE, dictionary
from kb.parsing.pdf.page import Page, read
from kb.parsing.pdf.painter import Fonts
from kb.parsing.pdf.paragraphs import Block, Words, blocks_of, continues, split_notes
from kb.parsing.pdf.scripts import length, separator, spelled_out
from kb.parsing.recognition import NOT_INSTALLED, Recognise
from kb.parsing.titles import sensible_title

_APART = "\n\n"

logger = logging.getLogger(__name__)


def parse(path: Path, most: int, progress: Callable[[int, int], None], recognise: Recognise | None = None) -> Parsed:
    """See registry.parse. An unreadable page is left empty, unless all pages are unreadable.

    `recognise` reads scanned pages; None if it is not installed. Raises NoText if most pages are pictures without
    text: the little text of the others would pass for the whole document.
    """
    try:
        reader = _open(path.read_bytes())
        page_count = len(reader.pages)
    except DAMAGE as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error
    if page_count == 0:
        raise Unreadable("it has no pages")
    with scans.Pictures(path, recognise) as pictures:
        pages = _read(reader, pictures, page_count, most, progress)
    if (form := _form(reader, pages, most)) is not None:
        return form
    _check_text(pages, NOT_INSTALLED if recognise is None else "no text was recognised on them")
    _even_sizes(pages)
    _find_blocks(pages)
    return _finish(reader, pages, most)


def _form(reader: PdfReader, pages: list[Page], most: int) -> Parsed | None:
    """A form whose pages only ask to wait; None for other files. Raises FormNotRead."""
    try:
        if not xfa.is_dynamic(reader, "\n".join(page.text for page in pages)):
            return None
        text = xfa.text(reader)
    except DAMAGE as error:
        raise FormNotRead(f"{type(error).__name__}: {error}") from error
    draft = Draft(most)
    for page in pages:
        draft.start_page()
        if page is pages[0]:
            draft.write(text)
    return draft.finish(_title(reader))


def _open(data: bytes) -> PdfReader:
    try:
        reader = PdfReader(BytesIO(data))
    except NotImplementedError as error:
        raise PasswordNeeded(f"encrypted in an unsupported way: {error}") from error
    except PdfReadError:
        # Without a startxref pypdf gives up. With offset 0 it searches for the objects itself.
        reader = PdfReader(BytesIO(data + b"\nstartxref\n0\n%%EOF\n"))
    if not reader.is_encrypted or reader.decrypt(""):
        return reader
    if _only_attachments_encrypted(reader):
        # pypdf asks for the password anyway, so the file's /Encrypt entry is renamed.
        return PdfReader(BytesIO(data.replace(b"/Encrypt", b"/Ignored")))
    raise PasswordNeeded("it does not open without a password")


def _only_attachments_encrypted(reader: PdfReader) -> bool:
    """Whether streams and strings are unencrypted, which version 4 and later allow (ISO 32000-1, 7.6.5)."""
    encryption: Any = reader.trailer["/Encrypt"].get_object()
    return encryption["/V"] >= 4 and all(
        encryption.get(kind, "/Identity") == "/Identity" for kind in ("/StmF", "/StrF")
    )


def _read(
    reader: PdfReader, pictures: scans.Pictures, page_count: int, most: int, progress: Callable[[int, int], None]
) -> list[Page]:
    pages: list[Page] = []
    failures: list[str] = []
    fonts: Fonts = {}
    layers = _layers(reader)
    characters = 0
    for index in range(page_count):
        try:
            page = read(reader.pages[index], fonts, layers, partial(pictures.content, index))
        except DAMAGE as error:
            failures.append(f"page {index + 1}: {type(error).__name__}: {error}")
            page = Page()
        pages.append(page)
        characters += sum(len(fragment.text) for line in page.lines for fragment in line.fragments)
        if characters > most:
            raise TooLarge(f"its text has more than {most} characters")
        progress(index + 1, page_count)
    if len(failures) == page_count:
        raise Unreadable(f"none of its {page_count} pages can be read; {failures[0]}")
    if failures:
        logger.warning("%d of %d pages cannot be read; first %s", len(failures), page_count, failures[0])
    listings.unmark_if_all_code(page.lines for page in pages)
    for page in pages:
        for column in page.columns:
            tables.write(column.lines)
    return pages


def _layers(reader: PdfReader) -> Layers:
    """The file's layers; if they are damaged, everything is shown."""
    try:
        return Layers(dictionary(reader.trailer["/Root"]))
    except DAMAGE as error:
        logger.warning("its layers cannot be read: %s: %s", type(error).__name__, error)
        return Layers(DictionaryObject())


def _check_text(pages: list[Page], why: str) -> None:
    """Raises NoText for a scan, and if there is nothing but form values. `why` explains the missing text of scans."""
    unread = sum(page.is_unread for page in pages)
    if not any(has_text(page.text) for page in pages):
        pictures = unread or any(page.is_recognised for page in pages)
        raise NoText(f"none of its {len(pages)} pages has a text layer" + (f", and {why}" if pictures else ""))
    scans = sum(page.is_scan for page in pages)
    if 2 * scans > len(pages):
        raise NoText(f"{scans} of its {len(pages)} pages are pictures without a text layer, and {why}")
    if unread:
        logger.warning("%d of %d pages are pictures that were not read", unread, len(pages))


def _even_sizes(pages: list[Page]) -> None:
    recognised = [line for page in pages if page.is_recognised for line in page.lines]
    others = [line for page in pages if not page.is_recognised for line in page.lines]
    scans.even_sizes(recognised, _body_size(others))


def _find_blocks(pages: list[Page]) -> None:
    lines = [line for page in pages for line in page.lines]
    words = Words(lines)
    tables.unwrap(lines, words)
    body = _body_size(lines)
    found = furniture.find([page.upright for page in pages], body)
    for page, dropped in zip(pages, found, strict=True):
        footnotes: list[Block] = []
        for column in page.columns:
            if column.overlay:
                continue
            kept = [line for line in column.lines if id(line) not in dropped]
            text, notes = (kept, []) if column.aside else split_notes(kept, body)
            _append(page.blocks, blocks_of(text, column.right, words, aside=column.aside), words)
            footnotes += blocks_of(notes, column.right, words, aside=True)
        page.blocks += footnotes
    _join_pages(pages, words)
    _add_overlays(pages, words)


def _add_overlays(pages: list[Page], words: Words) -> None:
    """Writes what is laid over the pages once, and not into a paragraph that goes on over the page's end."""
    known: set[str] = set()
    waiting: list[Block] = []
    for page, after in zip(pages, [*pages[1:], None], strict=True):
        for column in page.columns:
            if column.overlay:
                kept = [line for line in column.lines if line.text not in known]
                known.update(line.text for line in kept)
                waiting += blocks_of(kept, column.right, words, aside=True)
        if after is None or not after.blocks or after.blocks[0].gap == _APART:
            page.blocks += waiting
            waiting = []
        elif len(page.blocks) > 1:
            page.blocks[-1:-1] = waiting
            waiting = []


def _body_size(lines: list[Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += length(line.text)
    return max(sizes, key=lambda size: sizes[size]) if sizes else 0.0


def _append(blocks: list[Block], column: list[Block], words: Words) -> None:
    """Joins a paragraph that continues in the next column."""
    if blocks and column and continues(blocks[-1], column[0]):
        column[0].text = words.joined(blocks[-1].text, column[0].text)
        column[0].lines += blocks.pop().lines
    blocks += column


def _join_pages(pages: list[Page], words: Words) -> None:
    """Joins paragraphs across page breaks; the new page then starts in the middle of the paragraph."""
    for page, after in pairwise(pages):
        if page.blocks and after.blocks and not page.fields and continues(page.blocks[-1], after.blocks[0]):
            last, first = page.blocks[-1], after.blocks[0]
            text = words.without_hyphen(last.text, first.text)
            first.gap = separator(last.text, first.text) if text == last.text and text[-1] not in "-\u2010" else ""
            last.text = text


def _finish(reader: PdfReader, pages: list[Page], most: int) -> Parsed:
    blocks = [block for page in pages for block in page.blocks]
    body = headings.body_style(blocks)
    levels = headings.levels(blocks, body, len(pages[0].blocks), len(pages))
    draft = Draft(most)
    index = 0
    for page in pages:
        draft.start_page()
        for block in page.blocks:
            if index in levels:
                draft.heading(levels[index], spelled_out(one_line(block.text)))
            else:
                draft.write(block.text, gap=block.gap)
            index += 1
        draft.write("\n".join(page.fields))
    title = _title(reader) or headings.largest(pages[0].blocks, body)
    parsed = replace(
        draft.finish(title),
        page_labels=labels(reader, len(pages)),
        unread_pages=sum(page.is_unread for page in pages),
    )
    found = outline.headings(parsed, reader)
    return replace(parsed, sections=nest(found, parsed.text)) if found else parsed


def _title(reader: PdfReader) -> str | None:
    try:
        return sensible_title(reader.metadata.title if reader.metadata else None)
    except DAMAGE as error:
        logger.warning("its properties cannot be read: %s: %s", type(error).__name__, error)
        return None
