"""If root starts them, the servers run as a system user, who may not enter root's home."""

import os
import shutil
from pathlib import Path

import pytest

from kb.local import account, postgres
from kb.local.account import Account
from kb.local.folder import DataFolder
from kb.local.messages import CannotStart

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs the servers too")


@pytest.fixture
def user() -> Account:
    user = account.server_account()
    assert user is not None
    return user


@pytest.fixture(autouse=True)
def system_folder(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = place / "system"
    monkeypatch.setattr(account, "SYSTEM_FOLDER", folder)
    return folder


@pytest.fixture
def closed(place: Path) -> Path:
    """Like root's home."""
    closed = place / "home"
    closed.mkdir(mode=0o700)
    return closed


def test_a_cluster_under_a_closed_folder_goes_to_the_system_folder(
    user: Account, closed: Path, system_folder: Path
) -> None:
    folder = DataFolder(closed / "data")
    folder.create(user)

    prepared = postgres.prepare(folder, user, durable=False)

    assert prepared.cluster.parent.parent == system_folder
    assert (folder.path / "postgres").resolve() == prepared.cluster
    assert closed.stat().st_mode & 0o777 == 0o700


def test_it_is_found_there_again(user: Account, closed: Path) -> None:
    folder = DataFolder(closed / "data")
    folder.create(user)
    first = postgres.prepare(folder, user, durable=False)

    assert postgres.prepare(folder, user, durable=False) == first


def test_a_program_under_a_closed_folder_is_run_from_a_copy(user: Account, closed: Path, system_folder: Path) -> None:
    program = closed / "bin" / "program"
    program.parent.mkdir(mode=0o700)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)

    reached = account.accessible_program(user, closed, "bin/program", ["bin"], "program-1")

    assert reached == system_folder / "program-1" / "bin" / "program"
    assert user.may_run([str(reached), "--version"])


def test_an_accessible_program_is_not_copied(user: Account) -> None:
    assert account.accessible_program(user, Path("/bin"), "true", ["true"], "true-1") == Path("/bin/true")


def test_a_user_that_cannot_be_created_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "NAME", "nobody-has-this-name")
    monkeypatch.setattr(shutil, "which", lambda *_args, **_more: None)

    with pytest.raises(CannotStart, match="needs the system user 'nobody-has-this-name', and the program useradd"):
        account.server_account()
