"""Stores uploaded files under their SHA-256: the same content is stored once, whatever its name.

A file arrives under a temporary name in settings.INCOMING_DIR, is flushed to disk, and is then renamed. So every file
in settings.FILES_DIR is complete.
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

_REMOVAL = (0x464E, 1)  # advisory lock: shared by removals, exclusive for a backup

_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Incoming:
    """A complete file under its temporary name."""

    path: Path
    name: str
    size: int
    sha256: str


def make_folders() -> None:
    """Django writes uploads to INCOMING_DIR and expects it to exist."""
    for folder in (settings.INCOMING_DIR, settings.FILES_DIR):
        folder.mkdir(parents=True, exist_ok=True)


def receive(upload: TemporaryUploadedFile) -> Incoming:
    """The file of a request. Django removes its temporary file at the end unless `place` has moved it."""
    return _incoming(Path(upload.temporary_file_path()), upload.name or "")


@contextmanager
def copied(source: Path) -> Iterator[Incoming]:
    """A copy of a local file, removed at the end unless `place` has moved it."""
    with source.open("rb") as stream, written(stream, source.name) as incoming:
        yield incoming


@contextmanager
def written(stream: IO[bytes], name: str) -> Iterator[Incoming]:
    """The rest of a stream as a file, removed at the end unless `place` has moved it."""
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
    """Moves an incoming file to its final path. Call it after `hold`, in the transaction that writes the rows."""
    target = path_of(incoming.sha256)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(incoming.path, target)
    _flush_folder(target.parent)


def hold(sha256: str) -> None:
    """Prevents others from adding or removing this file until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(sha256[:16], 16) - 2**63])


class RemovalAlreadyPaused(Exception):
    """Another process has already paused removal."""


@contextmanager
def removal_paused(timeout: str = "10s") -> Iterator[None]:
    """Makes `may_remove` false everywhere during the block. Raises RemovalAlreadyPaused."""
    with connection.cursor() as cursor:
        try:
            with transaction.atomic():
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [timeout])
                cursor.execute("SELECT pg_advisory_lock(%s, %s)", _REMOVAL)  # of the session
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise RemovalAlreadyPaused from error
            raise
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", _REMOVAL)


def may_remove() -> bool:
    """False while a backup needs all files. If true, no backup can start until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s, %s)", _REMOVAL)
        return bool(cursor.fetchone()[0])


def remove(sha256: str) -> None:
    """Removes the file. Call it after `may_remove` and `hold`, when no version refers to it."""
    path_of(sha256).unlink(missing_ok=True)


def kept() -> Iterator[str]:
    """The SHA-256 of every stored file. Ignores anything else in the folder."""
    for folder in sorted(Path(settings.FILES_DIR).glob("??")):
        yield from sorted(entry.name for entry in folder.iterdir() if _DIGEST.fullmatch(entry.name))


def remove_abandoned(older_than_seconds: float, now: float) -> int:
    """Removes temporary files left by killed processes; returns their number."""
    removed = 0
    for path in Path(settings.INCOMING_DIR).glob("*"):
        if path.is_file() and now - path.stat().st_mtime > older_than_seconds:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


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
