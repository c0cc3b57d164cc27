"""Calls the parser of a media type. Parsers are imported on first use, so that the child process starts quickly."""

import importlib
from collections.abc import Callable
from pathlib import Path

from kb.parsing import media_type as types
from kb.parsing.formats import FORMATS
from kb.parsing.languages import language_of
from kb.parsing.parsed import Parsed
from kb.parsing.recognition import Recognise


def parse(
    path: Path,
    name: str,
    media_type: str,
    max_characters: int,
    progress: Callable[[int, int], None],
    recognise: Recognise | None = None,
) -> Parsed:
    """Parses the file as that media type. Without a parser for it, detection runs again and usually says why.

    `max_characters` limits the text; `progress(done, total)` is called after each page.
    `recognise` reads scanned pages, if text recognition is installed.
    Raises a ParsingError, or any exception of a library that a damaged file took by surprise.
    """
    if media_type not in FORMATS and language_of(media_type) is None:
        media_type = types.detect(path, name)
    parsed: Parsed
    if language := language_of(media_type):
        parsed = importlib.import_module("kb.parsing.code").parse(path, max_characters, language)
    elif media_type == types.PDF:
        parsed = importlib.import_module(FORMATS[media_type].parser).parse(path, max_characters, progress, recognise)
    else:
        parsed = importlib.import_module(FORMATS[media_type].parser).parse(path, max_characters, progress)
    return parsed
