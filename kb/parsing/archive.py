"""Opens untrusted ZIP files."""

import io
import os
import struct
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from kb.parsing.errors import FAULTS, TooLarge, Unreadable

MAX_DIRECTORY_BYTES = 1024**2  # about 10,000 members; a Word file has a dozen, plus its pictures


class _LimitedFile(io.FileIO):
    """A file that returns at most `max_read` bytes per read.

    `zipfile` reads the whole central directory at once, at its declared size, before the caller can check it.
    """

    max_read = MAX_DIRECTORY_BYTES

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = os.fstat(self.fileno()).st_size - self.tell()
        if size > self.max_read:
            raise TooLarge("the ZIP archive has too many members")
        return super().read(size) or b""

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        if whence == os.SEEK_SET and offset < 0:
            raise BadZipFile("a member has a negative offset")
        return super().seek(offset, whence)


class _LimitedMemory(io.BytesIO):
    """The same for an archive inside another file."""

    max_read = MAX_DIRECTORY_BYTES

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = len(self.getbuffer()) - self.tell()
        if size > self.max_read:
            raise TooLarge("the ZIP archive has too many members")
        return super().read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        if whence == os.SEEK_SET and offset < 0:
            raise BadZipFile("a member has a negative offset")
        return super().seek(offset, whence)


@contextmanager
def open_archive(source: Path | bytes) -> Iterator[ZipFile]:
    """The archive, open for reading. Raises TooLarge if it has too many members, Unreadable if it is damaged."""
    with _LimitedFile(source) if isinstance(source, Path) else _LimitedMemory(source) as file:
        try:
            with ZipFile(file) as archive:
                file.max_read = sys.maxsize
                yield archive
        except (BadZipFile, EOFError, struct.error, zlib.error, *FAULTS) as error:
            raise Unreadable(f"{type(error).__name__}: {error}") from error
