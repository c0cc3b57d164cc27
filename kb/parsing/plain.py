"""Plain text: the file as it is, in whatever encoding. No sections."""

from collections.abc import Callable
from pathlib import Path

from kb.parsing.draft import Draft
from kb.parsing.encoding import read_text
from kb.parsing.parsed import Parsed


def parse(path: Path, most: int, progress: Callable[[int, int], None]) -> Parsed:
    """See registry.parse."""
    draft = Draft(most)
    draft.write(read_text(path, most))
    return draft.finish(title=None)
