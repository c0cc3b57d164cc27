"""The child process that parses; `process.Parser` is the other side, and `serving` says how they speak.

To {"path": ..., "name": ..., "media_type": ...} it answers {"parsed": {...}}, telling progress as pages are read.
"""

import argparse
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kb.parsing.registry import parse
from kb.parsing.serving import Send, serve

PROGRESS_SECONDS = 0.2


def main() -> None:
    """Answer requests until standard input ends."""
    arguments = argparse.ArgumentParser(prog="python -m kb.parsing", description=__doc__)
    arguments.add_argument("--memory-bytes", type=int, required=True, help="address space it may have")
    arguments.add_argument("--max-characters", type=int, required=True, help="the longest text it may give")
    limits = arguments.parse_args()
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it speaks of every flaw that it mends

    def answer(request: dict[str, Any], send: Send) -> dict[str, Any]:
        path, name, media_type = Path(request["path"]), request["name"], request["media_type"]
        return {"parsed": parse(path, name, media_type, limits.max_characters, _reporter(send)).to_dict()}

    serve("kb.parsing", limits.memory_bytes, answer)


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
