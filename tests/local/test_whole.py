"""The whole of `python -m kb.local`: it starts, survives every kill -9, and leaves nothing behind."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.local.folder import DataFolder
from kb.local.supervision import CHECKOUT

SECONDS = 60  # for one step; on a quiet machine a start takes 5


class Starter:
    """A `python -m kb.local` and its output so far."""

    def __init__(self, data: Path, port: int) -> None:
        self.port = port
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kb.local"],
            cwd=CHECKOUT,
            env={**environment(), "FOOTNOTE_DATA": str(data), "PORT": str(port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self) -> None:
        for line in self.process.stdout or ():
            self.said += line

    def wait_until_it_says(self, words: str) -> None:
        end = time.monotonic() + SECONDS
        while words not in self.said:
            assert time.monotonic() < end, f"it did not say '{words}', but:\n{self.said}"
            assert self._listener.is_alive(), f"it ended before it said '{words}':\n{self.said}"
            time.sleep(0.05)

    def wait_until_all_answer(self) -> None:
        end = time.monotonic() + SECONDS
        while self._readiness() != 200:
            assert time.monotonic() < end, self.said
            time.sleep(0.2)

    def _readiness(self) -> int | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/readyz?all=1")
            return connection.getresponse().status
        return None

    def end_by(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(timeout=SECONDS)
        self._listener.join()
        if self.process.stdout:
            self.process.stdout.close()
        return code


def environment() -> dict[str, str]:
    """Without the variables of the tests' own servers."""
    ours = ("DATABASE_URL", "REDIS_URL", "FOOTNOTE_", "DJANGO_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


@contextlib.contextmanager
def started(data: Path, port: int) -> Iterator[Starter]:
    starter = Starter(data, port)
    try:
        yield starter
    finally:
        if starter.process.poll() is None:
            starter.end_by(signal.SIGKILL)


def pids(folder: DataFolder) -> dict[str, int]:
    """The last known process of each program."""
    spawned = re.findall(r"spawned: '(\w+)' with pid (\d+)", (folder.logs / "supervisor.log").read_text())
    return {name: int(pid) for name, pid in spawned}


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def test_it_survives_every_kill_and_stops_cleanly(place: Path, port: int) -> None:
    folder = DataFolder(place / "data")

    with started(folder.path, port) as first:
        first.wait_until_it_says("ready after")
        first.wait_until_all_answer()
        assert "sign in as  admin" in first.said

        # A second start from the same folder is refused.
        with started(folder.path, port) as second:
            assert second.wait() == 1
            assert f"process {first.process.pid}, http://127.0.0.1:{port}" in second.said

        # Every program is killed, and comes back.
        before = pids(folder)
        assert set(before) == {"postgres", "redis", "web", "worker", "beat"}
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        for name in before:
            first.wait_until_it_says(f"The program '{name}' stopped and was restarted")
        first.wait_until_all_answer()

        first.end_by(signal.SIGKILL)

    # The starter was killed: the next start waits for remaining processes, and has all data.
    with started(folder.path, port) as third:
        third.wait_until_it_says("ready after")
        assert "sign in as" not in third.said

        # supervisord is killed: the starter reports it and exits.
        os.kill(int((folder.run / "supervisord.pid").read_text()), signal.SIGKILL)
        assert third.wait() == 1
        assert "The supervisor has stopped" in third.said
        assert folder.children_are_gone(seconds=0)

    with started(folder.path, port) as fourth:
        fourth.wait_until_it_says("ready after")
        assert fourth.end_by(signal.SIGINT) == 0
        assert fourth.said.endswith("Footnote has stopped.\n")

    assert folder.children_are_gone(seconds=0)
