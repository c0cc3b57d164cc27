"""Wraps a child process: `guard.py [options] -- COMMAND ...` prepares the process, then executes COMMAND in it.

COMMAND dies with the process that started it (Linux only), even if that one is killed with SIGKILL. It holds a
shared lock as long as it or any of its children is alive. It can run as another user.

Uses only the standard library and runs with `python -I -S`, because it precedes every program and must be fast.
"""

import argparse
import ctypes
import fcntl
import os
import signal
import sys
import warnings  # noqa: F401  (execvp imports it, and the target user may not be able to read this Python)
from collections.abc import Sequence

PID_VARIABLE = "FOOTNOTE_GUARDED"  # the pid of the nearest guarded process, for --parent of its children
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def hold(lock: str) -> None:
    """Takes a shared lock that COMMAND and its children inherit."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    os.set_inheritable(descriptor, True)


def switch_user(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def die_with_parent(death_signal: int) -> None:
    """Makes the kernel send this signal when the parent dies. Call it after changing the user, which resets it.

    Also restores the signal's default handler: a shell ignores SIGINT in background processes, and COMMAND would too.
    """
    if death_signal != signal.SIGKILL:
        signal.signal(death_signal, signal.SIG_DFL)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="guard.py", allow_abbrev=False)
    parser.add_argument("--signal", required=True, help="the signal sent to COMMAND when its parent dies, such as TERM")
    parser.add_argument("--parent", type=int, help="the parent's pid: do nothing if it is already dead")
    parser.add_argument("--lock", help="a file to hold a shared lock on")
    parser.add_argument("--user", type=int, nargs=2, metavar=("UID", "GID"))
    parser.add_argument("--chdir")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)

    parent = os.getppid() if options.parent is None else options.parent
    if options.lock:
        hold(options.lock)
    if options.user:
        switch_user(*options.user)
    if options.chdir:
        os.chdir(options.chdir)
    if sys.platform == "linux":
        die_with_parent(signal.Signals[f"SIG{options.signal}"])
    if os.getppid() != parent:
        sys.exit("guard: the parent process is gone")
    os.environ[PID_VARIABLE] = str(os.getpid())
    os.execvp(options.command[0], options.command)  # noqa: S606  (its purpose)


if __name__ == "__main__":
    main(sys.argv[1:])
