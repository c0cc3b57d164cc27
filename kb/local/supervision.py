"""Runs programs under supervisord: its configuration, start and stop, and the state of each program.

supervisord restarts programs that die. guard.py wraps it and each program, so that nothing outlives a killed
starter.
"""

import contextlib
import http.client
import os
import secrets
import shlex
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from kb.local import guard
from kb.local.account import Account
from kb.local.folder import DataFolder
from kb.local.messages import CannotStart

CHECKOUT = Path(__file__).resolve().parents[2]
GUARD = [sys.executable, "-I", "-S", guard.__file__]

# Paths may contain characters of supervisord's own syntax. So commands are passed through the environment, and file
# names are relative to the data folder, its working directory.
HEAD = """\
[supervisord]
nodaemon = true
silent = true
nocleanup = true
logfile = logs/supervisor.log
logfile_maxbytes = 1MB
logfile_backups = 1
pidfile = run/supervisord.pid
minfds = 256
minprocs = 1
user = {uid}

[unix_http_server]
file = %(ENV_FOOTNOTE_SOCKET)s
chmod = 0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""

# startretries counts deaths within startsecs: supervisord gives up on a program that cannot start at all, and always
# restarts one that ran and then died.
PROGRAM = """
[program:{name}]
command = %(ENV_FOOTNOTE_GUARD)s --parent %(ENV_FOOTNOTE_GUARDED)s %(ENV_FOOTNOTE_RUN_{name})s
priority = {priority}
autostart = false
autorestart = true
startsecs = 2
startretries = 3
stopsignal = {stop_signal}
stopwaitsecs = {stop_seconds}
killasgroup = true
redirect_stderr = true
stdout_logfile = logs/{name}.log
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 3
"""


@dataclass(frozen=True)
class Program:
    """A program to supervise. Signal names omit SIG.

    `stop_signal` ends it cleanly; after `stop_seconds` it is killed. The kernel sends it `orphan_signal` if
    supervisord itself is killed.
    """

    name: str
    command: Sequence[str]
    stop_signal: str
    orphan_signal: str
    stop_seconds: int
    account: Account | None = None
    directory: Path = CHECKOUT


@dataclass(frozen=True)
class State:
    """A program's state: `is_up` after it has run for `startsecs`, `given_up` if it never did."""

    pid: int  # 0 while there is no process
    is_up: bool
    given_up: bool


class Supervisor:
    """A running supervisord, created by `supervised`."""

    def __init__(self, folder: DataFolder, process: subprocess.Popen[bytes], socket: Path) -> None:
        self._folder = folder
        self._process = process
        transport = SupervisorTransport(None, None, f"unix://{socket}")
        self._server: Any = xmlrpc.client.ServerProxy("http://localhost", transport=transport)

    def start(self, name: str) -> None:
        """Starts a program without waiting; `check` tells whether it stays up."""
        self._server.supervisor.startProcess(name, False)

    def states(self) -> dict[str, State]:
        """Raises CannotStart if supervisord is gone."""
        try:
            programs = self._server.supervisor.getAllProcessInfo()
        except (OSError, http.client.HTTPException) as error:
            self._process.wait(timeout=10)
            raise CannotStart(
                f"The supervisor has stopped, and all programs with it; see {self._folder.logs}. Start again: make run"
            ) from error
        return {
            program["name"]: State(program["pid"], program["statename"] == "RUNNING", program["statename"] == "FATAL")
            for program in programs
        }

    def check(self) -> None:
        """Raises CannotStart if supervisord gave up on a program, or is gone itself."""
        for name, state in self.states().items():
            if state.given_up:
                raise CannotStart(self.failure(name))

    def failure(self, name: str) -> str:
        return self._with_log_tail(f"The program '{name}' does not stay up", name)

    def _with_log_tail(self, sentence: str, name: str) -> str:
        log = self._folder.logs / f"{name}.log"
        return f"{sentence}. The last lines of {log}:\n{last_lines(log)}"

    def wait_until_it_answers(self) -> None:
        end = time.monotonic() + 30
        while True:
            try:
                self._server.supervisor.getState()
            except (OSError, http.client.HTTPException):
                if self._process.poll() is not None or time.monotonic() > end:
                    raise CannotStart(self._with_log_tail("The supervisor did not start", "supervisor")) from None
                self._server("close")()  # otherwise the connection stays in its failed state
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """Stops all programs in reverse order of their start. A KeyboardInterrupt kills them at once."""
        try:
            self._process.terminate()
            self._wait_busily()
        except KeyboardInterrupt:
            self._process.kill()  # the kernel sends every program its orphan signal
            self._process.wait()
        self._server("close")()
        self._folder.children_are_gone(seconds=30)

    def _wait_busily(self) -> None:
        """Polls, because supervisord checks its children only once a second or when it gets a request."""
        while self._process.poll() is None:
            time.sleep(0.05)
            with contextlib.suppress(OSError, http.client.HTTPException, xmlrpc.client.Fault):
                self._server.supervisor.getState()


@contextlib.contextmanager
def supervised(folder: DataFolder, programs: Sequence[Program]) -> Iterator[Supervisor]:
    """Runs supervisord with these programs, none of them started yet. At the end it stops them, the last one first."""
    socket = _short_path()
    supervisor = Supervisor(folder, _launch(folder, programs, socket), socket)
    try:
        supervisor.wait_until_it_answers()
        yield supervisor
    finally:
        supervisor.stop()
        socket.unlink(missing_ok=True)  # supervisord removes it, unless it was killed


def _launch(folder: DataFolder, programs: Sequence[Program], socket: Path) -> subprocess.Popen[bytes]:
    config = folder.run / "supervisord.conf"
    sections = [_section(program, index) for index, program in enumerate(programs)]
    config.write_text(HEAD.format(uid=os.geteuid()) + "".join(sections))
    environment = {
        **os.environ,
        "FOOTNOTE_SOCKET": str(socket),
        "FOOTNOTE_GUARD": shlex.join(GUARD),
        **{f"FOOTNOTE_RUN_{program.name}": shlex.join(_guarded_command(folder, program)) for program in programs},
    }
    parent = ["--signal", "TERM", "--parent", str(os.getpid()), "--lock", str(folder.children_lock)]
    supervisord = [sys.executable, "-P", "-m", "supervisor.supervisord", "-c", str(config)]
    return subprocess.Popen(
        [*GUARD, *parent, "--", *supervisord],
        cwd=folder.path,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # it would report a full disk here, and stop if that write fails
        start_new_session=True,  # Ctrl-C in the terminal goes to the starter only
        umask=0o077,
    )


def _section(program: Program, priority: int) -> str:
    return PROGRAM.format(
        name=program.name, priority=priority, stop_signal=program.stop_signal, stop_seconds=program.stop_seconds
    )


def _guarded_command(folder: DataFolder, program: Program) -> list[str]:
    options = ["--signal", program.orphan_signal, "--lock", str(folder.children_lock)]
    options += ["--chdir", str(program.directory)]
    if program.account:
        options += ["--user", str(program.account.uid), str(program.account.gid)]
    return [*options, "--", *program.command]


def _short_path() -> Path:
    """A path for the socket: it may have at most 108 bytes, and the data folder's path may be longer."""
    usual = tempfile.gettempdir()
    folder = usual if len(usual) < 70 else "/tmp"  # noqa: S108  (the name cannot be guessed)
    return Path(folder) / f"footnote-{secrets.token_hex(8)}"


def last_lines(file: Path, count: int = 10) -> str:
    lines = file.read_text(errors="replace").splitlines() if file.exists() else []
    return "\n".join(f"    {line}" for line in lines[-count:])
