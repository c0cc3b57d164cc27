"""The parent's side of the parser: a file can cost its child process, never the worker."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kb.parsing.child import Child
from kb.parsing.parsed import Parsed
from kb.parsing.recognition import Installed


class Parser:
    """Parses files in a `Child`, whose options it takes.

    Limits for each file: `seconds` of wall-clock time, `memory_bytes` of address space, `max_characters` of text. Where
    `recognition` is installed, each page that is a picture may take `page_seconds`, all of them the `extra_seconds`.
    """

    def __init__(
        self,
        *,
        memory_bytes: int,
        max_characters: int,
        recognition: Installed | None = None,
        page_seconds: float = 60.0,
        **options: Any,
    ) -> None:
        arguments = ["--memory-bytes", str(memory_bytes), "--max-characters", str(max_characters)]
        if recognition is not None:
            arguments += ["--ocr-data", str(recognition.folder), "--ocr-languages", *recognition.languages]
            arguments += ["--ocr-page-seconds", str(page_seconds)]
        self._child = Child("kb.parsing", arguments, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child, if there is one. The next parse starts another."""
        self._child.close()

    def parse(
        self,
        path: Path,
        name: str,
        media_type: str,
        on_progress: Callable[[int, int], None],
        on_tick: Callable[[], None],
    ) -> Parsed:
        """Parse the file at `path`, which users know as `name`, as `media_type`.detect found it, or may find it now.

        `on_progress(done, total)` hears of pages. For `on_tick` and what is raised see Child.ask.
        """
        request = {"path": str(path.resolve()), "name": name, "media_type": media_type}
        return Parsed.from_dict(self._child.ask(request, on_progress, on_tick)["parsed"])
