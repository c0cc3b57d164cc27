"""Programs under supervisord: its configuration, its start and end, and its word on how each program is.

supervisord restarts what dies. It and each program stand behind guard.py, so that nothing outlives a killed
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
from kb.local.words import CannotStart

CHECKOUT = Path(__file__).resolve().parents[2]
GUARD = [sys.executable, "-I", "-S", guard.__file__]

# Paths may hold characters that supervisord takes for its own syntax. So commands come through the environment, and
# files are named from the data folder, which it runs in.
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

# startretries counts deaths within startsecs: a program that cannot even start is given up after some
# seconds, one that ran and then died is always started again.
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
    """One program to supervise. Signals are named without SIG.

    `stop_signal` ends it in order; after `stop_seconds` it is killed. `orphan_signal` is what the kernel
    sends it when supervisord itself was killed.
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
    """How a program is: `is_up` once it stayed up for `startsecs`, `given_up` when it never did."""

    pid: int  # 0 while there is no process
    is_up: bool
    given_up: bool


class Supervisor:
    """A running supervisord. `supervised` makes it."""

    def __init__(self, folder: DataFolder, process: subprocess.Popen[bytes], socket: Path) -> None:
        self._folder = folder
        self._process = process
        transport = SupervisorTransport(None, None, f"unix://{socket}")
        self._server: Any = xmlrpc.client.ServerProxy("http://localhost", transport=transport)

    def start(self, name: str) -> None:
        """Begin to start a program; whether it stays up is for `check` to say."""
        self._server.supervisor.startProcess(name, False)

    def states(self) -> dict[str, State]:
        """Raises CannotStart if supervisord is gone."""
        try:
            programs = self._server.supervisor.getAllProcessInfo()
        except (OSError, http.client.HTTPException) as error:
            self._process.wait(timeout=10)
            raise CannotStart(
                f"The supervisor has ended, and all programs with it; see {self._folder.logs}. Start again: make run"
            ) from error
        return {
            program["name"]: State(program["pid"], program["statename"] == "RUNNING", program["statename"] == "FATAL")
            for program in programs
        }

    def check(self) -> None:
        """Raises CannotStart if a program was given up or supervisord is gone."""
        for name, state in self.states().items():
            if state.given_up:
                raise CannotStart(self.failure(name))

    def failure(self, name: str) -> str:
        return self._with_last_words(f"The program '{name}' does not stay up", name)

    def _with_last_words(self, sentence: str, name: str) -> str:
        log = self._folder.logs / f"{name}.log"
        return f"{sentence}. The last lines of {log}:\n{last_lines(log)}"

    def wait_until_it_answers(self) -> None:
        end = time.monotonic() + 30
        while True:
            try:
                self._server.supervisor.getState()
            except (OSError, http.client.HTTPException):
                if self._process.poll() is not None or time.monotonic() > end:
                    raise CannotStart(self._with_last_words("The supervisor did not start", "supervisor")) from None
                self._server("close")()  # else the connection remembers that it failed
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """End every program in the reverse order of their start. A KeyboardInterrupt meanwhile hurries."""
        try:
            self._process.terminate()
            self._wait_busily()
        except KeyboardInterrupt:
            self._process.kill()  # the kernel sends every program its orphan signal
            self._process.wait()
        self._server("close")()
        self._folder.children_are_gone(seconds=30)

    def _wait_busily(self) -> None:
        """supervisord looks at its children when it is asked something or a second has passed: so ask."""
        while self._process.poll() is None:
            time.sleep(0.05)
            with contextlib.suppress(OSError, http.client.HTTPException, xmlrpc.client.Fault):
                self._server.supervisor.getState()


@contextlib.contextmanager
def supervised(folder: DataFolder, programs: Sequence[Program]) -> Iterator[Supervisor]:
    """A supervisord with these programs, none of them started yet; it ends them all, the last first."""
    socket = _short_path()
    supervisor = Supervisor(folder, _launch(folder, programs, socket), socket)
    try:
        supervisor.wait_until_it_answers()
        yield supervisor
    finally:
        supervisor.stop()
        socket.unlink(missing_ok=True)  # supervisord did, unless it was killed


def _launch(folder: DataFolder, programs: Sequence[Program], socket: Path) -> subprocess.Popen[bytes]:
    config = folder.run / "supervisord.conf"
    sections = [_section(program, place) for place, program in enumerate(programs)]
    config.write_text(HEAD.format(uid=os.geteuid()) + "".join(sections))
    environment = {
        **os.environ,
        "FOOTNOTE_SOCKET": str(socket),
        "FOOTNOTE_GUARD": shlex.join(GUARD),
        **{f"FOOTNOTE_RUN_{program.name}": shlex.join(_guarding(folder, program)) for program in programs},
    }
    parent = ["--signal", "TERM", "--parent", str(os.getpid()), "--lock", str(folder.children_lock)]
    supervisord = [sys.executable, "-P", "-m", "supervisor.supervisord", "-c", str(config)]
    return subprocess.Popen(
        [*GUARD, *parent, "--", *supervisord],
        cwd=folder.path,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # where it complains of a full disk; if it cannot even do that, it ends
        start_new_session=True,  # Ctrl-C in the terminal is for the starter alone
        umask=0o077,
    )


def _section(program: Program, place: int) -> str:
    return PROGRAM.format(
        name=program.name, priority=place, stop_signal=program.stop_signal, stop_seconds=program.stop_seconds
    )


def _guarding(folder: DataFolder, program: Program) -> list[str]:
    options = ["--signal", program.orphan_signal, "--lock", str(folder.children_lock)]
    options += ["--chdir", str(program.directory)]
    if program.account:
        options += ["--user", str(program.account.uid), str(program.account.gid)]
    return [*options, "--", *program.command]


def _short_path() -> Path:
    """For the socket: a path may take 108 bytes, and the data folder's may be longer."""
    usual = tempfile.gettempdir()
    folder = usual if len(usual) < 70 else "/tmp"  # noqa: S108  (nobody guesses the name; the socket is ours alone)
    return Path(folder) / f"footnote-{secrets.token_hex(8)}"


def last_lines(file: Path, count: int = 10) -> str:
    lines = file.read_text(errors="replace").splitlines() if file.exists() else []
    return "\n".join(f"    {line}" for line in lines[-count:])
