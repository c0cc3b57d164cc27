"""The child's side of `child.Child`: JSON lines, requests on standard input and messages on standard output.

The first message is {"ready": true}. For each request there follow any number of {"progress": [done, total]} and
{"extra": seconds} (slow work that does not count towards the time limit), then one answer or
{"error": {"code": ..., "detail": ...}}. The process ends when its input ends.
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


def serve(program: str, memory_bytes: int, answer: Answer) -> None:
    """Answers requests until standard input ends. Log lines begin with `program` and the request's name.

    The result of `answer(request, send)` is sent. Any exception counts as the file's fault.
    """
    # Output that libraries print must not mix with the messages.
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
        context = {"program": program, "file": ascii(request["name"])}
        log.setFormatter(logging.Formatter("%(program)s: %(levelname)s: %(file)s: %(message)s", defaults=context))
        send(_answer_or_error(answer, request, send))
        gc.collect()


def _confine(memory_bytes: int) -> None:
    """Limits memory, disables core dumps, lowers the priority, and makes the process die with its parent."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)
    if sys.platform == "linux":
        _, hard_limit = resource.getrlimit(resource.RLIMIT_AS)
        limit = memory_bytes if hard_limit == resource.RLIM_INFINITY else min(memory_bytes, hard_limit)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _answer_or_error(answer: Answer, request: dict[str, Any], send: Send) -> dict[str, Any]:
    try:
        return answer(request, send)
    except ParsingError as error:
        return _error(error)
    except MemoryError:
        return _error(TooLarge("it needs more memory than is allowed for a file"))
    except RecursionError:
        return _error(Unreadable("it is nested too deeply"))
    except Exception as error:  # libraries may raise anything on damaged files
        logging.getLogger(__name__).exception("unexpected error")
        return _error(Unreadable(f"{type(error).__name__}: {error}"))


def _error(error: ParsingError) -> dict[str, Any]:
    return {"error": {"code": error.code, "detail": str(error)}}
