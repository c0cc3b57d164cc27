"""Builds a text block by block. Each block is cleaned before it is added, so that offsets are final."""

import re
from collections.abc import Iterable

from kb.parsing.errors import NoText, TooLarge
from kb.parsing.parsed import Heading, Metadata, Parsed, nest

TITLE_CHARACTERS = 300

_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f\x7f]")
_BLANK_LINES = re.compile(r"\n{4,}")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


def clean(text: str) -> str:
    """The text in the form in which it is stored.

    Lines end with \\n and have no trailing spaces; there are at most two blank lines in a row, and none at either
    end. NUL and lone surrogates, which Postgres refuses, become U+FFFD one for one; control characters other than
    \\n and \\t are removed.
    """
    text = _UNSTORABLE.sub("\ufffd", text)
    text = _CONTROL.sub("", _LINE_END.sub("\n", text))
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n\n", text).strip("\n")


def one_line(text: str) -> str:
    """The cleaned text with every run of white space as one space."""
    return " ".join(clean(text).split())


def has_text(text: str) -> bool:
    """Whether the text contains a letter or digit of any script."""
    return _LETTER_OR_DIGIT.search(text) is not None


class Draft:
    """A `Parsed` text in the making. Raises TooLarge as soon as it exceeds `max_characters` code points."""

    def __init__(self, max_characters: int) -> None:
        self._max_characters = max_characters
        self._parts: list[str] = []
        self._length = 0
        self._headings: list[Heading] = []
        self._block_start = 0
        self._page_starts: list[int] = []
        self._pages_without_text = 0

    @property
    def is_blank(self) -> bool:
        """Whether no letter or digit has been written yet."""
        return not any(has_text(part) for part in self._parts)

    def start_page(self) -> None:
        """The next block starts a new page."""
        self._pages_without_text += 1

    def write(self, text: str, gap: str = "\n\n") -> None:
        """Adds a block after `gap`: at most three line breaks, or a space or nothing inside a paragraph."""
        block = clean(text)
        if not block:
            return
        if self._parts:
            self._append(gap)
        self._page_starts += [self._length] * self._pages_without_text
        self._pages_without_text = 0
        self._block_start = self._length
        self._append(block)

    def heading(self, level: int, text: str) -> None:
        """Adds a heading as one line. Very long lines are shortened for the section's title."""
        line = one_line(text)
        if line:
            self.write(line)
            start = self._length - len(line)
            self._headings.append(Heading(level, line[:TITLE_CHARACTERS].rstrip(), start, self._length))

    def mark(self, headings: Iterable[Heading]) -> None:
        """Adds headings inside the last block, with offsets from its start. The block must have been clean already.

        A heading with stop == start has no line of its own: the section's text begins there.
        """
        for level, title, start, stop in headings:
            title = one_line(title)[:TITLE_CHARACTERS].rstrip()
            self._headings.append(Heading(level, title, self._block_start + start, self._block_start + stop))

    def finish(self, title: str | None, metadata: Metadata | None = None) -> Parsed:
        """The result. Raises NoText if there is nothing to search for."""
        text = "".join(self._parts)
        if not has_text(text):
            raise NoText("there is no text in it")
        page_starts = (*self._page_starts, *[self._length] * self._pages_without_text)
        title = one_line(title or "")[:TITLE_CHARACTERS].rstrip() or None
        return Parsed(title, text, page_starts, nest(self._headings, text), metadata or {})

    def _append(self, part: str) -> None:
        self._length += len(part)
        if self._length > self._max_characters:
            raise TooLarge(f"its text has more than {self._max_characters} characters")
        self._parts.append(part)
