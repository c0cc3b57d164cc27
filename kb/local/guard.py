"""Stands in front of a child process: `guard.py [options] -- COMMAND ...` sets the process up, then becomes COMMAND.

COMMAND dies with the process that started it (Linux only), also when that one is killed with SIGKILL; it holds a
shared lock as long as it or anything it starts is alive; and it may run as another user.

Standard library only, and run with `python -I -S`: it stands in front of everything, so it must be quick.
"""

import argparse
import ctypes
import fcntl
import os
import signal
import sys
import warnings  # noqa: F401  (execvp wants it, and the user whom we become may not be able to read this Python)
from collections.abc import Sequence

PID_VARIABLE = "FOOTNOTE_GUARDED"  # the pid of the nearest guarded process, for --parent of its children
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def hold(lock: str) -> None:
    """Take a shared lock that is inherited by whatever this process becomes and starts."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    os.set_inheritable(descriptor, True)


def become(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def die_with_parent(death_signal: int) -> None:
    """Ask the kernel for this signal when the parent dies. A change of user takes that back, so come after it.

    A shell that starts us in the background has SIGINT ignored, and so would COMMAND: it shall not.
    """
    if death_signal != signal.SIGKILL:
        signal.signal(death_signal, signal.SIG_DFL)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="guard.py", allow_abbrev=False)
    parser.add_argument("--signal", required=True, help="what COMMAND gets when its parent dies, such as TERM")
    parser.add_argument("--parent", type=int, help="the parent's pid: do nothing if it is dead already")
    parser.add_argument("--lock", help="a file to hold a shared lock on")
    parser.add_argument("--user", type=int, nargs=2, metavar=("UID", "GID"))
    parser.add_argument("--chdir")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)

    parent = os.getppid() if options.parent is None else options.parent
    if options.lock:
        hold(options.lock)
    if options.user:
        become(*options.user)
    if options.chdir:
        os.chdir(options.chdir)
    if sys.platform == "linux":
        die_with_parent(signal.Signals[f"SIG{options.signal}"])
    if os.getppid() != parent:
        sys.exit("guard: the parent process is gone")
    os.environ[PID_VARIABLE] = str(os.getpid())
    os.execvp(options.command[0], options.command)  # noqa: S606  (what it is for)


if __name__ == "__main__":
    main(sys.argv[1:])
