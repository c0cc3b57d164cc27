"""Joins lines that were wrapped to a page width; poems, code, logs and tables stay unchanged.

A line was wrapped if the first word of the next line would not have fitted on it. If that is true of all lines of a
paragraph, its line breaks carry no meaning.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

_MIN_BREAKS = 3  # line breaks needed to estimate the width
_MIN_WIDTH, _MAX_WIDTH = 40, 120  # columns
_QUANTILE = 0.95  # share of the lines within the width; a long URL may exceed it
_FULL = 0.85  # of the width: not every program wraps as late as possible
_MIN_FULL = 0.6  # share of a wrapped text's line breaks that come after a full line
_MIN_LOWERCASE = 0.4  # share of the breaks followed by a lowercase letter (if not Chinese), unlike in verse and logs
_BULLET = re.compile(r"\s*[-*•·+>|#]\s")
_NUMBER = re.compile(r"\s*\(?\w{1,3}[.)]\s")
_COLUMNS = re.compile(r"\S(?: {3,}|\t)\S")
_FIRST_WORD = re.compile(r"\s*(\S+)")


class Wrapping(NamedTuple):
    """`width` is in columns, of which a Chinese character takes two; 0 if lines were not wrapped."""

    width: int

    @classmethod
    def of(cls, lines: Sequence[str]) -> "Wrapping":
        """Estimates the width at which these lines were wrapped."""
        breaks = [pair for paragraph in _paragraphs(lines) for pair in pairwise(paragraph)]
        widths = sorted(_width(line) for line, _ in breaks)
        if len(widths) < _MIN_BREAKS:
            return cls(0)
        usual = cls(widths[min(int(len(widths) * _QUANTILE), len(widths) - 1)])
        full = sum(usual.is_full(*pair) for pair in breaks)
        starts_lowercase = [after.strip()[0].islower() for _, after in breaks if not _is_wide(after.strip()[0])]
        is_wrapped = full >= _MIN_FULL * len(breaks) and sum(starts_lowercase) >= _MIN_LOWERCASE * len(starts_lowercase)
        return usual if is_wrapped and _MIN_WIDTH <= usual.width <= _MAX_WIDTH else cls(0)

    def is_full(self, line: str, after: str) -> bool:
        """Whether the first word of the next line would have made this line too long."""
        return _width(line) + _width(_beginning(after)) > _FULL * self.width

    def joined(self, lines: Sequence[str]) -> list[str]:
        """The lines, with each wrapped paragraph joined into one."""
        result: list[str] = []
        for is_text, group in groupby(lines, key=lambda line: bool(line.strip())):
            paragraph = list(group)
            result += self._join_paragraph(paragraph) if is_text and self.width else paragraph
        return result

    def _join_paragraph(self, lines: list[str]) -> list[str]:
        is_list = _NUMBER.match(lines[0]) is not None
        items = [[lines[0]]]
        for before, line in pairwise(lines):
            is_numbered = _NUMBER.match(line) and (is_list or not self.is_full(before, line))
            if is_numbered or _BULLET.match(line):
                items.append([])
            items[-1].append(line)
        return [_join(item) for item in items] if all(self._was_wrapped(item) for item in items) else lines

    def _was_wrapped(self, lines: list[str]) -> bool:
        if len({_indent(line) for line in lines[1:]}) > 1 or any(_COLUMNS.search(line.strip()) for line in lines):
            return False
        return all(self.is_full(*pair) for pair in pairwise(lines))


def _paragraphs(lines: Sequence[str]) -> Iterator[list[str]]:
    return (list(group) for is_text, group in groupby(lines, key=lambda line: bool(line.strip())) if is_text)


def _beginning(line: str) -> str:
    """What would have had to fit on the previous line: a space and a word, or a Chinese character."""
    match = _FIRST_WORD.match(line)
    word = match[1] if match else ""
    return word[:1] + "。" if _is_wide(word[:1]) else " " + word  # a line never begins with a full stop


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
