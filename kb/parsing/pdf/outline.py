"""Locates the entries of a PDF's outline in its text."""

import logging
import re
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader

from kb.parsing.draft import TITLE_CHARACTERS, has_text, one_line
from kb.parsing.parsed import Heading, Parsed
from kb.parsing.pdf.objects import DAMAGE

logger = logging.getLogger(__name__)

_NUMBER = r"(?:\d+|[A-Z]|[IVX]+)(?:\.\d+)*\.?"  # heading numbers: 3, 3.1.2, IV., B


def headings(parsed: Parsed, reader: PdfReader) -> list[Heading]:
    """The outline's entries whose title begins a line on the page they point to."""
    try:
        entries = list(_entries(reader, reader.outline, level=1))
    except DAMAGE as error:
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
    """(level, title, page index) in order. pypdf puts the children of an entry in a list after it."""
    for item in outline:
        if isinstance(item, list):
            yield from _entries(reader, item, level + 1)
            continue
        title = one_line(item.title or "")[:TITLE_CHARACTERS]
        page = reader.get_destination_page_number(item)
        if has_text(title) and page is not None:
            yield level, title, page


def _find(title: str, text: str, start: int, end: int) -> re.Match[str] | None:
    """The title as a whole line, or else at the beginning of one; group 1 is the matching text.

    Spaces, punctuation and case may differ, and the page may show a number that the outline omits.
    """
    letters = r"\W*".join(letter for letter in title if letter.isalnum())
    for rest in (r"(?:[^\w\n]*[^\w\s])?)[ \t]*$", r")(?!\w)"):
        line = rf"^[ \t]*((?:[^\w\s][^\w\n]*)?(?:{_NUMBER}\s+)?{letters}{rest}"
        pattern = re.compile(line, re.MULTILINE | re.IGNORECASE)
        if match := pattern.search(text, start, end):
            return match
    return None
