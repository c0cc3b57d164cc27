"""The child process: one request a line on standard input, messages a line each on standard output, all JSON.

First comes {"ready": true}. Then for each {"path": ..., "name": ..., "media_type": ...} follow any number of
{"progress": [done, total]} as pages are read, and one {"parsed": {...}} or {"error": {"code": ..., "detail": ...}}.
It ends when its input does. `process.Parser` is the other side.
"""

import argparse
import ctypes
import gc
import json
import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kb.parsing.errors import ParsingError, TooLarge, Unreadable
from kb.parsing.registry import parse

LOG_FORMAT = "kb.parsing: %(levelname)s: %(file)s: %(message)s"
PROGRESS_SECONDS = 0.2
PR_SET_PDEATHSIG = 1  # linux/prctl.h

logger = logging.getLogger("kb.parsing")

Send = Callable[[dict[str, Any]], None]


def main() -> None:
    """Answer requests until standard input ends."""
    arguments = argparse.ArgumentParser(prog="python -m kb.parsing", description=__doc__)
    arguments.add_argument("--memory-bytes", type=int, required=True, help="address space it may have")
    arguments.add_argument("--max-characters", type=int, required=True, help="the longest text it may give")
    limits = arguments.parse_args()
    # What a library prints must not come between the messages.
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    log = logging.StreamHandler()
    logging.basicConfig(level=logging.WARNING, handlers=[log])
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it speaks of every flaw that it mends
    _confine(limits.memory_bytes)

    def send(message: dict[str, Any]) -> None:
        channel.write(json.dumps(message).encode() + b"\n")
        channel.flush()

    send({"ready": True})
    for line in sys.stdin.buffer:
        request = json.loads(line)
        log.setFormatter(logging.Formatter(LOG_FORMAT, defaults={"file": ascii(request["name"])}))
        _answer(request, limits.max_characters, send)
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


def _answer(request: dict[str, str], max_characters: int, send: Send) -> None:
    try:
        path, name, media_type = Path(request["path"]), request["name"], request["media_type"]
        parsed = parse(path, name, media_type, max_characters, _reporter(send))
        send({"parsed": parsed.to_dict()})
    except ParsingError as error:
        _refuse(error, send)
    except MemoryError:
        _refuse(TooLarge("it needs more memory than a file may have"), send)
    except RecursionError:
        _refuse(Unreadable("it is nested too deeply"), send)
    except Exception as error:  # the outermost door: at damaged files libraries may raise anything
        logger.exception("an error that its parser did not expect")
        _refuse(Unreadable(f"{type(error).__name__}: {error}"), send)


def _refuse(error: ParsingError, send: Send) -> None:
    send({"error": {"code": error.code, "detail": str(error)}})


def _reporter(send: Send) -> Callable[[int, int], None]:
    last = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done == total or now - last >= PROGRESS_SECONDS:
            last = now
            send({"progress": [done, total]})

    return report


if __name__ == "__main__":
    main()
