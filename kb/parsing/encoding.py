"""Decodes bytes of unknown encoding, and normalises the text once, so that nothing else has to."""

import codecs
import re
import unicodedata
from pathlib import Path

import chardet
from chardet import EncodingEra

from kb.parsing.errors import TooLarge, Unsupported

_MAX_BYTES_PER_CHARACTER = 4
_MAX_DAMAGED = 0.1  # share of the non-ASCII characters; in the wrong encoding nearly all are damaged
_SAMPLE_BYTES = 200_000
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_NULS = re.compile(r"(?:(?<=(\S))|)\0+(?:(?=(\S))|)")
_NOT_ASCII_BYTE = re.compile(rb"[\x80-\xff]")
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_DECLARED_WITHIN_BYTES = 2048
_TEXT_ENCODING = re.compile(r"ascii|iso8859|iso2022|cp\d|gb|big5|euc_|shift_jis|koi8|mac-|tis-|johab|hz")  # not idna
# https://encoding.spec.whatwg.org/#names-and-labels
_SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "cp1252", "ascii": "cp1252", "shift_jis": "cp932"}
# UTF-32 comes first: its mark begins with that of UTF-16.
_UNMARKED = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")  # without a mark, told by where their zero bytes are
_MIN_ZEROS = 0.2  # share of zero bytes in UTF-16 of text that is also valid UTF-8, if it were not for them
_MAX_OTHERS = 0.5  # share of the zero bytes elsewhere: those of U+4E00, U+AC00 and the like, which are frequent
_MIN_ASCII = 0.6  # share of printable ASCII in 8-bit text that is not Chinese or the like; in UTF-16 it is below .5
_PRINTABLE = re.compile(rb"[ -/1-~]")  # not 0, the first byte of all Japanese syllables in UTF-16
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")  # the first bytes of Greek, Cyrillic, Hebrew... in UTF-16
_PECULIAR = ("Cc", "Cn", "Co", "Cs")  # categories of characters that text hardly has
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
    """Decodes by byte order mark, as UTF-8, or by guessing (UTF-16, GB18030, Big5, Shift_JIS, Windows-1252...).

    With `declared`, a declaration in the text as in HTML and XML (`charset=...`, `encoding="..."`) is tried after
    UTF-8. Damaged bytes become U+FFFD. The text is normalised, see `normalised`. Raises Unsupported if no encoding
    fits.
    """
    if encoding := _wide_encoding(data):
        return normalised(data.decode(encoding, "replace"))
    text = data.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    if not damaged or damaged <= _MAX_DAMAGED * sum(map(len, _NOT_ASCII.findall(text))):
        return normalised(text)
    data = data.replace(b"\0", b"")
    label = _DECLARED.search(data[:_DECLARED_WITHIN_BYTES]) if declared else None
    if label and (codec := _codec(label[1].decode("ascii"))):
        return normalised(data.decode(codec, "replace"))
    guess = chardet.detect(_sample(data), encoding_era=EncodingEra.MODERN_WEB, prefer_superset=True, compat_names=False)
    encoding = guess["encoding"] or next((name for name in ("utf-16-le", "utf-16-be") if _decodes(data, name)), None)
    if encoding is None:
        raise Unsupported("it is text in an unknown encoding")
    return normalised(data.decode(encoding, "replace"))


def normalised(text: str) -> str:
    """The text with \\n as its only line end, and without byte order marks and NULs.

    A NUL ends a string in a binary format, so one between two words becomes a space.
    """
    text = _NULS.sub(lambda match: " " if match[1] and match[2] else "", text)
    return text.replace("\ufeff", "").replace("\r\n", "\n").replace("\r", "\n")


def peek(head: bytes) -> str:
    """The beginning of a file as text, to look at. Its encoding is not guessed: ASCII is readable in most."""
    encoding = _wide_encoding(head[: len(head) // 4 * 4])
    return normalised(head.decode(encoding or "utf-8", "replace"))


def is_wide(head: bytes) -> bool:
    """Whether a file that begins so is UTF-16 or UTF-32, whose zero bytes are no sign of a binary format."""
    encoding = _wide_encoding(head[: len(head) // 4 * 4])
    return encoding is not None and encoding != "utf-8-sig"


def _wide_encoding(data: bytes) -> str | None:
    """The encoding by its mark, or UTF-16 or UTF-32 without one; None for anything else."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    sample = data[: _SAMPLE_BYTES // 4 * 4]
    if b"\0" not in sample:
        return None
    return next((encoding for encoding in _UNMARKED if _is_in(sample, encoding)), None)


def _is_in(sample: bytes, encoding: str) -> bool:
    """Whether zero bytes are where line ends, spaces and ASCII have them in this encoding, and the rest is text."""
    width = 4 if "32" in encoding else 2
    sample = sample[: len(sample) // width * width]
    high = slice(width - 1, None, width) if encoding.endswith("le") else slice(0, None, width)
    zeros, expected = sample.count(0), sample[high].count(0)
    if width == 4 and expected < len(sample) // width:
        return False
    if width == 2 and (zeros - expected > _MAX_OTHERS * zeros or _is_narrow(sample, zeros)):
        return False
    return _decodes(sample, encoding)


def _decodes(sample: bytes, encoding: str) -> bool:
    """Whether it is text in that encoding."""
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return bool(text) and _is_plausible(text)


def _is_plausible(text: str) -> bool:
    """Whether it looks like text. Pairs of bytes of Chinese encodings read as Korean, but without its spaces."""
    peculiar = sum(unicodedata.category(character) in _PECULIAR and character not in "\t\n\r\f" for character in text)
    korean = sum("\uac00" <= character <= "\ud7a3" for character in text)
    return peculiar <= len(text) / 20 and not (korean > 0.3 * len(text) and text.count(" ") < korean / 20)


def _is_narrow(sample: bytes, zeros: int) -> bool:
    """Whether it is 8-bit text with a few zero bytes in it: valid UTF-8, or mostly printable ASCII."""
    if len(_PRINTABLE.findall(sample)) > _MIN_ASCII * len(sample):
        return True
    if zeros >= _MIN_ZEROS * len(sample) or len(_CONTROL.findall(sample)) > len(sample) / 20:
        return False
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start >= len(sample) - 4  # the sample ends within a character
    return True


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
