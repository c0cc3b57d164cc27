"""LaTeX: the source unchanged, with a section for each heading command."""

import re
from collections.abc import Callable
from pathlib import Path

from kb.parsing.draft import Draft, clean
from kb.parsing.encoding import read_text
from kb.parsing.parsed import Heading, Parsed

_RANKS = ("part", "chapter", "section", "subsection", "subsubsection")
_BRACES = r"\{((?:[^{}\\]|\\.|\{[^{}]{0,200}\}){1,300})\}"
_HEADING = re.compile(rf"^[ \t]*\\({'|'.join(_RANKS)})\*?(?:\[[^\]\n]{{0,200}}\])?{_BRACES}", re.MULTILINE)
_TITLE = re.compile(rf"^[ \t]*\\title(?:\[[^\]\n]{{0,200}}\])?{_BRACES}", re.MULTILINE)
_MARKUP = re.compile(r"\\(?:[a-zA-Z]+\*?|.)|[{}]")


def parse(path: Path, max_characters: int, progress: Callable[[int, int], None]) -> Parsed:
    """See registry.parse. The title is the argument of \\\\title."""
    draft = Draft(max_characters)
    text = clean(read_text(path, max_characters))
    draft.write(text)
    found = [(_RANKS.index(match[1]), _plain(match[2]), match.start()) for match in _HEADING.finditer(text)]
    top = min((rank for rank, _, _ in found), default=0)
    draft.mark(Heading(rank - top + 1, title, start, start) for rank, title, start in found if title)
    title = _TITLE.search(text)
    return draft.finish(_plain(title[1]) if title else None)


def _plain(source: str) -> str:
    return " ".join(_MARKUP.sub(" ", source).split())
