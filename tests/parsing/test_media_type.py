"""The media type comes from the content, not from the name."""

import importlib
import io
import zipfile
from pathlib import Path

import pytest
from docx import Document

from kb.parsing.errors import NoText, ParsingError, PasswordNeeded, TooLarge, Unreadable, Unsupported
from kb.parsing.formats import FORMATS, short_label
from kb.parsing.media_type import DOCX, HTML, MARKDOWN, PDF, PLAIN, detect


def detected(folder: Path, name: str, data: bytes) -> str:
    path = folder / "stored"
    path.write_bytes(data)
    return detect(path, name)


def zipped(**members: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def word() -> bytes:
    data = io.BytesIO()
    Document().save(data)
    return data.getvalue()


def ole(*names: str) -> bytes:
    """The header and directory of a compound file ([MS-CFB] 2.2 and 2.6), as far as they matter here."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    header[30:32] = (9).to_bytes(2, "little")  # sectors of 2^9 bytes
    header[48:52] = (2).to_bytes(4, "little")  # the directory is in the third
    return bytes(header) + bytes(1024) + b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in names)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.pdf", b"%PDF-1.7\n", PDF),
        ("a.txt", b"%PDF-1.7\n", PDF),
        ("a.pdf", b"HTTP/1.1 200 OK\r\n\r\n%PDF-1.4\n", PDF),
        ("notes.md", b"A PDF begins with %PDF-1.7", MARKDOWN),
        ("README.MD", b"hello", MARKDOWN),
        ("a.markdown", "你好".encode("gb18030"), MARKDOWN),
        ("a.txt", b"hello", PLAIN),
        ("page.html", b"<p>", HTML),
        ("saved", b"\n<!-- saved --><!DOCTYPE html>", HTML),
        ("a.py", b"<html>", "text/x-python"),
        ("Makefile", b"all:", "text/x-makefile"),
        ("colours.txt", b"\x1b[31mred\x1b[0m", PLAIN),
        ("no suffix", "hello".encode("utf-16"), PLAIN),
        ("colours.log", b"\x1b[31mred\x1b[0m", "text/x-log"),
        ("a.txt", b"MZ and PK are letters", PLAIN),
        ("a.txt", b"one zero byte\0 is damage", PLAIN),
        ("a.md", "# Über".encode("utf-16-be"), MARKDOWN),
        ("saved", "<!DOCTYPE html><p>".encode("utf-16"), HTML),
        ("saved", b"\xef\xbb\xbf<?xml version='1.0'?>\r\n<html>", HTML),
        ("a.txt", word(), DOCX),
        ("renamed.pdf", word(), DOCX),
        ("a.docx", zipped(**{"word/document.xml": ""}), DOCX),
    ],
)
def test_files_that_can_be_parsed(name: str, data: bytes, expected: str, tmp_path: Path) -> None:
    assert detected(tmp_path, name, data) == expected


@pytest.mark.parametrize(
    ("name", "data", "error", "detail"),
    [
        ("a.txt", b"", NoText, "empty"),
        ("a.md", b" \r\n\t", NoText, "empty"),
        ("a.png", b"\x89PNG\r\n\x1a\n\0", Unsupported, "PNG"),
        ("a.txt", b"\x89PNG\r\n\x1a\n\0", Unsupported, "PNG"),
        ("a.bin", bytes(range(256)), Unsupported, "unknown kind"),
        ("a.txt", b"ab\0\0\0" * 9, Unsupported, "unknown kind"),
        ("a.doc", ole("Root Entry", "WordDocument"), Unsupported, "97-2003"),
        ("a.docx", ole("Root Entry", "WordDocument"), Unreadable, "named .docx but is not a Word document"),
        ("a.docx", ole("Root Entry", "EncryptionInfo", "EncryptedPackage"), PasswordNeeded, "encrypted"),
        ("a.svg", b"<?xml version='1.0'?><svg/>", Unsupported, "SVG"),
        ("a.odt", zipped(mimetype="application/vnd.oasis.opendocument.text"), Unsupported, "save it as .docx"),
        ("a.ppt", ole("Root Entry"), Unsupported, "PowerPoint 97-2003 presentation: save it as PDF"),
        ("a.pptx", zipped(**{"[Content_Types].xml": "...presentationml..."}), Unsupported, "save it as PDF"),
        ("a.zip", zipped(**{"a.txt": "hello"}), Unsupported, "ZIP"),
        (
            "a.xlsx",
            zipped(**{"[Content_Types].xml": "...spreadsheetml.sheet.main+xml"}),
            Unsupported,
            "Excel workbook: save each of its sheets as .csv",
        ),
        ("a.epub", zipped(mimetype="application/epub+zip"), Unsupported, "EPUB book: convert it to PDF"),
        ("a.pdf", b"version https://git-lfs.github.com/spec/v1\noid sha256:0", Unreadable, "Git LFS pointer"),
        ("a.pdf", b"<html>Not found</html>", Unreadable, "named .pdf but is not a PDF: it is text"),
        ("a.docx", word()[:5000], Unreadable, "not a zip file"),
    ],
)
def test_files_that_cannot_be_parsed(
    name: str, data: bytes, error: type[ParsingError], detail: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=detail):
        detected(tmp_path, name, data)


def test_an_archive_with_too_many_members_is_refused(tmp_path: Path) -> None:
    data = zipped(**{f"{number:0200}": "" for number in range(5000)})
    with pytest.raises(TooLarge):
        detected(tmp_path, "a.docx", data)


def test_a_member_with_a_negative_offset_is_damage(tmp_path: Path) -> None:
    data = bytearray(word())
    list_starts_at = data.rindex(b"PK\x05\x06") + 16  # APPNOTE.TXT 4.3.16; members are sought relative to it
    data[list_starts_at] += 1
    with pytest.raises(Unreadable):
        detected(tmp_path, "a.docx", bytes(data))


def test_every_format_has_a_parser_and_labels() -> None:
    for known in FORMATS.values():
        assert callable(importlib.import_module(known.parser).parse)
        assert known.long_label
        assert known.short_label == known.short_label.upper()


@pytest.mark.parametrize(
    ("media_type", "label"),
    [(PDF, "PDF"), ("text/x-tex", "TEX"), ("text/x-python", "CODE"), ("text/x-go", "GO"), ("text/x-none", "?")],
)
def test_short_labels_of_formats_languages_and_unknown_types(media_type: str, label: str) -> None:
    assert short_label(media_type) == label
