"""Opens Word files safely, including variants that python-docx does not support."""

import io
import re
from pathlib import Path
from zipfile import ZipFile

from docx import Document
from docx.document import Document as WordDocument
from docx.opc.exceptions import OpcError
from docx.opc.part import Part, PartFactory

from kb.parsing.archive import open_archive
from kb.parsing.errors import TooLarge, Unreadable

MAX_UNPACKED = 512 * 1024**2  # bytes
_SUSPICIOUS_BYTES = 64 * 1024**2
_SUSPICIOUS_RATIO = 100

_INSERTED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/aFChunk"
_TYPES = "[Content_Types].xml"
_DOCUMENT_TYPE = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
# Templates and files with macros contain the same document under another content type.
_OTHER_TYPES = re.compile(
    rb"application/vnd\.openxmlformats-officedocument\.wordprocessingml\.template\.main\+xml"
    rb"|application/vnd\.ms-word\.(?:document\.macroEnabled|template\.macroEnabledTemplate)\.main\+xml"
)
# Strict OOXML (ISO/IEC 29500-1) is the usual transitional format with other namespaces (29500-4, Annex A).
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")
_TRANSITIONAL = rb"http://schemas.openxmlformats.org/\1/2006/"


_usual_part_class = PartFactory.part_class_selector


def _part_class(content_type: str, reltype: str) -> type[Part] | None:
    """Word gives an inserted document the content type of the main part, though it is a package and no XML."""
    if reltype == _INSERTED:
        return Part
    return _usual_part_class(content_type, reltype) if _usual_part_class else None


PartFactory.part_class_selector = staticmethod(_part_class)


def open_word(source: Path | bytes) -> WordDocument:
    """The document in a file, or in memory: also Strict OOXML, templates, and files with macros, which are never run.

    Raises TooLarge for a ZIP bomb and Unreadable for an inconsistent file.
    """
    with open_archive(source) as archive:
        _refuse_bomb(archive)
        try:
            return Document(_converted(archive) or archive.fp)
        except (OpcError, SyntaxError) as error:  # lxml's error for bad XML is a SyntaxError
            raise Unreadable(f"{type(error).__name__}: {error}") from error


def _refuse_bomb(archive: ZipFile) -> None:
    """Checks the declared sizes: zipfile never unpacks more than those."""
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > MAX_UNPACKED or (unpacked > _SUSPICIOUS_BYTES and unpacked > _SUSPICIOUS_RATIO * packed):
        raise TooLarge(f"it would unpack to {unpacked} bytes")


def _converted(archive: ZipFile) -> io.BytesIO | None:
    """A copy with the names that python-docx expects; None if the file already has them."""
    if not _STRICT.search(archive.read("_rels/.rels")) and not _OTHER_TYPES.search(archive.read(_TYPES)):
        return None
    copy = io.BytesIO()
    with ZipFile(copy, "w") as target:
        for member in archive.infolist():
            data = archive.read(member)
            if member.filename.endswith((".xml", ".rels")):
                data = _OTHER_TYPES.sub(_DOCUMENT_TYPE, _STRICT.sub(_TRANSITIONAL, data))
            target.writestr(member.filename, data)
    copy.seek(0)
    return copy
