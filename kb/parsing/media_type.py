"""What a file is, from its content. The name is only a label: it tells Markdown from other text, and false promises."""

import re
from pathlib import Path, PurePath
from zipfile import ZipFile

from kb.parsing.archive import open_archive
from kb.parsing.errors import NoText, ParsingError, PasswordNeeded, Unreadable, Unsupported

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MARKDOWN = "text/markdown"
PLAIN = "text/plain"

_HEAD_BYTES = 16 * 1024
_MAX_MEMBER_BYTES = 1024**2
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKDOWN_SUFFIXES = {".md", ".markdown", ".mdown"}
_PROMISES = {".pdf": "a PDF", ".docx": "a Word document"}
_OTHERS = {
    b"\x89PNG\r\n": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"II*\0": "a TIFF picture",
    b"MM\0*": "a TIFF picture",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!\x1a": "a RAR archive",
    b"MZ\x90\0": "a Windows program",
    b"\x7fELF": "a program",
    b"{\\rtf": "an RTF document",
    b"version https://git-lfs": "a Git LFS pointer in place of the file",
}
_UNICODE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")
# Control characters that text has not; terminals' colours begin with ESC, old DOS files end with SUB.
_NOT_TEXT = re.compile(rb"[\x00-\x06\x0e-\x19\x1c-\x1f]")
_WORD_MAIN_PART = re.compile(rb"(wordprocessingml|ms-word)\.(document|template)\.(main|macro)")


def detect(path: Path, name: str) -> str:
    """One of the media types above. Reads a few KiB, of a ZIP archive at most 2 MiB: it is cheap on any file.

    Raises NoText if the file is empty, PasswordNeeded for an encrypted Word file, Unreadable if it is damaged or is not
    what its name says, TooLarge for a ZIP archive of too many members, Unsupported for anything else.
    """
    suffix = PurePath(name).suffix.lower()
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        if not head.strip() and not file.read(1):
            raise NoText("the file is empty")
    # Some PDFs have a few lines of something else in front; but a text may speak of "%PDF-" too.
    if head.startswith(b"%PDF-") or (b"%PDF-" in head[:1024] and suffix in {".pdf", ""}):
        return PDF
    if head.startswith(_ZIP):
        return _inside_archive(path, suffix)
    if head.startswith(_OLE):
        raise _ole(path, head, suffix)
    other = next((kind for magic, kind in _OTHERS.items() if head.startswith(magic)), None)
    if other is None and _is_text(head):
        if suffix in _PROMISES:
            raise _refusal("text", suffix)
        return MARKDOWN if suffix in _MARKDOWN_SUFFIXES else PLAIN
    raise _refusal(other or "of no kind that is known here", suffix)


def _refusal(kind: str, suffix: str) -> ParsingError:
    if suffix in _PROMISES:
        return Unreadable(f"named {suffix} but is not {_PROMISES[suffix]}: it is {kind}")
    return Unsupported(f"it is {kind}")


def _is_text(head: bytes) -> bool:
    if head.startswith(_UNICODE_MARKS):
        return True
    return b"\0" not in head and len(_NOT_TEXT.findall(head)) <= len(head) / 20


def _inside_archive(path: Path, suffix: str) -> str:
    with open_archive(path) as archive:
        names = set(archive.namelist())
        types = _small_member(archive, "[Content_Types].xml") if "[Content_Types].xml" in names else b""
        if "word/document.xml" in names or _WORD_MAIN_PART.search(types):
            return DOCX
        if b"spreadsheetml" in types:
            kind = "an Excel workbook"
        elif b"presentationml" in types:
            kind = "a PowerPoint presentation"
        elif "mimetype" in names:
            kind = "of type " + _small_member(archive, "mimetype")[:100].decode("ascii", "replace").strip()
        else:
            kind = "a ZIP archive"
    raise _refusal(kind, suffix)


def _small_member(archive: ZipFile, name: str) -> bytes:
    with archive.open(name) as member:
        return member.read(_MAX_MEMBER_BYTES)


def _ole(path: Path, head: bytes, suffix: str) -> ParsingError:
    """An OLE file is an Office document of before 2007, or a newer one that is encrypted (MS-OFFCRYPTO 2.3.4)."""
    sector_bytes = 1 << min(int.from_bytes(head[30:32], "little"), 12)
    directory_at = (int.from_bytes(head[48:52], "little") + 1) * sector_bytes
    with path.open("rb") as file:
        file.seek(directory_at)
        directory = file.read(_HEAD_BYTES)
    if "EncryptedPackage".encode("utf-16-le") in directory:
        return PasswordNeeded("it is an encrypted Office document")
    return _refusal("an Office document of before 2007", suffix)
