"""A child process that reads files from strangers: a file can cost the child, never the process that asks.

`serving` is the child's side.
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

TICK_SECONDS = 0.9  # callers are promised at most one second
READ_BYTES = 1024**2
_ROOT = Path(__file__).resolve().parents[2]
# The child reads files from strangers: it is given no secrets of ours.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR", "HOME")


class Child:
    """A process `python -m MODULE` that is started on first use and kept for the next file.

    For one thread: the child dies with the thread that started it. It is replaced after `files_per_child` files, when
    it holds more than `recycle_bytes` of memory, and whenever it was killed or died. A file may take `seconds` of
    wall-clock time, and up to `extra_seconds` more for work that the child has done and says is slow; it sees to the
    other limits itself. `on_start()` is called after each start.
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
        self._extra = 0.0  # what the file at hand was given of them
        self._files_per_child = files_per_child
        self._recycle_bytes = recycle_bytes
        self._on_start = on_start
        self._command = [sys.executable, "-m", module, *arguments]
        self._child: subprocess.Popen[bytes] | None = None
        self._files = 0
        self._ready = False

    def close(self) -> None:
        """End the child, if there is one. The next question starts another."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()  # it writes nothing that could be left half done
            with child:  # closes the pipes and waits
                pass

    def ask(
        self,
        request: dict[str, Any],
        on_progress: Callable[[int, int], None] = lambda done, total: None,
        on_tick: Callable[[], None] = lambda: None,
    ) -> dict[str, Any]:
        """The child's answer to a request, which has a "name" for its log.

        `on_progress(done, total)` hears of progress, `on_tick()` is called at least once a second. What either raises
        ends the child and comes out here. Raises a ParsingError for the file's fault, also where it killed the child
        or took too long; RuntimeError if the child does not start.
        """
        try:
            answer = self._ask(request, on_progress, on_tick)
        except BaseException:
            self.close()  # it may be in the middle of anything
            raise
        self._files += 1
        if error := answer.get("error"):
            refusal = from_code(error["code"], error["detail"])
            self._recycle(worn=isinstance(refusal, TooLarge))
            raise refusal
        self._recycle(worn=False)
        return answer

    def _ask(
        self, request: dict[str, Any], on_progress: Callable[[int, int], None], on_tick: Callable[[], None]
    ) -> dict[str, Any]:
        child = self._running_child()
        to_child, from_child = cast(IO[bytes], child.stdin), cast(IO[bytes], child.stdout)
        with suppress(BrokenPipeError):  # its end is noticed, and explained, where the answer is missing
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
        """What the child writes, until it closes the pipe. TooLarge when the time for the file is over."""
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        begin = now = time.monotonic()
        next_tick = now + TICK_SECONDS
        pending = bytearray()
        while True:
            if poll.poll(max(0.0, min(begin + self._seconds + self._extra, next_tick) - now) * 1000):
                chunk = os.read(pipe.fileno(), READ_BYTES)
                if not chunk:
                    return
                pending += chunk
                if b"\n" in chunk:
                    *lines, pending = pending.split(b"\n")
                    yield from lines
            now = time.monotonic()
            allowed = self._seconds + self._extra
            if now >= begin + allowed:
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
                start_new_session=True,  # Ctrl-C is for the worker, which decides what becomes of the file
            )
            self._files, self._ready = 0, False
            self._on_start()
        return self._child

    def _recycle(self, *, worn: bool) -> None:
        if self._child is not None and (
            worn or self._files >= self._files_per_child or _resident_bytes(self._child.pid) > self._recycle_bytes
        ):
            self.close()

    def _death(self, status: int) -> Exception:
        if not self._ready:
            return RuntimeError(f"{' '.join(self._command)} does not start; it ended with status {status}")
        if status == -signal.SIGKILL:
            return TooLarge("the parser was killed (SIGKILL), most likely for the memory that the file took")
        if status < 0:
            return Unreadable(f"the parser died of {signal.Signals(-status).name}")
        return Unreadable(f"the parser ended with status {status}")


def _resident_bytes(pid: int) -> int:
    """The memory that a process holds; 0 where there is no /proc to tell."""
    if sys.platform != "linux":
        return 0
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
