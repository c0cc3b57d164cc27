"""A text while it is written: block by block, each cleaned first, so that every offset taken is final."""

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
    """The text as it may be stored.

    Only \\n ends a line, no blanks stand before it, at most two blank lines follow one another, and none stands at
    either end. NUL and lone surrogates, which Postgres refuses, become U+FFFD one for one; control characters
    other than \\n and \\t go.
    """
    text = _UNSTORABLE.sub("\ufffd", text)
    text = _CONTROL.sub("", _LINE_END.sub("\n", text))
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n\n", text).strip("\n")


def one_line(text: str) -> str:
    """The cleaned text with every run of white space as one blank."""
    return " ".join(clean(text).split())


def has_text(text: str) -> bool:
    """Whether there is a letter or digit of any script to be found."""
    return _LETTER_OR_DIGIT.search(text) is not None


class Draft:
    """A text under way to `Parsed`. TooLarge is raised as soon as it has more than `most` code points."""

    def __init__(self, most: int) -> None:
        self._most = most
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
        """What is written next stands on a new page."""
        self._pages_without_text += 1

    def write(self, text: str, gap: str = "\n\n") -> None:
        """Add a block, with `gap` between it and the block before: at most three line breaks, or a blank or
        nothing where a paragraph goes on."""
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
        """Add a heading, as one line. A section's title is the line, or the beginning of a very long one."""
        line = one_line(text)
        if line:
            self.write(line)
            start = self._length - len(line)
            self._headings.append(Heading(level, line[:TITLE_CHARACTERS].rstrip(), start, self._length))

    def mark(self, headings: Iterable[Heading]) -> None:
        """Headings within the block that was written last, which was clean: their offsets count from its beginning.

        One that stops where it starts has no line of its own: its section's text begins there.
        """
        for level, title, start, stop in headings:
            title = one_line(title)[:TITLE_CHARACTERS].rstrip()
            self._headings.append(Heading(level, title, self._block_start + start, self._block_start + stop))

    def finish(self, title: str | None, metadata: Metadata | None = None) -> Parsed:
        """The result. NoText if nothing was written that can be found again."""
        text = "".join(self._parts)
        if not has_text(text):
            raise NoText("there is no text in it")
        page_starts = (*self._page_starts, *[self._length] * self._pages_without_text)
        title = one_line(title or "")[:TITLE_CHARACTERS].rstrip() or None
        return Parsed(title, text, page_starts, nest(self._headings, text), metadata or {})

    def _append(self, part: str) -> None:
        self._length += len(part)
        if self._length > self._most:
            raise TooLarge(f"its text has more than {self._most} characters")
        self._parts.append(part)
