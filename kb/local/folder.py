"""The data folder, which holds all that is kept, and the locks that give it one owner at a time."""

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kb.local.account import Account
from kb.local.words import CannotStart

FREE_MB_TO_BEGIN = 400  # a new database and its log take 150 MB, the embedding model 90 MB
FREE_MB_TO_GO_ON = 50  # little, so that people can start Footnote to remove documents


@dataclass(frozen=True)
class DataFolder:
    """Paths under FOOTNOTE_DATA. Everything in it is for its owner alone."""

    path: Path

    @property
    def run(self) -> Path:
        """Where the running processes find each other; also the secrets, so this must be kept too."""
        return self.path / "run"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def children_lock(self) -> Path:
        """Held, shared, by whatever the starter starts, and by all that those start: see guard.py."""
        return self.run / "children.lock"

    def make(self, account: Account | None) -> None:
        """Make what is missing. The account may pass through a new folder, and sees nothing else of it.

        Raises CannotStart if the folder is another user's or cannot be made, or its disk is full.
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
                "Start as the user it belongs to, or choose another: FOOTNOTE_DATA=/your/folder make run"
            ) from error
        self._check_space()

    def _check_owner(self, folder: Path) -> None:
        owner = folder.stat().st_uid
        if owner != os.geteuid():
            raise CannotStart(
                f"The data folder {self.path} was made by the user {owner_of(folder)}. Start as that user, "
                "or choose another folder: FOOTNOTE_DATA=/your/folder make run"
            )

    def _check_space(self) -> None:
        free_mb = shutil.disk_usage(self.path).free // 1024**2
        needed = FREE_MB_TO_GO_ON if (self.path / "postgres").exists() else FREE_MB_TO_BEGIN
        if free_mb < needed:
            raise CannotStart(
                f"The disk of the data folder {self.path} has {free_mb} MB free; to start, Footnote needs "
                f"{needed} MB. Free some space, or choose another folder: FOOTNOTE_DATA=/your/folder make run"
            )

    @contextlib.contextmanager
    def locked(self, address: str) -> Iterator[None]:
        """Be the only starter of this folder. Raises CannotStart with the other's pid and address."""
        with (self.run / "starter.lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise CannotStart(
                    f"Footnote already runs from the data folder {self.path}: {file.read().strip()}. Stop it "
                    "there with Ctrl-C, or run a second copy: FOOTNOTE_DATA=/your/folder PORT=8001 make run"
                ) from None
            file.truncate(0)
            file.write(f"process {os.getpid()}, {address}")
            file.flush()
            yield

    def children_are_gone(self, seconds: float) -> bool:
        """Wait at most this long until no process of an earlier or the present run is left."""
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
        """The processes that hold the children's lock, as far as this user may see them."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if any(self.children_lock.samefile(opened) for opened in (process / "fd").iterdir()):
                    found.append(f"{process.name} ({(process / 'comm').read_text().strip()})")
            except OSError:  # another user's process, or one that just ended
                continue
        return found


def owner_of(path: Path) -> str:
    """A user's name, or number if there is no name to it."""
    try:
        return path.owner()
    except KeyError:
        return str(path.stat().st_uid)


def replace_file(file: Path, text: str, account: Account | None = None) -> None:
    """Write a file that only its owner may read, whole or not at all; for the account if there is one."""
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
