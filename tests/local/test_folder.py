"""Problems with the data folder are reported in plain sentences."""

import os
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from kb.local.folder import DataFolder
from kb.local.messages import CannotStart


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_a_second_start_is_refused_with_pid_and_address(folder: DataFolder) -> None:
    first, second = folder.locked("http://127.0.0.1:8000"), folder.locked("http://127.0.0.1:8001")

    with first, pytest.raises(CannotStart) as refusal:
        second.__enter__()

    assert f"process {os.getpid()}, http://127.0.0.1:8000" in str(refusal.value)


def test_after_the_first_has_ended_a_second_may_start(folder: DataFolder) -> None:
    with folder.locked("http://127.0.0.1:8000"):
        pass
    with folder.locked("http://127.0.0.1:8001"):
        assert "8001" in (folder.run / "starter.lock").read_text()


def test_a_file_instead_of_the_folder_is_reported(place: Path) -> None:
    (place / "data").write_text("")

    with pytest.raises(CannotStart, match="Not a directory"):
        DataFolder(place / "data").create(None)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_reported(place: Path) -> None:
    place.chmod(0o500)

    with pytest.raises(CannotStart, match="Permission denied"):
        DataFolder(place / "data").create(None)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_another_users_folder_is_left_alone(folder: DataFolder) -> None:
    os.chown(folder.run, 65534, -1)

    with pytest.raises(CannotStart, match="was created by the user nobody"):
        folder.create(None)


def test_a_full_disk_is_reported_before_a_database_is_created(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 9 * 10**8, 10**8))

    with pytest.raises(CannotStart, match="has 95 MB free, and Footnote needs 400 MB"):
        DataFolder(place / "data").create(None)


def test_a_nearly_full_disk_does_not_stop_an_old_folder(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise nobody could remove documents to free space."""
    (folder.path / "postgres").mkdir()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 9 * 10**8, 10**8))

    folder.create(None)


def test_only_the_owner_can_access_what_footnote_creates(folder: DataFolder) -> None:
    assert folder.path.stat().st_mode & 0o007 == 0
    assert folder.run.stat().st_mode & 0o077 == 0
    assert folder.logs.stat().st_mode & 0o077 == 0
