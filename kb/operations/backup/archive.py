"""The backup file: a tar archive, which any tool can open.

    database/00000000 ...   pg_dump's custom format, in blocks
    files/<sha256> ...      uploaded files, named after their hash
    manifest.json           last: the expected contents, and the versions that wrote them

Everything is streamed: a million files need no more memory than one.
"""

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from kb.operations.backup.errors import BackupError

FORMAT = 1
MANIFEST = "manifest.json"
BLOCK_BYTES = 16 * 1024**2
_MEMBER = re.compile(r"database/\d{8}|files/[0-9a-f]{64}|manifest\.json")


@dataclass(frozen=True)
class Part:
    """`sha256` covers the database's blocks in order, or the files' names in order, one per line."""

    count: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    format: int
    made_at: str
    footnote: str  # the version that wrote the backup
    migrations: dict[str, str]  # the last one of each app
    postgres: int  # the server's major version
    pg_dump: int
    rows: dict[str, int]  # for display
    database: Part
    files: Part

    @classmethod
    def from_json(cls, text: bytes) -> "Manifest":
        """Raises BackupError if this Footnote cannot read it."""
        try:
            data: dict[str, Any] = json.loads(text)
            if data["format"] > FORMAT:
                raise BackupError(newer(f"backup format {data['format']}"))
            return cls(**data | {"database": Part(**data["database"]), "files": Part(**data["files"])})
        except (ValueError, KeyError, TypeError) as error:
            raise BackupError(f"{_damaged(f'its {MANIFEST} is not readable')}") from error


class _Sum:
    """Accumulates the values of a Part."""

    def __init__(self) -> None:
        self._count = self._bytes = 0
        self._digest = hashlib.sha256()

    def add(self, hashed: bytes, size: int) -> None:
        self._count += 1
        self._bytes += size
        self._digest.update(hashed)

    def part(self) -> Part:
        return Part(self._count, self._bytes, self._digest.hexdigest())


class _Hashing:
    """Hashes a stream while it is read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        self.digest.update(block)
        self.size += len(block)
        return block

    def read_through(self) -> None:
        while self.read(1024**2):
            pass


class Writer:
    """Writes an archive to `stream`. It is incomplete until `close`."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115  (closed by close)
        self._database, self._files = _Sum(), _Sum()

    def add_database(self, blocks: Iterable[bytes]) -> None:
        for number, block in enumerate(blocks):
            self._add(f"database/{number:08}", len(block), io.BytesIO(block))
            self._database.add(block, len(block))

    def add_file(self, sha256: str, path: Path) -> None:
        """Raises BackupError if the content does not match its hash."""
        try:
            with path.open("rb") as stream:
                hashing = _Hashing(stream)
                self._add(f"files/{sha256}", path.stat().st_size, hashing)
        except FileNotFoundError:
            raise BackupError(_unusable(path, "is missing", "Upload it again")) from None
        if hashing.digest.hexdigest() != sha256:
            raise BackupError(_unusable(path, "is damaged", "Restore it from an older backup"))
        self._files.add(f"{sha256}\n".encode(), hashing.size)

    def close(self, **facts: Any) -> Manifest:
        """Writes the manifest, including the caller's `facts`."""
        manifest = Manifest(FORMAT, **facts, database=self._database.part(), files=self._files.part())
        text = json.dumps(asdict(manifest), indent=1).encode()
        self._add(MANIFEST, len(text), io.BytesIO(text))
        self._tar.close()
        return manifest

    def _add(self, name: str, size: int, stream: Any) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        self._tar.addfile(member, stream)
        self._tar.members.clear()  # type: ignore[attr-defined]  # tarfile would keep them all in memory


def check(path: Path) -> Manifest:
    """Reads a whole archive. Raises BackupError unless it is complete and undamaged."""
    try:
        return _check(path)
    except FileNotFoundError as error:
        raise BackupError(f"There is no file {path}.") from error
    except tarfile.TarError as error:
        raise BackupError(_damaged(str(error))) from error


def _check(path: Path) -> Manifest:
    database, files = _Sum(), _Sum()
    manifest = None
    for name, stream in _members(path):
        folder, _slash, rest = name.partition("/")
        if name == MANIFEST:
            manifest = Manifest.from_json(stream.read())
        elif folder == "database":
            block = stream.read()
            database.add(block, len(block))
        else:
            hashing = _Hashing(stream)
            hashing.read_through()
            if hashing.digest.hexdigest() != rest:
                raise BackupError(_damaged(f"the file {rest} in it has changed"))
            files.add(f"{rest}\n".encode(), hashing.size)
    if manifest is None:
        raise BackupError(_damaged("its end is missing"))
    for what, expected, found in [
        ("blocks of the database", manifest.database, database.part()),
        ("files", manifest.files, files.part()),
    ]:
        if expected.count != found.count:
            raise BackupError(_damaged(f"it should contain {expected.count} {what}, but contains {found.count}"))
        if expected != found:
            raise BackupError(_damaged(f"the {what} in it have changed"))
    return manifest


def database(path: Path) -> Iterator[bytes]:
    """The blocks of pg_dump's output, in order."""
    return (stream.read() for name, stream in _members(path) if name.startswith("database/"))


def files(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Each file's SHA-256 and bytes."""
    return ((name[6:], stream) for name, stream in _members(path) if name.startswith("files/"))


def _members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(path, "r:") as tar:
        while (member := tar.next()) is not None:
            tar.members.clear()  # type: ignore[attr-defined]
            stream = tar.extractfile(member)
            if stream is None or not _MEMBER.fullmatch(member.name):
                raise BackupError(f"This is not a backup of Footnote: it contains {member.name!r}.")
            yield member.name, stream


def newer(what: str) -> str:
    return f"This backup was written by a newer Footnote ({what}). Update Footnote to that version, then restore."


def _damaged(why: str) -> str:
    return f"This backup is damaged, or not a backup: {why}. Nothing was changed. Copy it again, or use another one."


def _unusable(path: Path, problem: str, remedy: str) -> str:
    return (
        f"The uploaded file {path} {problem}, so the backup would be incomplete. {remedy}, or remove its document in "
        "Footnote, and start again."
    )
