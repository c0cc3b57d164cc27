"""Restores a backup into an empty database, next to existing files, after checking the whole backup."""

from collections.abc import Callable
from pathlib import Path

from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from kb.models import Collection
from kb.operations.backup import archive, programs
from kb.operations.backup.archive import Manifest
from kb.operations.backup.errors import BackupError
from kb.storage import files

Say = Callable[[str], object]


def restore(source: Path, say: Say, *, replace: bool = False) -> Manifest:
    """Restores a backup. With `replace`, also over a database that is not empty.

    Nothing is changed before the whole backup has been read and checked. Raises BackupError.
    """
    _check_target(replace)
    say("reading the backup ...")
    manifest = archive.check(source)
    pg_restore = _find_pg_restore(manifest)
    say(f"{manifest.files.count} files ...")
    for sha256, stream in archive.files(source):
        with files.written(stream, sha256) as incoming:
            if incoming.sha256 != sha256:
                raise BackupError(f"The backup changed while it was read: the file {sha256} in it is different now.")
            files.place(incoming)
    say("database ...")
    _drop_tables()
    programs.load(pg_restore, archive.database(source))
    call_command("migrate", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return manifest


def _find_pg_restore(manifest: Manifest) -> programs.Program:
    """A suitable pg_restore. Raises BackupError if this Footnote or its Postgres is too old for the backup."""
    known = MigrationLoader(None).disk_migrations
    for migration in manifest.migrations.items():
        if migration not in known:
            raise BackupError(archive.newer(f"{manifest.footnote}, {'.'.join(migration)}"))
    server = programs.server_version()
    if server < manifest.postgres:
        raise BackupError(
            f"This backup is from Postgres {manifest.postgres}, and this database is Postgres {server}. "
            f"Restore into Postgres {manifest.postgres} or newer."
        )
    return programs.find("pg_restore", max(server, manifest.pg_dump))


def _check_target(replace: bool) -> None:
    tables = connection.introspection.table_names()
    used = any(model._meta.db_table in tables and model._default_manager.exists() for model in (User, Collection))
    if used and not replace:
        raise BackupError(
            "This database is not empty, and nothing was changed. Restore into a new one: FOOTNOTE_DATA=/a/new/folder "
            "make restore FROM=..., or use manage.py restore --replace to delete its contents."
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        (others,) = cursor.fetchone()
    if others:
        raise BackupError(
            f"Other programs use this database ({others} connections), and nothing was changed. "
            "Stop the web server, the workers and the scheduler, then restore."
        )


def _drop_tables() -> None:
    """Drops our own tables, also those that have been renamed since, not the schema: its extension may belong to
    another user.
    """
    ours = tuple(f"{label}_" for label in ("django", *apps.app_configs))
    tables = [name for name in connection.introspection.table_names() if name.startswith(ours)]
    if tables:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {', '.join(map(connection.ops.quote_name, sorted(tables)))} CASCADE")
