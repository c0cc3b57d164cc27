"""ZIP files from strangers."""

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

MAX_LIST_BYTES = 1024**2  # some 10,000 members; a Word file has a dozen, plus its pictures


class _Guarded(io.FileIO):
    """A file that gives no more than `most_at_once` bytes at a time.

    `zipfile` reads the whole list of members at once, however long it is said to be, before one can look at it.
    """

    most_at_once = MAX_LIST_BYTES

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = os.fstat(self.fileno()).st_size - self.tell()
        if size > self.most_at_once:
            raise TooLarge("the ZIP archive has too many members")
        return super().read(size) or b""

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        if whence == os.SEEK_SET and offset < 0:
            raise BadZipFile("a member is said to lie before the beginning")
        return super().seek(offset, whence)


@contextmanager
def open_archive(path: Path) -> Iterator[ZipFile]:
    """The archive, to read from. TooLarge if it lists too many members, Unreadable for any damage found meanwhile."""
    with _Guarded(path) as file:
        try:
            with ZipFile(file) as archive:
                file.most_at_once = sys.maxsize
                yield archive
        except (BadZipFile, EOFError, struct.error, zlib.error, *FAULTS) as error:
            raise Unreadable(f"{type(error).__name__}: {error}") from error
