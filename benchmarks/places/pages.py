"""Checks the pages of a PDF's passages with pdfium, which shares no code with our parser."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium

ENOUGH = 0.8  # of a passage's words
LETTERS = 4  # of a word that counts

_CJK = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")


@dataclass(frozen=True)
class Judged:
    """A passage with its shares of words found."""

    passage: dict[str, Any]
    here: float  # on its own pages
    elsewhere: float  # on as many neighbouring pages: the share by chance

    @property
    def is_right(self) -> bool:
        return self.here >= ENOUGH


def judged(data: bytes, passages: Sequence[dict[str, Any]]) -> Iterator[Judged]:
    """Judges passages that have more than numbers and short words. Raises pdfium.PdfiumError for an unreadable file."""
    document = pdfium.PdfDocument(data)
    try:
        texts = [compact(_text_of(document, index)) for index in range(len(document))]
    finally:
        document.close()
    for passage in passages:
        wanted = words(passage["text"])
        if wanted and passage["pages"]:
            first, last = passage["pages"]
            there = range(first, last + 1)
            moved = range(last + 1, last + 1 + len(there)) if last < len(texts) else range(first - len(there), first)
            yield Judged(passage, _share(wanted, texts, there), _share(wanted, texts, moved))


def words(text: str) -> set[str]:
    """Words of at least LETTERS letters or digits, and pairs of neighbours in scripts without spaces."""
    found: set[str] = set()
    for match in _WORD.finditer(_folded(text)):
        run = match[0]
        if re.match(rf"[{_CJK}]", run):
            found |= {run[at : at + 2] for at in range(len(run) - 1)}
        elif len(run) >= LETTERS:
            found.add(run)
    return found


def compact(text: str) -> str:
    """Only the letters and digits: readers differ in spaces, and in hyphens at line ends."""
    return "".join(_WORD.findall(_folded(text)))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _share(wanted: set[str], texts: Sequence[str], pages: range) -> float:
    """`pages` count from 1 and may not exist. A word may cross a page's end."""
    whole = "".join(texts[page - 1] for page in pages if 1 <= page <= len(texts))
    return sum(word in whole for word in wanted) / len(wanted)


def _text_of(document: pdfium.PdfDocument, index: int) -> str:
    page = document[index]
    try:
        text = page.get_textpage()
        try:
            return str(text.get_text_bounded())
        finally:
            text.close()
    finally:
        page.close()
