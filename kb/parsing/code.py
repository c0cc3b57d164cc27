"""Source code and data: the text as it is, with a section for each definition that is not inside a function."""

import re
from collections.abc import Iterator
from pathlib import Path

from kb.parsing.draft import Draft, clean
from kb.parsing.encoding import read_text
from kb.parsing.languages import CONTAINERS, MODIFIERS, Language
from kb.parsing.parsed import Heading, Parsed

_LONGEST_LINE = 400  # of a definition; what is longer was written by a program
_TAB = 4  # columns of a tab, in an indent
# What looks like a definition in a comment or a long string is none.
_BLOCK_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_LONG_STRING = re.compile(r"""(?:^|(?<!['"])[=(,])[ \t]*[rbufRBUF]{0,2}("{3}|'{3}).*?\1""", re.DOTALL | re.MULTILINE)
_CLOSING = ("}", ")", "]", "{", "end", "#", "//", "--")  # such a line ends no definition that is not ended already
_NOT_LINE_END = re.compile(r"[^\n]")


def parse(path: Path, most: int, language: Language) -> Parsed:
    """See registry.parse. A section begins with the comments and decorators of its definition. No title."""
    draft = Draft(most)
    text = clean(read_text(path, most))
    draft.write(text)
    draft.mark(definitions(text, language))
    return draft.finish(title=None)


def definitions(text: str, language: Language) -> Iterator[Heading]:
    """Where definitions begin, with their names, outermost first; `level` counts those around them."""
    if not language.definitions:
        return
    hidden = _LONG_STRING if language.comments[0] == "#" else _BLOCK_COMMENT
    visible = hidden.sub(lambda match: _NOT_LINE_END.sub(" ", match[0]), text)
    patterns = [re.compile(MODIFIERS + pattern) for pattern in language.definitions]
    around: list[tuple[int, bool]] = []  # indent, and whether it may hold definitions
    start, first, open_brackets = 0, 0, 0  # `first`: where the comments and decorators right above begin
    for line, shown in zip(text.splitlines(keepends=True), visible.splitlines(keepends=True), strict=True):
        match = _match(patterns, shown.strip()) if len(line) <= _LONGEST_LINE else None
        if shown.strip() and not shown.lstrip().startswith(_CLOSING):
            indent = _indent(shown)
            enclosing = [one for one in around if one[0] < indent]
            if match and _is_at_its_place(match, enclosing):
                enclosing.append((indent, match.groupdict().get("kind") in CONTAINERS))
                yield Heading(len(enclosing), match["name"].strip(), first, first)
            around = enclosing
        start += len(line)
        if open_brackets > 0 or line.lstrip().startswith("@"):
            open_brackets += line.count("(") - line.count(")")
        elif match or not line.lstrip().startswith(language.comments):
            first = start


def _indent(line: str) -> int:
    return len(line.expandtabs(_TAB)) - len(line.expandtabs(_TAB).lstrip())


def _is_at_its_place(match: re.Match[str], enclosing: list[tuple[int, bool]]) -> bool:
    groups = match.groupdict()
    if ("top" in groups and enclosing) or ("member" in groups and not enclosing):
        return False
    return all(may_hold for _, may_hold in enclosing)


def _match(patterns: list[re.Pattern[str]], line: str) -> re.Match[str] | None:
    return next((match for pattern in patterns if (match := pattern.match(line))), None)
