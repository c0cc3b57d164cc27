"""Runs a child process that reads untrusted files: a bad file can kill the child, but never the parent.

`serving` is the child's side of the protocol.
"""

import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

from kb.parsing.errors import TooLarge, Unreadable, from_code

TICK_SECONDS = 0.9  # `on_tick` is promised at least once a second
READ_BYTES = 1024**2
_ROOT = Path(__file__).resolve().parents[2]
# The child reads untrusted files, so it gets no variables that may hold secrets.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR", "HOME")


class Child:
    """A process `python -m MODULE`, started on first use and kept for further files.

    Use it from one thread: the child dies with the thread that started it. It is replaced after `files_per_child`
    files, when it uses more than `recycle_bytes` of memory, and when it has died. A file may take `seconds` of
    wall-clock time, plus up to `extra_seconds` for slow work that the child reports. The child enforces the other
    limits itself. `on_start()` is called after each start.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        *,
        seconds: float,
        extra_seconds: float = 0.0,
        files_per_child: int = 200,
        recycle_bytes: int = 400 * 1024**2,
        on_start: Callable[[], object] = lambda: None,
    ) -> None:
        self._seconds = seconds
        self._extra_seconds = extra_seconds
        self._extra = 0.0  # extra seconds granted to the current file
        self._files_per_child = files_per_child
        self._recycle_bytes = recycle_bytes
        self._on_start = on_start
        self._command = [sys.executable, "-m", module, *arguments]
        self._child: subprocess.Popen[bytes] | None = None
        self._files = 0
        self._ready = False

    def close(self) -> None:
        """Ends the child, if there is one. The next request starts another."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()  # safe: it writes no files
            with child:  # closes the pipes and waits
                pass

    def ask(
        self,
        request: dict[str, Any],
        on_progress: Callable[[int, int], None] = lambda done, total: None,
        on_tick: Callable[[], None] = lambda: None,
    ) -> dict[str, Any]:
        """The child's answer to `request`, whose "name" appears in the child's log.

        `on_progress(done, total)` receives progress; `on_tick()` is called at least once a second. An exception in
        either ends the child and is propagated. Raises a ParsingError if the file is at fault, including when it
        crashed the child or took too long, and RuntimeError if the child does not start.
        """
        try:
            answer = self._ask(request, on_progress, on_tick)
        except BaseException:
            self.close()  # its state is unknown
            raise
        self._files += 1
        if error := answer.get("error"):
            refusal = from_code(error["code"], error["detail"])
            self._recycle(force=isinstance(refusal, TooLarge))
            raise refusal
        self._recycle(force=False)
        return answer

    def _ask(
        self, request: dict[str, Any], on_progress: Callable[[int, int], None], on_tick: Callable[[], None]
    ) -> dict[str, Any]:
        child = self._running_child()
        to_child, from_child = cast(IO[bytes], child.stdin), cast(IO[bytes], child.stdout)
        with suppress(BrokenPipeError):  # the child's death is reported below, when no answer comes
            to_child.write(json.dumps(request).encode() + b"\n")
        self._extra = 0.0
        for line in self._lines(from_child, on_tick):
            message: dict[str, Any] = json.loads(line)
            if "ready" in message:
                self._ready = True
            elif "progress" in message:
                on_progress(*message["progress"])
            elif "extra" in message:
                self._extra = min(self._extra + message["extra"], self._extra_seconds)
            else:
                return message
        raise self._death(child.wait(timeout=TICK_SECONDS))

    def _lines(self, pipe: IO[bytes], on_tick: Callable[[], None]) -> Iterator[bytearray]:
        """Yields lines until the child closes the pipe. Raises TooLarge when the file's time is over."""
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        started = now = time.monotonic()
        next_tick = now + TICK_SECONDS
        pending = bytearray()
        while True:
            if poll.poll(max(0.0, min(started + self._seconds + self._extra, next_tick) - now) * 1000):
                chunk = os.read(pipe.fileno(), READ_BYTES)
                if not chunk:
                    return
                pending += chunk
                if b"\n" in chunk:
                    *lines, pending = pending.split(b"\n")
                    yield from lines
            now = time.monotonic()
            allowed = self._seconds + self._extra
            if now >= started + allowed:
                raise TooLarge(f"it took longer than {allowed:.6g} s")
            if now >= next_tick:
                on_tick()
                next_tick = time.monotonic() + TICK_SECONDS

    def _running_child(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is not None:
            self.close()
        if self._child is None:
            environment = {key: os.environ[key] for key in _ENVIRONMENT if key in os.environ}
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                cwd=_ROOT,
                env=environment,
                start_new_session=True,  # Ctrl-C goes to the worker only, which decides what happens to the file
            )
            self._files, self._ready = 0, False
            self._on_start()
        return self._child

    def _recycle(self, *, force: bool) -> None:
        if self._child is not None and (
            force or self._files >= self._files_per_child or _resident_bytes(self._child.pid) > self._recycle_bytes
        ):
            self.close()

    def _death(self, status: int) -> Exception:
        if not self._ready:
            return RuntimeError(f"{' '.join(self._command)} does not start: it exited with status {status}")
        if status == -signal.SIGKILL:
            return TooLarge("the parser was killed (SIGKILL), most likely because the file took too much memory")
        if status < 0:
            return Unreadable(f"the parser died of {signal.Signals(-status).name}")
        return Unreadable(f"the parser ended with status {status}")


def _resident_bytes(pid: int) -> int:
    """Resident memory of a process; 0 on systems without /proc."""
    if sys.platform != "linux":
        return 0
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
