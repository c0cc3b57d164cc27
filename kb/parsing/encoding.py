"""Decodes bytes of unknown encoding."""

import codecs
import re
from pathlib import Path

import chardet
from chardet import EncodingEra

from kb.parsing.errors import TooLarge, Unsupported

_MAX_BYTES_PER_CHARACTER = 4
_MAX_DAMAGED = 0.1  # share of the non-ASCII characters; in the wrong encoding nearly all are damaged
_SAMPLE_BYTES = 200_000
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_NOT_ASCII_BYTE = re.compile(rb"[\x80-\xff]")
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_DECLARED_WITHIN_BYTES = 2048
_TEXT_ENCODING = re.compile(r"ascii|iso8859|iso2022|cp\d|gb|big5|euc_|shift_jis|koi8|mac-|tis-|johab|hz")  # not idna
# https://encoding.spec.whatwg.org/#names-and-labels
_SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "cp1252", "ascii": "cp1252", "shift_jis": "cp932"}
# UTF-32 comes first: its mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(path: Path, max_characters: int, *, declared: bool = False) -> str:
    """The text of a file, see `decode`. Raises TooLarge if it must exceed `max_characters`."""
    if path.stat().st_size > max_characters * _MAX_BYTES_PER_CHARACTER:
        raise TooLarge(f"its text has more than {max_characters} characters")
    return decode(path.read_bytes(), declared=declared)


def decode(data: bytes, *, declared: bool = False) -> str:
    """Decodes by byte order mark, as UTF-8, or by guessing (GB18030, Big5, Shift_JIS, Windows-1252...).

    With `declared`, a declaration in the text as in HTML and XML (`charset=...`, `encoding="..."`) is tried after
    UTF-8. Damaged bytes become U+FFFD. Raises Unsupported if no encoding fits.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    text = data.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    if not damaged or damaged <= _MAX_DAMAGED * sum(map(len, _NOT_ASCII.findall(text))):
        return text
    label = _DECLARED.search(data[:_DECLARED_WITHIN_BYTES]) if declared else None
    if label and (codec := _codec(label[1].decode("ascii"))):
        return data.decode(codec, "replace")
    guess = chardet.detect(_sample(data), encoding_era=EncodingEra.MODERN_WEB, prefer_superset=True, compat_names=False)
    if guess["encoding"] is None:
        raise Unsupported("it is text in an unknown encoding")
    return data.decode(guess["encoding"], "replace")


def _codec(label: str) -> str | None:
    """Python's codec for an encoding label, extended to the superset that browsers use; None if unknown."""
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return None
    return _SUPERSETS.get(name, name) if _TEXT_ENCODING.match(name) else None


def _sample(data: bytes) -> bytes:
    """The part that tells the encoding: a long file may begin with a lot of ASCII."""
    first = _NOT_ASCII_BYTE.search(data)
    start = data.rfind(b"\n", 0, first.start()) + 1 if first else 0
    return data[start : start + _SAMPLE_BYTES]
