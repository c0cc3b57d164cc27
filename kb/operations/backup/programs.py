"""pg_dump and pg_restore, from the package that contains `make run`'s Postgres, or from PATH."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.db import connection
from psycopg.conninfo import make_conninfo

from kb.local import postgres
from kb.operations.backup.archive import BLOCK_BYTES
from kb.operations.backup.errors import BackupError

# Data that need not be restored: the embedding cache, and sessions, which depend on the secret key.
EXCLUDED = ("retrieval_cachedembedding", "django_session")


@dataclass(frozen=True)
class Program:
    path: Path
    version: int  # major version


def server_version() -> int:
    connection.ensure_connection()
    return int(connection.connection.info.server_version) // 10000


def find(name: str, version: int) -> Program:
    """The program in this major version, or the next newer one. Raises BackupError if there is none."""
    found = [program for path in _candidates(name) if (program := _program(path))]
    fitting = [program for program in found if program.version >= version]
    if fitting:
        return min(fitting, key=lambda program: program.version)
    problem = f"{found[0].path} has version {found[0].version}" if found else f"{name} was not found"
    raise BackupError(
        f"{name} of Postgres {version} or newer is needed, but {problem}. Install postgresql-client-{version}."
    )


def dump(program: Program, snapshot: str) -> Iterator[bytes]:
    """The database at the snapshot, in blocks. Raises BackupError with pg_dump's last output."""
    excluded = [f"--exclude-table-data={table}" for table in EXCLUDED]
    options = ["--format=custom", "--no-owner", "--no-privileges", "--no-comments", f"--snapshot={snapshot}", *excluded]
    with _running([str(program.path), *options], stdout=subprocess.PIPE) as (process, errors):
        assert process.stdout is not None  # noqa: S101  (for the type checker)
        while block := process.stdout.read(BLOCK_BYTES):
            yield block
        if process.wait():
            raise BackupError(f"pg_dump failed: {_last_output(errors)}")


def load(program: Program, blocks: Iterable[bytes]) -> None:
    """Loads the whole dump or nothing. Raises BackupError with pg_restore's last output."""
    options = ["--single-transaction", "--no-owner", "--no-privileges"]
    with _running([str(program.path), *options], stdin=subprocess.PIPE) as (process, errors):
        assert process.stdin is not None  # noqa: S101  (for the type checker)
        try:
            for block in blocks:
                process.stdin.write(block)
            process.stdin.close()
        except BrokenPipeError:  # it has stopped and reported why
            process.kill()
        if process.wait():
            raise BackupError(f"pg_restore failed, and the database is empty now: {_last_output(errors)}")


def _candidates(name: str) -> Iterator[Path]:
    package = postgres.bundled()
    if package:
        yield package / f"pginstall{postgres.MAJOR}" / "bin" / name
    on_path = shutil.which(name)
    if on_path:
        yield Path(on_path)


def _program(path: Path) -> Program | None:
    result = subprocess.run([str(path), "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"\(PostgreSQL\) (\d+)", result.stdout)
    return Program(path, int(version[1])) if version else None


@contextmanager
def _running(
    command: list[str], stdin: int = subprocess.DEVNULL, stdout: int = subprocess.DEVNULL
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """Runs the program on Django's database; kills it if the block ends early. The command line has no password."""
    connection.ensure_connection()
    info = connection.connection.info
    environment = {**os.environ, "PGPASSWORD": info.password}
    command = [*command, "--dbname", make_conninfo(**info.get_parameters())]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=errors, env=environment) as process,
    ):
        try:
            yield process, errors
        except BaseException:
            process.kill()
            raise


def _last_output(errors: IO[bytes]) -> str:
    errors.seek(0)
    return errors.read().decode(errors="replace").strip()[-1000:]
