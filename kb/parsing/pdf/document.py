"""Parses a whole PDF: opens it, reads it page by page, and builds one text."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.errors import PdfReadError

from kb.parsing.draft import Draft, has_text, one_line
from kb.parsing.errors import NoText, PasswordNeeded, TooLarge, Unreadable
from kb.parsing.parsed import Parsed, nest
from kb.parsing.pdf import content, forms, furniture, headings, listings, outline, scans, tables
from kb.parsing.pdf.columns import regions
from kb.parsing.pdf.content import DAMAGE, Content, Fonts, Run
from kb.parsing.pdf.labels import labels
from kb.parsing.pdf.lines import Line, fragments_of, lines_of
from kb.parsing.pdf.paragraphs import Block, Words, blocks_of, continues, split_notes
from kb.parsing.pdf.scripts import length, separator, spelled_out
from kb.parsing.recognition import NOT_INSTALLED, Recognise
from kb.parsing.titles import sensible_title

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Column:
    lines: list[Line]
    right: float
    aside: bool  # turned differently from most of the page


@dataclass(slots=True)
class _Page:
    columns: list[_Column] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    is_scan: bool = False  # a picture whose text is unknown
    is_unread: bool = False  # has a picture that was not read
    is_recognised: bool = False
    blocks: list[Block] = field(default_factory=list)

    @property
    def lines(self) -> list[Line]:
        return [line for column in self.columns for line in column.lines]

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @property
    def upright(self) -> list[Line]:
        return [line for column in self.columns if not column.aside for line in column.lines]


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
    _check_text(pages, NOT_INSTALLED if recognise is None else "no text was recognised on them")
    _even_sizes(pages)
    _find_blocks(pages)
    return _finish(reader, pages, most)


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
) -> list[_Page]:
    pages: list[_Page] = []
    failures: list[str] = []
    fonts: Fonts = {}
    characters = 0
    for index in range(page_count):
        try:
            page = _page(reader.pages[index], fonts, partial(pictures.content, index))
        except DAMAGE as error:
            failures.append(f"page {index + 1}: {type(error).__name__}: {error}")
            page = _Page()
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


def _page(page: PageObject, fonts: Fonts, recognised: Callable[[], Content | None]) -> _Page:
    found = content.read(page, fonts)
    result = _Page(_columns(found), forms.fields(page))
    text = _text_of(found)
    result.is_scan = scans.is_scan(found.pictures, text)
    if result.is_scan or scans.may_hold_more(found.pictures, text):
        seen = recognised()
        if seen is None:
            result.is_unread = True
            return result
        if result.is_scan or scans.says_more(_text_of(seen), text):
            return _Page(_columns(seen), result.fields, is_recognised=True)
    return result


def _text_of(found: Content) -> str:
    """All text in any order. Lines are not usable yet: they have no text before tables are found."""
    return "\n".join(run.text for run in found.runs)


def _columns(found: Content) -> list[_Column]:
    """The page's lines in reading order."""
    columns: list[_Column] = []
    for index, runs in enumerate(_by_direction(found.runs)):
        left, right = _sides(found.box, runs[0].turn)
        fragments = fragments_of(runs)
        margin = max(0.0, min(fragment.x0 for fragment in fragments) - left)  # usually the right margin is as wide
        for region in regions(fragments, right - margin):
            columns.append(_Column(lines_of(region.fragments), region.right, aside=index > 0))
    return columns


def _by_direction(runs: list[Run]) -> list[list[Run]]:
    """The runs grouped by `turn`; the group with most text comes first."""
    turned: dict[int, list[Run]] = {}
    for run in runs:
        turned.setdefault(run.turn, []).append(run)
    return sorted(turned.values(), key=lambda group: -sum(len(run.text) for run in group))


def _sides(box: tuple[float, float, float, float], turn: int) -> tuple[float, float]:
    """The page's left and right sides when it is turned for reading."""
    x0, y0, x1, y1 = box
    return ((x0, x1), (y0, y1), (-x1, -x0), (-y1, -y0))[turn]


def _check_text(pages: list[_Page], why: str) -> None:
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


def _even_sizes(pages: list[_Page]) -> None:
    recognised = [line for page in pages if page.is_recognised for line in page.lines]
    others = [line for page in pages if not page.is_recognised for line in page.lines]
    scans.even_sizes(recognised, _body_size(others))


def _find_blocks(pages: list[_Page]) -> None:
    lines = [line for page in pages for line in page.lines]
    words = Words(lines)
    body = _body_size(lines)
    found = furniture.find([page.upright for page in pages], body)
    for page, dropped in zip(pages, found, strict=True):
        footnotes: list[Block] = []
        for column in page.columns:
            kept = [line for line in column.lines if id(line) not in dropped]
            text, notes = (kept, []) if column.aside else split_notes(kept, body)
            _append(page.blocks, blocks_of(text, column.right, words, aside=column.aside), words)
            footnotes += blocks_of(notes, column.right, words, aside=True)
        page.blocks += footnotes
    _join_pages(pages, words)


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


def _join_pages(pages: list[_Page], words: Words) -> None:
    """Joins paragraphs across page breaks; the new page then starts in the middle of the paragraph."""
    for page, after in pairwise(pages):
        if page.blocks and after.blocks and not page.fields and continues(page.blocks[-1], after.blocks[0]):
            last, first = page.blocks[-1], after.blocks[0]
            text = words.without_hyphen(last.text, first.text)
            first.gap = separator(last.text, first.text) if text == last.text and text[-1] not in "-\u2010" else ""
            last.text = text


def _finish(reader: PdfReader, pages: list[_Page], most: int) -> Parsed:
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
