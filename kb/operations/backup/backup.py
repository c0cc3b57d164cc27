"""Writes a backup: a consistent snapshot of the database and every file in it, while Footnote keeps running.

Files never change and removal is paused, so every file of the snapshot still exists when it is copied.
"""

import importlib.metadata
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from kb.models import Collection, Document, Version
from kb.operations.backup import programs
from kb.operations.backup.archive import Manifest, Writer
from kb.operations.backup.errors import BackupError
from kb.storage import files

Say = Callable[[str], object]


@dataclass(frozen=True)
class _State:
    """Facts about the dump, read in the same snapshot."""

    migrations: dict[str, str]
    rows: dict[str, int]
    files: list[str]


def back_up(target: Path, say: Say) -> tuple[Path, Manifest]:
    """Writes a backup to the file `target`, or to a file named after the time in the folder `target`.

    The file appears only when it is complete. Raises BackupError.
    """
    if target.is_dir():
        target /= f"footnote-{timezone.now():%Y-%m-%d-%H%M%S}.tar"
    if target.exists():
        raise BackupError(f"The file {target} exists already. Choose another name, or a folder.")
    pg_dump = programs.find("pg_dump", programs.server_version())
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.unfinished-")
    try:
        with os.fdopen(descriptor, "wb") as stream, files.removal_paused():
            manifest = _write(Writer(stream), pg_dump, say)
            stream.flush()
            os.fsync(descriptor)
        os.rename(unfinished, target)
    except files.RemovalAlreadyPaused:
        raise BackupError("Another backup of this database is running. Wait until it has finished.") from None
    finally:
        Path(unfinished).unlink(missing_ok=True)
    return target, manifest


def _write(writer: Writer, pg_dump: programs.Program, say: Say) -> Manifest:
    made_at = timezone.now().isoformat(timespec="seconds")
    say("database ...")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        state = _state()
        writer.add_database(programs.dump(pg_dump, snapshot))
    say(f"{len(state.files)} files ...")
    for sha256 in state.files:
        writer.add_file(sha256, files.path_of(sha256))
    return writer.close(
        made_at=made_at,
        footnote=importlib.metadata.version("footnote"),
        migrations=state.migrations,
        postgres=programs.server_version(),
        pg_dump=pg_dump.version,
        rows=state.rows,
    )


def _state() -> _State:
    counted = {"users": User, "collections": Collection, "documents": Document, "versions": Version}
    return _State(
        migrations=dict(sorted(MigrationRecorder(connection).applied_migrations())),
        rows={name: model._default_manager.count() for name, model in counted.items()},
        files=list(Version.objects.order_by("sha256").values_list("sha256", flat=True).distinct()),
    )
