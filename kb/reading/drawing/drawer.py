"""Draws pages in child processes, for the threads of a web server."""

import threading
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooManyWait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.parsing.child import Child
from kb.reading.drawing.lines import Box

AT_ONCE = 2


class Busy(Exception):
    """Too many pages are requested to draw this one in time."""


@dataclass(frozen=True)
class MarkedPage:
    """The size of a page's picture in pixels, and the lines of a span on it."""

    width: int
    height: int
    lines: list[Box]


class PageDrawer:
    """A pool of AT_ONCE threads with a `Child` each: a child dies with its thread, and a request's thread ends soon.

    A page may take `seconds` and `memory_bytes` of address space, after waiting at most `seconds` for its turn. Both
    methods raise Busy, a ParsingError if the file is at fault, or RuntimeError if no child starts.
    """

    def __init__(self, *, seconds: float, memory_bytes: int) -> None:
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._of_thread = threading.local()
        self._children: list[Child] = []
        self._threads = ThreadPoolExecutor(AT_ONCE, "pages", initializer=self._prepare)

    def close(self) -> None:
        """Waits until current pages are drawn, then ends the children."""
        self._threads.shutdown(cancel_futures=True)
        for child in self._children:
            child.close()

    def picture(self, path: Path, page: int) -> bytes:
        """Page `page`, counted from 1, as a JPEG."""
        return b64decode(self._ask({"path": str(path), "name": path.name, "page": page})["picture"])

    def find_lines(self, path: Path, page: int, text: str, start: int, end: int) -> MarkedPage:
        """The lines of text[start:end] on the page with the parsed text `text`; none for an empty span."""
        request = {"path": str(path), "name": path.name, "page": page, "text": text, "start": start, "end": end}
        answer = self._ask(request)
        width, height = answer["size"]
        return MarkedPage(width, height, [Box(*line) for line in answer["lines"]])

    def _prepare(self) -> None:
        self._of_thread.child = Child(
            "kb.reading.drawing", ["--memory-bytes", str(self._memory_bytes)], seconds=self._seconds
        )
        self._children.append(self._of_thread.child)

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        asked = self._threads.submit(self._ask_child, request)
        try:
            return asked.result(2 * self._seconds)
        except TooManyWait:
            asked.cancel()
            raise Busy from None

    def _ask_child(self, request: dict[str, Any]) -> dict[str, Any]:
        child: Child = self._of_thread.child
        return child.ask(request)
