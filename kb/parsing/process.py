"""The parent's side of the parser. A bad file can kill the child process, but never the worker."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kb.parsing.child import Child
from kb.parsing.parsed import Parsed
from kb.parsing.recognition import Installed


class Parser:
    """Parses files in a `Child`; further options are passed to it.

    Limits per file: `seconds` of wall-clock time, `memory_bytes` of address space, `max_characters` of text. With
    `recognition`, each scanned page may take `page_seconds`, and all of them together `extra_seconds`.
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
        """Ends the child, if there is one. The next parse starts another."""
        self._child.close()

    def parse(
        self,
        path: Path,
        name: str,
        media_type: str,
        on_progress: Callable[[int, int], None],
        on_tick: Callable[[], None],
    ) -> Parsed:
        """Parses the file at `path`, which users know as `name`. See registry.parse for `media_type`.

        `on_progress(done, total)` counts pages. For `on_tick` and exceptions see Child.ask.
        """
        request = {"path": str(path.resolve()), "name": name, "media_type": media_type}
        return Parsed.from_dict(self._child.ask(request, on_progress, on_tick)["parsed"])
