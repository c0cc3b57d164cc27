"""The system user that runs Postgres and Redis when root starts Footnote: Postgres refuses to run as root.

That user cannot enter a checkout or data folder under a home that only root may enter. Then the files it needs are
placed in /var/lib/footnote; permissions outside Footnote's own folders are never changed.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kb.local.messages import CannotStart

NAME = "footnote"
SYSTEM_FOLDER = Path("/var/lib/footnote")


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    def own(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid)

    def may_enter(self, folder: Path) -> bool:
        return self.may_run(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)])

    def may_run(self, command: Sequence[str]) -> bool:
        """Whether this user can run the program successfully."""
        try:
            result = subprocess.run(
                command,
                cwd="/",
                user=self.uid,
                group=self.gid,
                extra_groups=[],
                capture_output=True,
                check=False,
            )
        except PermissionError:
            return False
        return result.returncode == 0


def server_account() -> Account | None:
    """The system user, created if missing; None if an ordinary user starts Footnote and then also runs the servers.

    Raises CannotStart if the user cannot be created.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        _create_user()
        entry = pwd.getpwnam(NAME)
    account = Account(entry.pw_uid, entry.pw_gid)
    if not account.may_run(["/bin/sh", "-c", ":"]):
        raise CannotStart(
            f"Postgres does not run as root, and root cannot switch to the user '{NAME}' here (a container "
            "with only one user?). Start Footnote as an ordinary user."
        )
    return account


def _create_user() -> None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        raise CannotStart(_user_missing("the program useradd, which could create it, is missing"))
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", str(SYSTEM_FOLDER)]
    command = [useradd, *options, "--shell", "/usr/sbin/nologin", NAME]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise CannotStart(_user_missing(f"useradd failed: {result.stderr.strip()}"))


def _user_missing(reason: str) -> str:
    return (
        f"Postgres does not run as root. It needs the system user '{NAME}', and {reason}. "
        "Create that user yourself, or start Footnote as an ordinary user."
    )


def accessible_program(account: Account | None, root: Path, program: str, parts: Sequence[str], name: str) -> Path:
    """A path of `root / program` that the account can run: the original, or a copy in the system folder.

    `parts` are the files and folders under `root` that it needs; `name` identifies their version.
    """
    if account is None or account.may_run([str(root / program), "--version"]):
        return root / program
    copy = system_folder(name)
    unfinished = copy.with_name(f"{name}.new")
    with (copy.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not copy.exists():
            shutil.rmtree(unfinished, ignore_errors=True)
            _copy(root, parts, unfinished)
            unfinished.rename(copy)
    return copy / program


def system_folder(name: str) -> Path:
    """The path /var/lib/footnote/NAME; all users may traverse its parent folder."""
    SYSTEM_FOLDER.mkdir(exist_ok=True)
    SYSTEM_FOLDER.chmod(0o755)
    return SYSTEM_FOLDER / name


def _copy(root: Path, parts: Sequence[str], target: Path) -> None:
    for part in parts:
        (target / part).parent.mkdir(parents=True, exist_ok=True)
        if (root / part).is_dir():
            shutil.copytree(root / part, target / part, symlinks=True)
        else:
            shutil.copy2(root / part, target / part)
    for path in [target, *target.rglob("*")]:  # readable by everybody, whatever umask it was installed with
        if not path.is_symlink():
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
