"""The data folder, which contains all of Footnote's data, and the locks that allow one running copy at a time."""

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kb.local.account import Account
from kb.local.messages import CannotStart

FREE_MB_FOR_NEW = 400  # a new database and its log take 150 MB, the embedding model 90 MB
FREE_MB_FOR_EXISTING = 50  # low, so that people can start Footnote to remove documents


@dataclass(frozen=True)
class DataFolder:
    """Paths under FOOTNOTE_DATA. Only the owner can access them."""

    path: Path

    @property
    def run(self) -> Path:
        """Contains the addresses of running processes, and the secrets: it must not be lost either."""
        return self.path / "run"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def children_lock(self) -> Path:
        """Held in shared mode by every process that the starter starts, and by their children: see guard.py."""
        return self.run / "children.lock"

    def create(self, account: Account | None) -> None:
        """Creates what is missing. The account may traverse a new folder, but not list it.

        Raises CannotStart if the folder belongs to another user, cannot be created, or its disk is full.
        """
        try:
            if not self.path.exists():
                self.path.mkdir(parents=True, mode=0o700)
                if account:
                    os.chown(self.path, -1, account.gid)
                    self.path.chmod(0o710)
            for folder in (self.run, self.logs):
                folder.mkdir(exist_ok=True, mode=0o700)
                self._check_owner(folder)
        except OSError as error:
            raise CannotStart(
                f"The data folder {self.path} cannot be used: {error.strerror} ({error.filename}). "
                "Start as its owner, or choose another folder: FOOTNOTE_DATA=/your/folder make run"
            ) from error
        self._check_space()

    def _check_owner(self, folder: Path) -> None:
        owner = folder.stat().st_uid
        if owner != os.geteuid():
            raise CannotStart(
                f"The data folder {self.path} was created by the user {owner_of(folder)}. Start as that user, "
                "or choose another folder: FOOTNOTE_DATA=/your/folder make run"
            )

    def _check_space(self) -> None:
        free_mb = shutil.disk_usage(self.path).free // 1024**2
        needed = FREE_MB_FOR_EXISTING if (self.path / "postgres").exists() else FREE_MB_FOR_NEW
        if free_mb < needed:
            raise CannotStart(
                f"The disk of the data folder {self.path} has {free_mb} MB free, and Footnote needs {needed} MB to "
                f"start. Free some space, or choose another folder: FOOTNOTE_DATA=/your/folder make run"
            )

    @contextlib.contextmanager
    def locked(self, address: str) -> Iterator[None]:
        """Ensures that this is the only starter of this folder. Raises CannotStart with the other's pid and address."""
        with (self.run / "starter.lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise CannotStart(
                    f"Footnote is already running with the data folder {self.path}: {file.read().strip()}. Stop it "
                    "there with Ctrl-C, or run a second copy: FOOTNOTE_DATA=/your/folder PORT=8001 make run"
                ) from None
            file.truncate(0)
            file.write(f"process {os.getpid()}, {address}")
            file.flush()
            yield

    def children_are_gone(self, seconds: float) -> bool:
        """Waits up to `seconds` until no process of an earlier or the current run is left."""
        end = time.monotonic() + seconds
        with self.children_lock.open("a") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if time.monotonic() > end:
                        return False
                    time.sleep(0.05)
                else:
                    return True

    def children(self) -> list[str]:
        """The processes that hold the children's lock, as far as this user can see them."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if any(self.children_lock.samefile(opened) for opened in (process / "fd").iterdir()):
                    found.append(f"{process.name} ({(process / 'comm').read_text().strip()})")
            except OSError:  # another user's process, or one that just ended
                continue
        return found


def owner_of(path: Path) -> str:
    """The owner's name, or their number if there is no name for it."""
    try:
        return path.owner()
    except KeyError:
        return str(path.stat().st_uid)


def replace_file(file: Path, text: str, account: Account | None = None) -> None:
    """Writes a file atomically that only its owner can read. The account becomes the owner, if there is one."""
    unfinished = file.with_name(f"{file.name}.new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(descriptor)
        if account:
            os.fchown(descriptor, account.uid, account.gid)
    unfinished.replace(file)
