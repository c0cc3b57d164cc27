"""Uploaded bytes on disk, kept under their SHA-256: the same bytes are kept once, whatever they are called.

A file arrives under a temporary name in settings.INCOMING_DIR, is flushed to the disk, and takes its place by a rename;
so whatever stands in settings.FILES_DIR is whole.
"""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

_REMOVAL = (0x464E, 1)  # an advisory lock: shared by those who remove bytes, held alone by whoever copies all of them

_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Incoming:
    """A file that has arrived whole, under its temporary name."""

    path: Path
    name: str
    size: int
    sha256: str


def make_folders() -> None:
    """Django writes uploads to INCOMING_DIR, and expects it to be there."""
    for folder in (settings.INCOMING_DIR, settings.FILES_DIR):
        folder.mkdir(parents=True, exist_ok=True)


def receive(upload: TemporaryUploadedFile) -> Incoming:
    """What a request brought. The temporary file is the upload handler's; `place` moves it, else Django removes it."""
    return _incoming(Path(upload.temporary_file_path()), upload.name or "")


@contextmanager
def copied(source: Path) -> Iterator[Incoming]:
    """A copy of a file of this machine, removed at the end unless `place` moved it."""
    with source.open("rb") as stream, written(stream, source.name) as incoming:
        yield incoming


@contextmanager
def written(stream: IO[bytes], name: str) -> Iterator[Incoming]:
    """The rest of a stream as a file, removed at the end unless `place` moved it."""
    make_folders()
    descriptor, temporary = tempfile.mkstemp(dir=settings.INCOMING_DIR)
    try:
        with os.fdopen(descriptor, "wb") as copy:
            shutil.copyfileobj(stream, copy)
        yield _incoming(Path(temporary), name)
    finally:
        Path(temporary).unlink(missing_ok=True)


def path_of(sha256: str) -> Path:
    return Path(settings.FILES_DIR) / sha256[:2] / sha256


def place(incoming: Incoming) -> None:
    """Moves an incoming file to its place. Call it in the transaction that writes the rows, after `hold`."""
    target = path_of(incoming.sha256)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(incoming.path, target)
    _flush_folder(target.parent)


def hold(sha256: str) -> None:
    """Until the transaction ends, nobody else adds or removes these bytes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(sha256[:16], 16) - 2**63])


class RemovalIsHeldBack(Exception):
    """Somebody else holds it back already."""


@contextmanager
def removal_held_back(patience: str = "10s") -> Iterator[None]:
    """Meanwhile `may_remove` is false everywhere. Raises RemovalIsHeldBack."""
    with connection.cursor() as cursor:
        try:
            with transaction.atomic():
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [patience])
                cursor.execute("SELECT pg_advisory_lock(%s, %s)", _REMOVAL)  # the session's: it outlives the block
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise RemovalIsHeldBack from error
            raise
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", _REMOVAL)


def may_remove() -> bool:
    """False while a backup needs every file to stay. If true, no backup begins until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s, %s)", _REMOVAL)
        return bool(cursor.fetchone()[0])


def remove(sha256: str) -> None:
    """Removes the bytes. Call it after `may_remove` and `hold`, when no version names them."""
    path_of(sha256).unlink(missing_ok=True)


def kept() -> Iterator[str]:
    """The SHA-256 of every file kept. What else may be in the folder is none of ours."""
    for folder in sorted(Path(settings.FILES_DIR).glob("??")):
        yield from sorted(entry.name for entry in folder.iterdir() if _DIGEST.fullmatch(entry.name))


def remove_abandoned(older_than_seconds: float, now: float) -> int:
    """Removes temporary files that a killed process left behind; returns how many."""
    gone = 0
    for path in Path(settings.INCOMING_DIR).glob("*"):
        if path.is_file() and now - path.stat().st_mtime > older_than_seconds:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _incoming(path: Path, name: str) -> Incoming:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        os.fsync(file.fileno())
    return Incoming(path, name, size, digest)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
