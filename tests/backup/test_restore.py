"""What a restore refuses, and that it refuses before it changes anything."""

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User

from kb.local.folder import DataFolder
from kb.models import Collection, Document
from kb.operations.backup.backup import back_up
from kb.operations.backup.errors import BackupError
from kb.operations.backup.restore import restore
from tests.backup.conftest import CHECKOUT, Place
from tests.conftest import Upload
from tests.local.test_whole import environment
from tests.services import open_folder

pytestmark = pytest.mark.django_db(transaction=True)


def quietly(_line: str) -> None:
    """Ignores progress."""


@pytest.fixture
def backup(ready: Upload, tmp_path: Path) -> Path:
    ready("soup.md", "# Soup\n\nBoil the bones.")
    return back_up(tmp_path / "backup.tar", quietly)[0]


def change_manifest(backup: Path, **told: Any) -> None:
    with tarfile.open(backup) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]
    changed = json.dumps(manifest | told).encode()
    member = tarfile.TarInfo("manifest.json")
    member.size = len(changed)
    with tarfile.open(backup, "a") as tar:  # the last one counts
        tar.addfile(member, io.BytesIO(changed))


def test_a_database_that_is_not_empty(backup: Path) -> None:
    with pytest.raises(BackupError, match="This database is not empty, and nothing was changed"):
        restore(backup, quietly)
    assert Document.objects.count() == 1


def test_a_backup_of_a_newer_footnote(backup: Path) -> None:
    change_manifest(backup, footnote="9.0", migrations={"kb": "0999_telepathy"})
    with pytest.raises(BackupError, match=r"written by a newer Footnote \(9\.0, kb\.0999_telepathy\)"):
        restore(backup, quietly, replace=True)


def test_a_backup_of_a_newer_postgres(backup: Path) -> None:
    change_manifest(backup, postgres=99)
    with pytest.raises(BackupError, match="from Postgres 99, and this database is Postgres 18"):
        restore(backup, quietly, replace=True)


def test_a_dump_that_is_newer_than_pg_restore(backup: Path) -> None:
    change_manifest(backup, pg_dump=99)
    with pytest.raises(BackupError, match="pg_restore of Postgres 99 or newer is needed"):
        restore(backup, quietly, replace=True)


def test_a_damaged_backup_changes_nothing(backup: Path, beside: Place) -> None:
    assert beside.restore(backup).returncode == 0
    content = bytearray(backup.read_bytes())
    content[-backup.stat().st_size // 2] ^= 1
    backup.write_bytes(content)
    done = beside.restore(backup, "--replace")
    assert done.returncode == 1
    assert "is damaged, or not a backup" in done.stderr
    assert beside.rows("SELECT name FROM kb_document") == [("soup.md",)]


def test_while_others_use_the_database(backup: Path, alice: User, beside: Place) -> None:
    assert beside.restore(backup).returncode == 0
    with psycopg.connect(beside.url):
        done = beside.restore(backup, "--replace")
    assert done.returncode == 1
    assert "Other programs use this database (1 connections), and nothing was changed" in done.stderr
    assert beside.rows("SELECT name FROM kb_collection") == [("Recipes",)]


def test_over_existing_data_with_replace(backup: Path, beside: Place) -> None:
    assert beside.restore(backup).returncode == 0
    Collection.objects.update(name="Renamed")
    later, _manifest = back_up(backup.with_name("later.tar"), quietly)
    assert "This database is not empty" in beside.restore(later).stderr
    assert beside.rows("SELECT name FROM kb_collection") == [("Recipes",)]
    done = beside.restore(later, "--replace")
    assert done.returncode == 0, done.stderr
    assert beside.rows("SELECT name FROM kb_collection") == [("Renamed",)]


def test_into_new_empty_tables(backup: Path, beside: Place) -> None:
    """As they are after the first `migrate` of a new deployment."""
    assert beside.run("manage.py", "migrate", "--verbosity=0").returncode == 0
    done = beside.restore(backup)
    assert done.returncode == 0, done.stderr
    assert beside.rows("SELECT name FROM kb_document") == [("soup.md",)]


def test_make_restore_starts_its_own_servers(backup: Path) -> None:
    """It stops what it starts. The second time, the folder is no longer empty."""
    with open_folder() as place:
        folder = DataFolder(place / "data")
        first, second = (_make_restore(backup, folder) for _time in range(2))
        assert first.returncode == 0, first.stdout + first.stderr
        assert "Restored the backup of" in first.stdout
        assert first.stdout.endswith("Start Footnote with `make run`.\n")
        (kept,) = (folder.path / "files").glob("??/*")
        assert kept.read_text() == "# Soup\n\nBoil the bones."
        assert second.returncode == 1
        assert "This database is not empty" in second.stderr
        assert folder.children_are_gone(seconds=0)


def _make_restore(backup: Path, folder: DataFolder) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kb.local", "--restore", str(backup)],
        cwd=CHECKOUT,
        env=environment() | {"FOOTNOTE_DATA": str(folder.path)},
        capture_output=True,
        text=True,
        check=False,
    )
