"""The child process that parses; `process.Parser` is the other side, and `serving` says how they speak.

To {"path": ..., "name": ..., "media_type": ...} it answers {"parsed": {...}}, telling progress as pages are read.
"""

import argparse
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kb.parsing.recognition import Installed, Recognise, Recogniser, TextLine
from kb.parsing.registry import parse
from kb.parsing.serving import Send, serve

if TYPE_CHECKING:
    from PIL.Image import Image

PROGRESS_SECONDS = 0.2


def main() -> None:
    """Answer requests until standard input ends."""
    arguments = argparse.ArgumentParser(prog="python -m kb.parsing", description=__doc__)
    arguments.add_argument("--memory-bytes", type=int, required=True, help="address space it may have")
    arguments.add_argument("--max-characters", type=int, required=True, help="the longest text it may give")
    arguments.add_argument("--ocr-data", type=Path, help="the folder of tesseract's languages")
    arguments.add_argument("--ocr-languages", nargs="+", help="those to recognise text in; else pictures are not read")
    arguments.add_argument("--ocr-page-seconds", type=float, help="how long that may take for a page")
    limits = arguments.parse_args()
    recogniser = None
    if limits.ocr_languages:
        recogniser = Recogniser(Installed(limits.ocr_data, tuple(limits.ocr_languages)), limits.ocr_page_seconds)
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it speaks of every flaw that it mends

    def answer(request: dict[str, Any], send: Send) -> dict[str, Any]:
        path, name, media_type = Path(request["path"]), request["name"], request["media_type"]
        teller = _Teller(send)
        recognise = teller.slow(recogniser.lines) if recogniser else None
        return {"parsed": parse(path, name, media_type, limits.max_characters, teller.progress, recognise).to_dict()}

    serve("kb.parsing", limits.memory_bytes, answer)


class _Teller:
    """Tells the parent how far a file is, and which time is not to count."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._told = self._page_began = time.monotonic()

    def progress(self, done: int, total: int) -> None:
        """After each page."""
        self._page_began = now = time.monotonic()
        if done == total or now - self._told >= PROGRESS_SECONDS:
            self._told = now
            self._send({"progress": [done, total]})

    def slow(self, recognise: Recognise) -> Recognise:
        """The same; the whole time for a page that is recognised does not count, nor that for drawing it."""

        def recognised(picture: "Image") -> list[TextLine]:
            try:
                return recognise(picture)
            finally:
                began, self._page_began = self._page_began, time.monotonic()
                self._send({"extra": self._page_began - began})

        return recognised


if __name__ == "__main__":
    main()
