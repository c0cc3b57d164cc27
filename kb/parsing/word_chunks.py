"""Documents inserted into a Word file as they are (w:altChunk): HTML, MHTML, Word and plain text.

ECMA-376-1, 17.17.2. Other programs write their reports like this, often as the only content.
"""

import email
import email.policy
import re
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

from docx.document import Document as WordDocument

from kb.parsing.blocks import Block
from kb.parsing.encoding import decode, peek
from kb.parsing.errors import ParsingError, TooLarge
from kb.parsing.html import fragment
from kb.parsing.ooxml import open_word

MOST = 200  # chunks of a document, including those of inserted documents
DEEPEST = 3  # inserted documents in inserted documents
_MHTML = re.compile(r"\s*(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?(?:mime-version|content-type):", re.IGNORECASE)
_HTML = re.compile(
    r"\s*<(?:\?xml|!doctype\s+html|!--|(?:html|body|head|meta|p|div|span|table|ul|ol|h[1-6])[\s>])", re.IGNORECASE
)
_HEAD = 4096


class Chunks:
    """Reads the chunks of one uploaded file, and keeps count of them."""

    def __init__(self, read_word: Callable[[WordDocument, "Chunks"], list[Block]]) -> None:
        self._read_word = read_word
        self._read = 0
        self._depth = 0

    def blocks(self, part: Any) -> list[Block]:
        """The blocks of a part of the package; none if it is of another kind, such as RTF, or damaged.

        Raises TooLarge if there are more than MOST chunks.
        """
        self._read += 1
        if self._read > MOST:
            raise TooLarge(f"more than {MOST} documents are inserted in it")
        data = bytes(part.blob)
        begins = peek(data[:_HEAD])
        if data.startswith(b"PK\x03\x04"):
            return self._word(data)
        if begins.startswith("{\\rtf"):
            return []
        if "html" in part.content_type or _HTML.match(begins):
            return fragment(decode(data, declared=True))
        if "text/plain" not in part.content_type and _MHTML.match(begins):
            return _mhtml(data)
        if part.content_type.startswith("text/") or part.content_type.endswith("/txt"):
            return [Block(text) for text in re.split(r"\n\s*\n", decode(data))]
        return []

    def _word(self, data: bytes) -> list[Block]:
        if self._depth >= DEEPEST:
            raise TooLarge(f"more than {DEEPEST} documents are inserted in each other")
        self._depth += 1
        try:
            return self._read_word(open_word(data), self)
        except TooLarge:
            raise
        except ParsingError:
            return []
        finally:
            self._depth -= 1


def _mhtml(data: bytes) -> list[Block]:
    """The page of a web archive (RFC 2557), or else its plain text. Its pictures and other files are left out."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    for kind in ("text/html", "application/xhtml+xml", "text/plain"):
        for part in message.walk():
            if part.get_content_type() == kind and isinstance(part, EmailMessage):
                text = _text(part)
                return [Block(text)] if kind == "text/plain" else fragment(text)
    return []


def _text(part: EmailMessage) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    try:
        return data.decode(part.get_content_charset("utf-8"))
    except (UnicodeDecodeError, LookupError):
        return decode(data, declared=True)
