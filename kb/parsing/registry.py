"""One parser per media type, loaded on first use: the child process must start quickly."""

import importlib
from collections.abc import Callable
from pathlib import Path

from kb.parsing import media_type as types
from kb.parsing.languages import language_of
from kb.parsing.parsed import Parsed
from kb.parsing.recognition import Recognise

_MODULES = {
    types.PDF: "kb.parsing.pdf",
    types.DOCX: "kb.parsing.docx",
    types.MARKDOWN: "kb.parsing.markdown",
    types.HTML: "kb.parsing.html",
    types.NOTEBOOK: "kb.parsing.notebook",
    types.TABLE: "kb.parsing.table",
    types.RST: "kb.parsing.rst",
    types.LATEX: "kb.parsing.latex",
    types.PLAIN: "kb.parsing.plain",
}


def parse(
    path: Path,
    name: str,
    media_type: str,
    most: int,
    progress: Callable[[int, int], None],
    recognise: Recognise | None = None,
) -> Parsed:
    """Parse the file as that media type; one that has no parser is looked into, which mostly tells why it has none.

    `most` is how many characters its text may have; `progress(done, total)` is called as its pages are read.
    `recognise` reads pages that are pictures, if text recognition is installed.
    Raises a ParsingError, and whatever a library throws at a damaged file that it did not expect.
    """
    if media_type not in _MODULES and language_of(media_type) is None:
        media_type = types.detect(path, name)
    parsed: Parsed
    if language := language_of(media_type):
        parsed = importlib.import_module("kb.parsing.code").parse(path, most, language)
    elif media_type == types.PDF:
        parsed = importlib.import_module(_MODULES[media_type]).parse(path, most, progress, recognise)
    else:
        parsed = importlib.import_module(_MODULES[media_type]).parse(path, most, progress)
    return parsed
