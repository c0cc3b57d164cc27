"""The child process that parses files. `process.Parser` is its parent; `serving` describes the protocol.

The answer to {"path": ..., "name": ..., "media_type": ...} is {"parsed": {...}}. Progress is reported page by page.
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
    arguments = argparse.ArgumentParser(prog="python -m kb.parsing", description=__doc__)
    arguments.add_argument("--memory-bytes", type=int, required=True, help="limit of the address space")
    arguments.add_argument("--max-characters", type=int, required=True, help="limit of the text's length")
    arguments.add_argument("--ocr-data", type=Path, help="folder of tesseract's language data")
    arguments.add_argument("--ocr-languages", nargs="+", help="languages to recognise; without them scans are not read")
    arguments.add_argument("--ocr-page-seconds", type=float, help="time limit of text recognition for one page")
    limits = arguments.parse_args()
    recogniser = None
    if limits.ocr_languages:
        recogniser = Recogniser(Installed(limits.ocr_data, tuple(limits.ocr_languages)), limits.ocr_page_seconds)
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it logs every flaw it repairs

    def answer(request: dict[str, Any], send: Send) -> dict[str, Any]:
        path, name, media_type = Path(request["path"]), request["name"], request["media_type"]
        progress = _Progress(send)
        recognise = progress.exempt(recogniser.lines) if recogniser else None
        return {"parsed": parse(path, name, media_type, limits.max_characters, progress.report, recognise).to_dict()}

    serve("kb.parsing", limits.memory_bytes, answer)


class _Progress:
    """Reports progress to the parent, and time that does not count towards the file's time limit."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._reported_at = self._page_began = time.monotonic()

    def report(self, done: int, total: int) -> None:
        """Called after each page."""
        self._page_began = now = time.monotonic()
        if done == total or now - self._reported_at >= PROGRESS_SECONDS:
            self._reported_at = now
            self._send({"progress": [done, total]})

    def exempt(self, recognise: Recognise) -> Recognise:
        """Wraps `recognise`: the whole time spent on a recognised page, including rendering it, does not count."""

        def recognised(picture: "Image") -> list[TextLine]:
            try:
                return recognise(picture)
            finally:
                began, self._page_began = self._page_began, time.monotonic()
                self._send({"extra": self._page_began - began})

        return recognised


if __name__ == "__main__":
    main()
