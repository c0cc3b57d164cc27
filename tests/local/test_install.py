"""install.py installs once, never trusts an interrupted installation, and explains failures."""

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NamedTuple

import pytest

from kb.local import install
from kb.local.install import CannotInstall, Environment, Steps


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a fake installation, which only creates a python and a package."""

    def pretend(self: Environment, _lock: IO[str]) -> None:
        self.python.parent.mkdir(exist_ok=True)
        self.python.touch()
        (self.folder / "package").touch()

    monkeypatch.setattr(Environment, "_install", pretend)
    (tmp_path / "pyproject.toml").write_text("[project]")
    (tmp_path / "constraints.txt").write_text("one==1")
    return tmp_path


def installed(checkout: Path, *extras: str) -> Environment:
    environment = Environment(checkout, ["local", *extras])
    environment.complete()
    return environment


def change_constraints(checkout: Path) -> None:
    (checkout / "constraints.txt").write_text("one==2")


def lose_python(checkout: Path) -> None:
    (checkout / ".venv" / "bin" / "python").unlink()


def upgrade_python(checkout: Path) -> None:
    stamp = checkout / ".venv" / "footnote.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "python": "3.10"}))


def test_what_is_installed_is_not_installed_again(checkout: Path) -> None:
    installed(checkout)

    assert Environment(checkout, ["local"]).is_complete()


@pytest.mark.parametrize("change", [change_constraints, lose_python, upgrade_python])
def test_a_change_requires_another_installation(change: Callable[[Path], None], checkout: Path) -> None:
    installed(checkout)

    change(checkout)

    assert not Environment(checkout, ["local"]).is_complete()
    assert installed(checkout).is_complete()


def test_a_moved_checkout_is_reinstalled(checkout: Path, tmp_path: Path) -> None:
    installed(checkout)
    moved = tmp_path / "moved"
    shutil.copytree(checkout / ".venv", moved / ".venv")
    shutil.copy(checkout / "pyproject.toml", moved)
    shutil.copy(checkout / "constraints.txt", moved)
    (moved / ".venv" / "of the old place").touch()

    installed(moved)

    assert not (moved / ".venv" / "of the old place").exists()


def test_the_packages_of_the_tests_stay_when_footnote_is_run_again(checkout: Path) -> None:
    installed(checkout, "dev")
    change_constraints(checkout)

    installed(checkout)

    assert Environment(checkout, ["local", "dev"]).is_complete()


def test_an_interrupted_installation_restarts_from_scratch(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(self: Environment, _lock: IO[str]) -> None:
        (self.folder / "half a package").touch()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Environment, "_install", break_off)
        with pytest.raises(KeyboardInterrupt):
            installed(checkout)

    environment = installed(checkout)

    assert environment.is_complete()
    assert not (environment.folder / "half a package").exists()


def test_an_interrupted_upgrade_restarts_from_scratch_too(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(_self: Environment, _lock: IO[str]) -> None:
        raise KeyboardInterrupt

    installed(checkout)
    change_constraints(checkout)
    with monkeypatch.context() as patched:
        patched.setattr(Environment, "_install", break_off)
        with pytest.raises(KeyboardInterrupt):
            installed(checkout)
    (checkout / ".venv" / "half a package").touch()

    installed(checkout)

    assert not (checkout / ".venv" / "half a package").exists()


def test_the_environment_of_another_checkout_is_left_alone(checkout: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "install.lock").touch()
    (checkout / ".venv").symlink_to(theirs)

    with pytest.raises(CannotInstall, match=r"is a link to .* and is left alone"):
        installed(checkout)
    assert (theirs / "install.lock").exists()


def test_a_foreign_environment_is_left_alone(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "pyvenv.cfg").touch()

    with pytest.raises(CannotInstall, match="was not created by Footnote and is left alone"):
        installed(checkout)


def test_a_full_disk_is_reported_before_anything_is_installed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 9 * 10**8, 10**8))

    with pytest.raises(CannotInstall, match="has 95 MB free, and installing takes 1400 MB"):
        installed(checkout)

    assert not (checkout / ".venv" / "package").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_checkout_is_reported(checkout: Path) -> None:
    checkout.chmod(0o500)

    with pytest.raises(CannotInstall, match="belongs to another user"):
        installed(checkout)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_root_does_not_write_into_another_users_environment(checkout: Path) -> None:
    """That user could not change those files later."""
    installed(checkout)
    os.chown(checkout / ".venv", 65534, -1)
    change_constraints(checkout)

    with pytest.raises(CannotInstall, match="belongs to another user"):
        installed(checkout)


def test_an_old_python_suggests_a_newer_one(tmp_path: Path) -> None:
    other = tmp_path / "python3.12"
    other.touch(mode=0o755)
    old = "import runpy, sys; sys.version_info = (3, 9, 2); runpy.run_path(sys.argv[1], run_name='__main__')"

    result = subprocess.run(
        [sys.executable, "-c", old, install.__file__], env={"PATH": str(tmp_path)}, capture_output=True, text=True
    )

    assert result.returncode == 1
    assert re.fullmatch(r"Footnote needs Python 3\.11 or later; .*: make run PYTHON=python3\.12\n", result.stderr)


def test_the_file_can_be_read_by_pythons_that_are_too_old() -> None:
    """Otherwise they would report a SyntaxError instead of the sentence."""
    ast.parse(Path(install.__file__).read_text(), feature_version=(3, 7))


def test_a_missing_venv_module_is_reported_with_debians_package(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec

    def without_ensurepip(name: str) -> Any:
        return None if name == "ensurepip" else find_spec(name)

    monkeypatch.setattr(importlib.util, "find_spec", without_ensurepip)

    with pytest.raises(CannotInstall, match=r"ensurepip is missing.*apt install python3\.\d+-venv"):
        install.check_venv()


@pytest.mark.parametrize(
    ("output", "remedy"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "not the one that Footnote"),
        ("WARNING: Retrying (Retry(total=4, connect=None)) after connection broken", "Check the network"),
        ("ERROR: No matching distribution found for celery<6,>=5.7", "has nothing for this machine"),
        ("something new", "start again"),
    ],
)
def test_a_failing_step_is_explained_with_its_last_output(output: str, remedy: str, tmp_path: Path) -> None:
    failing = [sys.executable, "-I", "-c", f"print({output!r}); raise SystemExit(1)"]
    log, lock = tmp_path / "log", tmp_path / "lock"

    with log.open("a") as opened, lock.open("w") as locked, pytest.raises(CannotInstall) as problem:
        Steps(opened, locked).run("a step", failing)

    assert remedy in str(problem.value)
    assert str(problem.value).endswith(f"    {output}")
    assert log.read_text() == f"{output}\n"


@pytest.mark.parametrize(("program", "wanted"), [("/usr/bin/tesseract", ["local", "ocr"]), (None, ["local"])])
def test_text_recognition_is_installed_if_tesseract_is(
    program: str | None, wanted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: program)
    assert install.extras(dev=False) == wanted
