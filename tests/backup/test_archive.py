"""The backup file: it round-trips, and any missing or changed part is detected."""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from kb.operations.backup import archive
from kb.operations.backup.errors import BackupError

BLOCKS = [b"PGDMP one", b"two"]
FILES = [b"a soup", b"", b"a salad" * 100_000]
TOLD = {"made_at": "now", "footnote": "0", "migrations": {}, "postgres": 18, "pg_dump": 18, "rows": {}}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "backup.tar"
    with path.open("wb") as stream:
        writer = archive.Writer(stream)
        writer.add_database(BLOCKS)
        for content in FILES:
            sha256 = hashlib.sha256(content).hexdigest()
            (tmp_path / sha256).write_bytes(content)
            writer.add_file(sha256, tmp_path / sha256)
        writer.close(**TOLD)
    return path


def test_a_backup_round_trips(written: Path) -> None:
    manifest = archive.check(written)
    assert (manifest.database.count, manifest.files.count) == (2, 3)
    assert manifest.files.bytes == sum(map(len, FILES))
    assert list(archive.database(written)) == BLOCKS
    assert [stream.read() for _name, stream in archive.files(written)] == FILES
    assert [name for name, _stream in archive.files(written)] == [hashlib.sha256(file).hexdigest() for file in FILES]


def test_it_is_an_ordinary_tar(written: Path) -> None:
    with tarfile.open(written) as tar:
        names = tar.getnames()
    assert names[:2] == ["database/00000000", "database/00000001"]
    assert names[-1] == "manifest.json"


def rewritten(path: Path, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> None:
    """The same archive with each member changed, or left out."""
    with tarfile.open(path) as tar:
        members = [(member.name, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]
    with tarfile.open(path, "w") as tar:
        for name, content in members:
            if changed := change(name, content):
                member = tarfile.TarInfo(changed[0])
                member.size = len(changed[1])
                tar.addfile(member, io.BytesIO(changed[1]))


def flipped(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            lambda n, c: (n, flipped(c) if n == "database/00000001" else c),
            "blocks of the database in it have changed",
        ),
        (
            lambda n, c: (n, flipped(c) if n.startswith("files/") and c else c),
            "the file [0-9a-f]{64} in it has changed",
        ),
        (
            lambda n, c: None if n == "database/00000001" else (n, c),
            "should contain 2 blocks of the database, but contains 1",
        ),
        (lambda n, c: None if n.startswith("files/") and c else (n, c), "it should contain 3 files, but contains 1"),
        (lambda n, c: None if n == "manifest.json" else (n, c), "its end is missing"),
        (lambda n, c: (n, c[:50] if n == "manifest.json" else c), r"its manifest\.json is not readable"),
        (lambda n, c: (n, b"[]" if n == "manifest.json" else c), r"its manifest\.json is not readable"),
    ],
)
def test_any_change_or_missing_part_is_detected(
    written: Path, change: Callable[[str, bytes], tuple[str, bytes] | None], why: str
) -> None:
    rewritten(written, change)
    with pytest.raises(BackupError, match=f"is damaged, or not a backup: .*{why}.* Nothing was changed"):
        archive.check(written)


def test_truncation_at_any_point_is_detected(written: Path) -> None:
    whole = written.read_bytes()
    end = whole.index(b'"sha256"', whole.index(b"manifest.json"))
    for length in [0, 100, 512, 700, 1024, 2000, len(whole) // 2, end]:
        written.write_bytes(whole[:length])
        with pytest.raises(BackupError, match="damaged, or not a backup"):
            archive.check(written)


def test_an_unrelated_tar_is_refused(written: Path) -> None:
    rewritten(written, lambda name, content: (f"../../etc/{name}", content))
    with pytest.raises(BackupError, match=r"not a backup of Footnote: it contains '\.\./\.\./etc/database/00000000'"):
        archive.check(written)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="There is no file"):
        archive.check(tmp_path / "nothing.tar")


def test_a_newer_format_is_refused(written: Path) -> None:
    def from_the_future(name: str, content: bytes) -> tuple[str, bytes]:
        told = {"format": 2, "of": "things unheard of"}
        return name, json.dumps(told).encode() if name == "manifest.json" else content

    rewritten(written, from_the_future)
    with pytest.raises(BackupError, match=r"written by a newer Footnote \(backup format 2\)\. Update Footnote"):
        archive.check(written)
