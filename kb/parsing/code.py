"""Source code and data: the text unchanged, with a section for each definition outside functions."""

import re
from collections.abc import Iterator
from pathlib import Path

from kb.parsing.draft import Draft, clean
from kb.parsing.encoding import read_text
from kb.parsing.languages import CONTAINERS, MODIFIERS, Language
from kb.parsing.parsed import Heading, Parsed

_MAX_LINE = 400  # of a definition; longer lines are generated code
_TAB = 4  # columns of a tab in an indent
# Comments and long strings may contain text that looks like a definition.
_BLOCK_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_LONG_STRING = re.compile(r"""(?:^|(?<!['"])[=(,])[ \t]*[rbufRBUF]{0,2}("{3}|'{3}).*?\1""", re.DOTALL | re.MULTILINE)
_CLOSING = ("}", ")", "]", "{", "end", "#", "//", "--")  # a line that begins so does not end a definition
_NOT_LINE_END = re.compile(r"[^\n]")


def parse(path: Path, max_characters: int, language: Language) -> Parsed:
    """See registry.parse. A section begins with the comments and decorators of its definition. There is no title."""
    draft = Draft(max_characters)
    text = clean(read_text(path, max_characters))
    draft.write(text)
    draft.mark(definitions(text, language))
    return draft.finish(title=None)


def definitions(text: str, language: Language) -> Iterator[Heading]:
    """The definitions in document order; `level` is the nesting depth."""
    if not language.definitions:
        return
    masked = _LONG_STRING if language.comments[0] == "#" else _BLOCK_COMMENT
    visible = masked.sub(lambda match: _NOT_LINE_END.sub(" ", match[0]), text)
    patterns = [re.compile(MODIFIERS + pattern) for pattern in language.definitions]
    open_definitions: list[tuple[int, bool]] = []  # (indent, may contain definitions) of the enclosing definitions
    start, first, open_brackets = 0, 0, 0  # `first`: start of the comments and decorators directly above
    for line, shown in zip(text.splitlines(keepends=True), visible.splitlines(keepends=True), strict=True):
        match = _match(patterns, shown.strip()) if len(line) <= _MAX_LINE else None
        if shown.strip() and not shown.lstrip().startswith(_CLOSING):
            indent = _indent(shown)
            enclosing = [outer for outer in open_definitions if outer[0] < indent]
            if match and _is_allowed(match, enclosing):
                enclosing.append((indent, match.groupdict().get("kind") in CONTAINERS))
                yield Heading(len(enclosing), match["name"].strip(), first, first)
            open_definitions = enclosing
        start += len(line)
        if open_brackets > 0 or line.lstrip().startswith("@"):
            open_brackets += line.count("(") - line.count(")")
        elif match or not line.lstrip().startswith(language.comments):
            first = start


def _indent(line: str) -> int:
    return len(line.expandtabs(_TAB)) - len(line.expandtabs(_TAB).lstrip())


def _is_allowed(match: re.Match[str], enclosing: list[tuple[int, bool]]) -> bool:
    groups = match.groupdict()
    if ("top" in groups and enclosing) or ("member" in groups and not enclosing):
        return False
    return all(is_container for _, is_container in enclosing)


def _match(patterns: list[re.Pattern[str]], line: str) -> re.Match[str] | None:
    return next((match for pattern in patterns if (match := pattern.match(line))), None)
