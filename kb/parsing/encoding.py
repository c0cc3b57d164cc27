"""Bytes -> text, whatever they were written with."""

import codecs
import re
from pathlib import Path

import chardet
from chardet import EncodingEra

from kb.parsing.errors import TooLarge, Unsupported

_MAX_BYTES_PER_CHARACTER = 4
_MAX_DAMAGED = 0.1  # share of the characters beyond ASCII; of a text in another encoding nearly all
_SAMPLE_BYTES = 200_000
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_NOT_ASCII_BYTE = re.compile(rb"[\x80-\xff]")
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_DECLARED_WITHIN_BYTES = 2048
_OF_TEXT = re.compile(r"ascii|iso8859|iso2022|cp\d|gb|big5|euc_|shift_jis|koi8|mac-|tis-|johab|hz")  # not idna, say
# https://encoding.spec.whatwg.org/#names-and-labels
_SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "cp1252", "ascii": "cp1252", "shift_jis": "cp932"}
# In this order: the mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(path: Path, most: int, *, declared: bool = False) -> str:
    """The text of a file, see `decode`. TooLarge if it must have more than `most` characters."""
    if path.stat().st_size > most * _MAX_BYTES_PER_CHARACTER:
        raise TooLarge(f"its text has more than {most} characters")
    return decode(path.read_bytes(), declared=declared)


def decode(data: bytes, *, declared: bool = False) -> str:
    """The text: by its byte order mark, as UTF-8, or as what it looks like (GB18030, Big5, Shift_JIS, Windows-1252...).

    With `declared` what it says itself is believed next to UTF-8, as HTML and XML do: `charset=...`, `encoding="..."`.
    Damaged bytes give U+FFFD. Raises Unsupported if no encoding fits.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    text = data.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    if not damaged or damaged <= _MAX_DAMAGED * sum(map(len, _NOT_ASCII.findall(text))):
        return text
    said = _DECLARED.search(data[:_DECLARED_WITHIN_BYTES]) if declared else None
    if said and (known := _known(said[1].decode("ascii"))):
        return data.decode(known, "replace")
    guess = chardet.detect(_sample(data), encoding_era=EncodingEra.MODERN_WEB, prefer_superset=True, compat_names=False)
    if guess["encoding"] is None:
        raise Unsupported("it is text in no encoding that is known here")
    return data.decode(guess["encoding"], "replace")


def _known(label: str) -> str | None:
    """Python's codec for the label of an encoding, the larger one that browsers take for it; None if there is none."""
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return None
    return _SUPERSETS.get(name, name) if _OF_TEXT.match(name) else None


def _sample(data: bytes) -> bytes:
    """The part that says something about the encoding: a long file may begin with much English."""
    first = _NOT_ASCII_BYTE.search(data)
    start = data.rfind(b"\n", 0, first.start()) + 1 if first else 0
    return data[start : start + _SAMPLE_BYTES]
