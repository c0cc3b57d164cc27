"""PDF by pypdf: the text layer page by page, sections from the outline. https://pypdf.readthedocs.io"""

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PdfReadError, PyPdfError

from kb.parsing.draft import TITLE_CHARACTERS, Draft, has_text, one_line
from kb.parsing.errors import FAULTS, NoText, PasswordNeeded, Unreadable
from kb.parsing.parsed import Heading, Parsed, nest
from kb.parsing.titles import sensible_title

logger = logging.getLogger(__name__)

_DAMAGE = (PyPdfError, *FAULTS)  # "broken PDF files might cause other Exceptions", says pypdf of its errors
_NUMBER = r"(?:\d+|[A-Z]|[IVX]+)(?:\.\d+)*\.?"  # of a heading: 3, 3.1.2, IV., B


def parse(path: Path, most: int, progress: Callable[[int, int], None]) -> Parsed:
    """See registry.parse. A page that cannot be read is left empty, unless all are so."""
    try:
        reader = _open(path.read_bytes())
        page_count = len(reader.pages)
    except _DAMAGE as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error
    if page_count == 0:
        raise Unreadable("it has no pages")
    draft = Draft(most)
    failures = []
    for index in range(page_count):
        draft.start_page()
        try:
            draft.write(reader.pages[index].extract_text())
        except _DAMAGE as error:
            failures.append(f"page {index + 1}: {type(error).__name__}: {error}")
        progress(index + 1, page_count)
    if len(failures) == page_count:
        raise Unreadable(f"none of its {page_count} pages can be read; {failures[0]}")
    if failures:
        logger.warning("%d of %d pages cannot be read; first %s", len(failures), page_count, failures[0])
    return _finish(draft, reader)


def _open(data: bytes) -> PdfReader:
    try:
        reader = PdfReader(BytesIO(data))
    except NotImplementedError as error:
        raise PasswordNeeded(f"encrypted in a way that is not known here: {error}") from error
    except PdfReadError:
        # Without a startxref pypdf gives up. Sent to offset 0, it looks for the objects themselves.
        reader = PdfReader(BytesIO(data + b"\nstartxref\n0\n%%EOF\n"))
    if not reader.is_encrypted or reader.decrypt(""):
        return reader
    if _only_attachments_encrypted(reader):
        # pypdf wants the password all the same: a file that does not say so needs none.
        return PdfReader(BytesIO(data.replace(b"/Encrypt", b"/Ignored")))
    raise PasswordNeeded("it does not open without a password")


def _only_attachments_encrypted(reader: PdfReader) -> bool:
    """Whether streams and strings are left as they are: from version 4 on they may be (ISO 32000-1, 7.6.5)."""
    how: Any = reader.trailer["/Encrypt"].get_object()
    return how["/V"] >= 4 and all(how.get(kind, "/Identity") == "/Identity" for kind in ("/StmF", "/StrF"))


def _finish(draft: Draft, reader: PdfReader) -> Parsed:
    try:
        parsed = draft.finish(_title(reader))
    except NoText as error:
        raise NoText(f"none of its {len(reader.pages)} pages has a text layer") from error
    return replace(parsed, sections=nest(_headings(parsed, reader), parsed.text))


def _title(reader: PdfReader) -> str | None:
    try:
        return sensible_title(reader.metadata.title if reader.metadata else None)
    except _DAMAGE as error:
        logger.warning("its properties cannot be read: %s: %s", type(error).__name__, error)
        return None


def _headings(parsed: Parsed, reader: PdfReader) -> list[Heading]:
    """The outline's entries that stand at the beginning of a line on the page they point to."""
    try:
        entries = list(_entries(reader, reader.outline, level=1))
    except _DAMAGE as error:
        logger.warning("its outline cannot be read: %s: %s", type(error).__name__, error)
        return []
    page_ends = (*parsed.page_starts[1:], len(parsed.text))
    found: dict[int, Heading] = {}
    for level, title, page in entries:
        match = _find(title, parsed.text, parsed.page_starts[page], page_ends[page])
        if match:
            found.setdefault(match.start(1), Heading(level, title, match.start(1), match.end(1)))
    return [found[start] for start in sorted(found)]


def _entries(reader: PdfReader, outline: Any, level: int) -> Iterator[tuple[int, str, int]]:
    """(level, title, page index) in order; pypdf puts the entries below one in a list after it."""
    for item in outline:
        if isinstance(item, list):
            yield from _entries(reader, item, level + 1)
            continue
        title = one_line(item.title or "")[:TITLE_CHARACTERS]
        page = reader.get_destination_page_number(item)
        if has_text(title) and page is not None:
            yield level, title, page


def _find(title: str, text: str, start: int, end: int) -> re.Match[str] | None:
    """The title as a line of its own, else at the beginning of one; group 1 is what stands there.

    Blanks, punctuation and case may differ, and the page may have a number that the outline has not.
    """
    letters = r"\W*".join(letter for letter in title if letter.isalnum())
    for rest in (r"(?:[^\w\n]*[^\w\s])?)[ \t]*$", r")(?!\w)"):
        line = rf"^[ \t]*((?:[^\w\s][^\w\n]*)?(?:{_NUMBER}\s+)?{letters}{rest}"
        pattern = re.compile(line, re.MULTILINE | re.IGNORECASE)
        if match := pattern.search(text, start, end):
            return match
    return None
