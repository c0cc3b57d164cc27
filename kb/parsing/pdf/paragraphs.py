"""Lines -> blocks: paragraphs with their line wraps undone, headings to be, rows of a table."""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from kb.parsing.pdf.lines import Line
from kb.parsing.pdf.scripts import is_cjk, joint

_SIZE_CHANGE = 0.12
_INDENT_EM = 0.8
_BLANK_EM = 0.25
_LEADING = 1.3  # what is further apart than that many times the usual distance is another paragraph
_USUAL_LEADING_EM = 1.2
_FILLED = 0.88  # of the widest line, by lines that were wrapped
_LIST_MARK = re.compile(
    r"(?:[•●▪■◦‣○*\uf0b7☐☑☒]|[–—-] |\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)] |[（(]?[一二三四五六七八九十]{1,3}[）)、.])"
)
_SENTENCE_END = re.compile(r"[.!?:;。！？：；…][\"'”’)\]）」』]*$")
_HYPHENATED = re.compile(r"([^\W\d_]+)[-\u2010\u00ad]$")
_CONTINUED = re.compile(r"([^\W\d_]+)")
_WORD = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")


@dataclass(slots=True)
class Block:
    """What is written with a blank line around it. `lines` counts those that it has on the page."""

    text: str
    size: float
    bold: bool
    is_table: bool
    lines: int
    goes_on: bool  # its last line is full, and no sentence ends there


class Words:
    """The words that the document has inside its lines: evidence for what a hyphen at a line's end means."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = lines
        self._known: set[str] | None = None

    def joined(self, before: str, after: str) -> str:
        """Two lines of one paragraph as one."""
        first, second = _HYPHENATED.search(before), _CONTINUED.match(after)
        if not first or not second:
            return before + joint(before, after) + after
        if before.endswith("\u00ad") or self._is_one_word(first[1], second[1]):
            return before[:-1] + after
        return before + after

    def _is_one_word(self, start: str, end: str) -> bool:
        if not end[0].islower():
            return False
        if self._known is None:
            self._known = {word.casefold().replace("\u2010", "-") for line in self._lines for word in _inner(line.text)}
        start, end = start.casefold(), end.casefold()
        return start + end in self._known or f"{start}-{end}" not in self._known


def _inner(text: str) -> list[str]:
    """The words of a line but for those that a line break may have cut."""
    words = _WORD.findall(text)
    return words[1 if words and text[0].islower() else 0 : -1 if text[-1:] in "-\u2010\u00ad" else None]


def blocks_of(lines: Sequence[Line], right: float, words: Words) -> list[Block]:
    """Of one column's lines, that may go as far as `right`."""
    right = _right_edge(lines, right)
    leading = _leading(lines)
    groups: list[list[Line]] = []
    for line in lines:
        if groups and _belongs(groups[-1], line, right, leading):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [_block(group, right, words) for group in groups]


def _right_edge(lines: Sequence[Line], right: float) -> float:
    """Where lines were wrapped: where many of them end, or else where the column does."""
    text = [line for line in lines if not line.is_row]
    if not text:
        return right
    widest = max(line.x1 for line in text)
    begin = min(line.x0 for line in text)
    filled = sum(line.x1 - begin > _FILLED * (widest - begin) for line in text)
    return widest if filled >= max(3, 0.3 * len(text)) else max(widest, right)


def _leading(lines: Sequence[Line]) -> float:
    """The usual distance of baselines, as a multiple of the size."""
    distances = [
        (after.y - before.y) / after.size
        for before, after in itertools.pairwise(lines)
        if after.size and 0.5 * after.size < after.y - before.y < 2.6 * after.size
    ]
    return median(distances) if len(distances) >= 4 else _USUAL_LEADING_EM


def _belongs(group: list[Line], line: Line, right: float, leading: float) -> bool:
    """Whether the line goes on with the block above it."""
    last = group[-1]
    distance = line.y - last.y
    usual = group[-1].y - group[-2].y if len(group) > 1 else leading * max(line.size, last.size)
    if not 0 < distance <= max(_LEADING * usual, usual + 0.3 * line.size):
        return False
    if line.is_row or last.is_row:
        return line.is_row and last.is_row
    if abs(line.size - last.size) > _SIZE_CHANGE * max(line.size, last.size) or line.bold != last.bold:
        return False
    if _LIST_MARK.match(line.text):
        return bool(_LIST_MARK.match(last.text)) or (len(group) > 1 and bool(_LIST_MARK.match(group[0].text)))
    if len(group) > 1 and line.x0 > min(other.x0 for other in group) + _INDENT_EM * line.size:
        return bool(_LIST_MARK.match(group[0].text))
    return _is_full(last, line, right) or not _SENTENCE_END.search(last.text)


def _is_full(line: Line, after: Line, right: float) -> bool:
    """Whether the next line's first word had no room in this one."""
    if not after.text:
        return False
    word = 1 if is_cjk(after.text[0]) else len(after.text.split(None, 1)[0])
    width = (after.x1 - after.x0) * word / len(after.text)
    return line.x1 + width + _BLANK_EM * line.size > right


def _block(group: list[Line], right: float, words: Words) -> Block:
    text = group[0].text
    for line, after in itertools.pairwise(group):
        if line.is_row or _LIST_MARK.match(after.text) or not _is_full(line, after, right):
            text += "\n" + after.text
        else:
            text = words.joined(text, after.text)
    last = group[-1]
    goes_on = not last.is_row and last.x1 > right - 0.12 * (right - last.x0) and not _SENTENCE_END.search(last.text)
    bold = all(line.bold for line in group)
    return Block(text, median(line.size for line in group), bold, group[0].is_row, len(group), goes_on)
