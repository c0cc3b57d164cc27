"""Nothing that the starter starts outlives it, and the next start can wait until everything is gone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kb.local.account import server_account
from kb.local.folder import DataFolder
from kb.local.supervision import GUARD

PARENT = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:])
print(child.pid, flush=True)
time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    """False for a zombie too: in a container nobody may reap it."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int) -> None:
    end = time.monotonic() + 10
    while is_alive(pid):
        assert time.monotonic() < end, f"process {pid} is still there"
        time.sleep(0.02)


def wait_until_it_is(pid: int, name: str) -> None:
    """Waits until the guard has executed its command."""
    end = time.monotonic() + 10
    while Path(f"/proc/{pid}/comm").read_text().strip() != name:
        assert time.monotonic() < end, f"process {pid} never became {name}"
        time.sleep(0.02)


def start_and_kill_parent_of(command: list[str]) -> int:
    """Kills a parent with SIGKILL while its child is sleeping; returns the child's pid."""
    with subprocess.Popen([sys.executable, "-c", PARENT, *command], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        wait_until_it_is(child, "sleep")
        parent.kill()
    return child


def test_a_child_gets_its_signal_when_the_parent_is_killed() -> None:
    child = start_and_kill_parent_of([*GUARD, "--signal", "TERM", "--", "sleep", "60"])

    wait_until_gone(child)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_child_that_runs_as_another_user_gets_it_too() -> None:
    account = server_account()
    assert account is not None
    user = ["--user", str(account.uid), str(account.gid)]

    child = start_and_kill_parent_of([*GUARD, "--signal", "INT", *user, "--", "sleep", "60"])

    wait_until_gone(child)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_keeps_nothing_of_roots_groups() -> None:
    account = server_account()
    assert account is not None
    user = ["--user", str(account.uid), str(account.gid)]

    result = subprocess.run(
        [*GUARD, "--signal", "TERM", *user, "--", "id", "-G"], capture_output=True, text=True, check=True
    )

    assert result.stdout.split() == [str(account.gid)]


def test_a_child_whose_parent_is_gone_already_does_not_start() -> None:
    with subprocess.Popen(["true"]) as gone:
        gone.wait()

    result = subprocess.run(
        [*GUARD, "--signal", "TERM", "--parent", str(gone.pid), "--", "echo", "started"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 1
    assert result.stdout == ""


def test_the_lock_is_held_as_long_as_a_grandchild_lives(folder: DataFolder) -> None:
    leave_one_behind = "sleep 60 >/dev/null & echo $!"
    lock = ["--lock", str(folder.children_lock)]
    result = subprocess.run(
        [*GUARD, "--signal", "TERM", *lock, "--", "sh", "-c", leave_one_behind],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    grandchild = int(result.stdout)

    assert not folder.children_are_gone(seconds=0)
    assert folder.children() == [f"{grandchild} (sleep)"]
    os.kill(grandchild, signal.SIGKILL)
    assert folder.children_are_gone(seconds=10)
