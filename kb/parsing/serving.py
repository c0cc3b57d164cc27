"""The child's side of `child.Child`: one request a line on standard input, messages a line each on standard output.

All of it is JSON. First comes {"ready": true}. Then for each request any number of {"progress": [done, total]} and of
{"extra": seconds}, that slow work took and that shall not count, and one answer, or {"error": {"code": ...,
"detail": ...}}. It ends when its input does.
"""

import ctypes
import gc
import json
import logging
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

from kb.parsing.errors import ParsingError, TooLarge, Unreadable

PR_SET_PDEATHSIG = 1  # linux/prctl.h

Send = Callable[[dict[str, Any]], None]
Answer = Callable[[dict[str, Any], Send], dict[str, Any]]


def serve(room: str, memory_bytes: int, answer: Answer) -> None:
    """Answers requests until standard input ends. `room` begins the lines of the log; a request's name is in them.

    What `answer(request, send)` returns is sent. What it raises is the file's fault: a file may do anything.
    """
    # What a library prints must not come between the messages.
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    log = logging.StreamHandler()
    logging.basicConfig(level=logging.WARNING, handlers=[log])
    _confine(memory_bytes)

    def send(message: dict[str, Any]) -> None:
        channel.write(json.dumps(message).encode() + b"\n")
        channel.flush()

    send({"ready": True})
    for line in sys.stdin.buffer:
        request = json.loads(line)
        file = {"room": room, "file": ascii(request["name"])}
        log.setFormatter(logging.Formatter("%(room)s: %(levelname)s: %(file)s: %(message)s", defaults=file))
        send(_answered(answer, request, send))
        gc.collect()


def _confine(memory_bytes: int) -> None:
    """Take no more than that, leave no core dump, give way to others, and do not outlive the parent."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)
    if sys.platform == "linux":
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        limit = memory_bytes if most == resource.RLIM_INFINITY else min(memory_bytes, most)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _answered(answer: Answer, request: dict[str, Any], send: Send) -> dict[str, Any]:
    try:
        return answer(request, send)
    except ParsingError as error:
        return _refusal(error)
    except MemoryError:
        return _refusal(TooLarge("it needs more memory than a file may have"))
    except RecursionError:
        return _refusal(Unreadable("it is nested too deeply"))
    except Exception as error:  # the outermost door: at damaged files libraries may raise anything
        logging.getLogger(__name__).exception("an error that was not expected")
        return _refusal(Unreadable(f"{type(error).__name__}: {error}"))


def _refusal(error: ParsingError) -> dict[str, Any]:
    return {"error": {"code": error.code, "detail": str(error)}}
