"""Lines that a program broke to fit a page, put together again; poems, code, logs and tables stay as they are.

A line was broken for want of room if the first word of the next one would not have fitted on it. Where that is true of
all lines of a paragraph, its line breaks say nothing.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

_FEWEST = 3  # line breaks from which the width can be told
_NARROWEST, _WIDEST = 40, 120  # columns
_USUAL = 0.95  # of the lines are no wider than the width: a long address may be
_FULL = 0.85  # of the width: not all break as late as they could
_LATE = 0.6  # share of the breaks of a text that must come that late for it to be broken to fit
_WITHIN = 0.4  # share of them after which a small letter comes, unless it is Chinese: not in verses and logs
_BULLET = re.compile(r"\s*[-*•·+>|#]\s")
_NUMBER = re.compile(r"\s*\(?\w{1,3}[.)]\s")
_COLUMNS = re.compile(r"\S(?: {3,}|\t)\S")
_FIRST_WORD = re.compile(r"\s*(\S+)")


class Wrapping(NamedTuple):
    """`width` counts columns, of which a Chinese character takes two; 0 if lines were not broken to fit."""

    width: int

    @classmethod
    def of(cls, lines: Sequence[str]) -> "Wrapping":
        """The width to which these lines seem to have been broken."""
        breaks = [pair for paragraph in _paragraphs(lines) for pair in pairwise(paragraph)]
        widths = sorted(_width(line) for line, _ in breaks)
        if len(widths) < _FEWEST:
            return cls(0)
        usual = cls(widths[min(int(len(widths) * _USUAL), len(widths) - 1)])
        late = sum(usual.is_full(*pair) for pair in breaks)
        begins_small = [after.strip()[0].islower() for _, after in breaks if not _is_wide(after.strip()[0])]
        is_broken = late >= _LATE * len(breaks) and sum(begins_small) >= _WITHIN * len(begins_small)
        return usual if is_broken and _NARROWEST <= usual.width <= _WIDEST else cls(0)

    def is_full(self, line: str, after: str) -> bool:
        """Whether the line was broken for want of room: with the first word of the next one it would be too long."""
        return _width(line) + _width(_beginning(after)) > _FULL * self.width

    def joined(self, lines: Sequence[str]) -> list[str]:
        """The lines, with each paragraph that was broken to fit on one."""
        result: list[str] = []
        for is_text, group in groupby(lines, key=lambda line: bool(line.strip())):
            paragraph = list(group)
            result += self._of_paragraph(paragraph) if is_text and self.width else paragraph
        return result

    def _of_paragraph(self, lines: list[str]) -> list[str]:
        is_list = _NUMBER.match(lines[0]) is not None
        items = [[lines[0]]]
        for before, line in pairwise(lines):
            is_numbered = _NUMBER.match(line) and (is_list or not self.is_full(before, line))
            if is_numbered or _BULLET.match(line):
                items.append([])
            items[-1].append(line)
        return [_join(one) for one in items] if all(self._was_broken(one) for one in items) else lines

    def _was_broken(self, lines: list[str]) -> bool:
        if len({_indent(line) for line in lines[1:]}) > 1 or any(_COLUMNS.search(line.strip()) for line in lines):
            return False
        return all(self.is_full(*pair) for pair in pairwise(lines))


def _paragraphs(lines: Sequence[str]) -> Iterator[list[str]]:
    return (list(group) for is_text, group in groupby(lines, key=lambda line: bool(line.strip())) if is_text)


def _beginning(line: str) -> str:
    """What would have had to fit on the line before: a blank and a word, or a Chinese character."""
    match = _FIRST_WORD.match(line)
    word = match[1] if match else ""
    return word[:1] + "。" if _is_wide(word[:1]) else " " + word  # no line begins with a full stop


def _join(lines: list[str]) -> str:
    text = lines[0].rstrip()
    for line in lines[1:]:
        line = line.strip()
        together = (_is_wide(text[-1:]) and _is_wide(line[:1])) or (text[-1:] == "-" and text[-2:-1].isalpha())
        text += line if together else " " + line
    return text


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _width(text: str) -> int:
    text = text.expandtabs()
    return len(text) if text.isascii() else sum(1 + _is_wide(character) for character in text)


def _is_wide(character: str) -> bool:
    return bool(character) and unicodedata.east_asian_width(character) in "WF"
