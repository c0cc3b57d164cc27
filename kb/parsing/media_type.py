"""Detects the media type of a file from its content.

The file name only distinguishes kinds of text, and reveals content that does not match it.
"""

import re
from pathlib import Path, PurePath
from zipfile import ZipFile

from kb.parsing.archive import open_archive
from kb.parsing.encoding import is_wide, peek
from kb.parsing.errors import NoText, ParsingError, PasswordNeeded, Unreadable, Unsupported
from kb.parsing.languages import BY_SUFFIX, media_type_of

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MARKDOWN = "text/markdown"
PLAIN = "text/plain"
HTML = "text/html"
RST = "text/x-rst"
LATEX = "text/x-tex"
TABLE = "text/csv"
NOTEBOOK = "application/x-ipynb+json"

_HEAD_BYTES = 16 * 1024
_MAX_MEMBER_BYTES = 1024**2
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_EXPECTED = {".pdf": "a PDF", ".docx": "a Word document"}
# Media types by suffix, for files whose content is text.
_TEXT_SUFFIXES = {
    **{suffix: media_type_of(language) for suffix, language in BY_SUFFIX.items()},
    **dict.fromkeys((".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd"), MARKDOWN),
    **dict.fromkeys((".html", ".htm", ".xhtml"), HTML),
    **dict.fromkeys((".rst", ".rest"), RST),
    **dict.fromkeys((".tex", ".ltx", ".latex", ".sty", ".cls"), LATEX),
    **dict.fromkeys((".csv", ".tsv", ".tab"), TABLE),
    ".ipynb": NOTEBOOK,
}
_TEXT_NAMES = {
    "makefile": "makefile",
    "dockerfile": "dockerfile",
    "cmakelists.txt": "cmake",
    "rakefile": "ruby",
    "gemfile": "ruby",
}
# HTML begins like this whatever the file's name. A comment alone does not count: XML and Markdown have them too.
_HTML_BEGINS = re.compile(
    r"\s*(?:<\?xml[^<>]{0,200}\?>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_SVG_BEGINS = re.compile(r"\s*(?:<[?!][^<>]{0,1000}>\s*)*<svg\b", re.IGNORECASE)

_PICTURE = "run text recognition (OCR) on it and upload the resulting PDF"
_ARCHIVE = "unpack it and upload the files in it"
_PROGRAM = "only documents and source code are supported"
_TEXT_DOCUMENT = "save it as .docx"
_SHEET = "save each of its sheets as .csv"
_SLIDES = "save it as PDF"
_BOOK = "convert it to PDF or HTML"
_MEDIA = "upload its transcript as text"
# First bytes of a file -> what it is, and advice for the user.
_UNSUPPORTED = {
    b"\x89PNG\r\n": ("a PNG picture", _PICTURE),
    b"\xff\xd8\xff": ("a JPEG picture", _PICTURE),
    b"GIF8": ("a GIF picture", _PICTURE),
    b"II*\0": ("a TIFF picture", _PICTURE),
    b"MM\0*": ("a TIFF picture", _PICTURE),
    b"\x1f\x8b": ("a gzip archive", _ARCHIVE),
    b"BZh": ("a bzip2 archive", _ARCHIVE),
    b"\xfd7zXZ\0": ("an XZ archive", _ARCHIVE),
    b"7z\xbc\xaf\x27\x1c": ("a 7-Zip archive", _ARCHIVE),
    b"Rar!\x1a": ("a RAR archive", _ARCHIVE),
    b"MZ\x90\0": ("a Windows program", _PROGRAM),
    b"\x7fELF": ("a program", _PROGRAM),
    b"{\\rtf": ("an RTF document", _TEXT_DOCUMENT),
    b"%!PS": ("a PostScript document", "convert it to PDF"),
    b"OggS": ("a recording", _MEDIA),
    b"ID3": ("a recording", _MEDIA),
    b"RIFF": ("a recording or picture", "upload its content as text"),
    b"SQLite format 3\0": ("an SQLite database", "export its tables as .csv"),
    b"version https://git-lfs": ("a Git LFS pointer in place of the file", "fetch the file itself with `git lfs pull`"),
}
_ODF = "application/vnd.oasis.opendocument."
# Content of the member `mimetype` of archives that have one.
_ARCHIVE_TYPES = {
    _ODF + "text": ("an OpenDocument text", _TEXT_DOCUMENT),
    _ODF + "spreadsheet": ("an OpenDocument spreadsheet", _SHEET),
    _ODF + "presentation": ("an OpenDocument presentation", _SLIDES),
    "application/epub+zip": ("an EPUB book", _BOOK),
}
_OLD_OFFICE = {
    ".doc": ("a Word 97-2003 document", _TEXT_DOCUMENT),
    ".xls": ("an Excel 97-2003 workbook", _SHEET),
    ".ppt": ("a PowerPoint 97-2003 presentation", _SLIDES),
    ".msg": ("an Outlook message", "save it as text or PDF"),
}
_MAX_NULS = 0.01  # share of the bytes: a text may have a few
# Control characters that do not occur in text. ESC (terminal colours) and SUB (end of DOS files) do.
_NOT_TEXT = re.compile(rb"[\x01-\x06\x0e-\x19\x1c-\x1f]")
_WORD_MAIN_PART = re.compile(rb"(wordprocessingml|ms-word)\.(document|template)\.(main|macro)")


def detect(path: Path, name: str) -> str:
    """One of the media types above, or of `languages`. Reads a few KiB, or at most 2 MiB of a ZIP archive.

    Raises NoText if the file is empty, PasswordNeeded for an encrypted Word file, Unreadable if it is damaged or does
    not match its name, TooLarge for a ZIP archive with too many members, and Unsupported, with advice, for the rest.
    """
    suffix = PurePath(name).suffix.lower()
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        if not head.strip() and not file.read(1):
            raise NoText("the file is empty")
    # Some PDFs begin with a few other lines; but a text may mention "%PDF-" too.
    if head.startswith(b"%PDF-") or (b"%PDF-" in head[:1024] and suffix in {".pdf", ""}):
        return PDF
    if head.startswith(_ZIP):
        return _inside_archive(path, suffix)
    if head.startswith(_OLE):
        raise _ole(path, head, suffix)
    for magic, (kind, advice) in _UNSUPPORTED.items():
        if head.startswith(magic) and (b"\0" in head or not magic.isalnum()):  # "BZh" may be the beginning of a word
            raise _refusal(kind, advice, suffix)
    if _is_text(head):
        return _text_type(head, name, suffix)
    raise _refusal("of an unknown kind", _PROGRAM, suffix)


def _refusal(kind: str, advice: str, suffix: str) -> ParsingError:
    if suffix in _EXPECTED:
        return Unreadable(f"named {suffix} but is not {_EXPECTED[suffix]}: it is {kind}")
    return Unsupported(f"it is {kind}: {advice}")


def _text_type(head: bytes, name: str, suffix: str) -> str:
    if suffix in _EXPECTED:
        raise _refusal("text", "", suffix)
    begins = peek(head)
    if _SVG_BEGINS.match(begins):
        raise _refusal("an SVG picture", _PICTURE, suffix)
    by_name = _TEXT_NAMES.get(name.lower())
    found = media_type_of(by_name) if by_name else _TEXT_SUFFIXES.get(suffix, PLAIN)
    return HTML if found == PLAIN and _HTML_BEGINS.match(begins) else found


def _is_text(head: bytes) -> bool:
    if is_wide(head):
        return True
    nuls = head.count(0)
    return nuls <= max(1, _MAX_NULS * len(head)) and len(_NOT_TEXT.findall(head)) <= len(head) / 20


def _inside_archive(path: Path, suffix: str) -> str:
    with open_archive(path) as archive:
        names = set(archive.namelist())
        types = _small_member(archive, "[Content_Types].xml") if "[Content_Types].xml" in names else b""
        if "word/document.xml" in names or _WORD_MAIN_PART.search(types):
            return DOCX
        if b"spreadsheetml" in types or b"ms-excel" in types:
            raise _refusal("an Excel workbook", _SHEET, suffix)
        if b"presentationml" in types or b"ms-powerpoint" in types:
            raise _refusal("a PowerPoint presentation", _SLIDES, suffix)
        if "mimetype" in names:
            stated = _small_member(archive, "mimetype")[:100].decode("ascii", "replace").strip()
            raise _refusal(*_ARCHIVE_TYPES.get(stated, (f"of type {stated}", "save it as PDF or .docx")), suffix)
    raise _refusal("a ZIP archive", _ARCHIVE, suffix)


def _small_member(archive: ZipFile, name: str) -> bytes:
    with archive.open(name) as member:
        return member.read(_MAX_MEMBER_BYTES)


def _ole(path: Path, head: bytes, suffix: str) -> ParsingError:
    """An OLE file is an Office 97-2003 document, or an encrypted newer one (MS-OFFCRYPTO 2.3.4)."""
    sector_bytes = 1 << min(int.from_bytes(head[30:32], "little"), 12)
    directory_at = (int.from_bytes(head[48:52], "little") + 1) * sector_bytes
    with path.open("rb") as file:
        file.seek(directory_at)
        directory = file.read(_HEAD_BYTES)
    if "EncryptedPackage".encode("utf-16-le") in directory:
        return PasswordNeeded("it is an encrypted Office document")
    kind, advice = _OLD_OFFICE.get(suffix, ("an Office 97-2003 document", "save it as .docx or PDF"))
    return _refusal(kind, advice, suffix)
