"""Lines -> blocks: unwrapped paragraphs, possible headings, table rows."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from kb.parsing.pdf import listings
from kb.parsing.pdf.lines import Line
from kb.parsing.pdf.scripts import is_cjk, separator

_SIZE_CHANGE = 0.12
_INDENT_EM = 0.8
_BLANK_EM = 0.25
_LEADING = 1.3  # times the usual line distance: more begins another paragraph
_USUAL_LEADING_EM = 1.2
_FILLED = 0.88  # of the widest line: minimum width of wrapped lines
_LIST_MARK = re.compile(
    r"(?:[•●▪■◦‣○*\uf0b7☐☑☒]|[–—-] |\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)] |[（(]?[一二三四五六七八九十]{1,3}[）)、.])"
)
_SECTION_NUMBER = re.compile(r"\d{1,2}(?:\.\d{1,2})+\.?\s+[^\W\d_]")
_LONG_WORD = 60
_WHOLE_WORD = 3  # letters; anything shorter may be a word or a syllable
_FIRST = 8  # number of lines that determine a paragraph's margin
_NOTE_SIZE = 0.93
_NOTE_MARK = re.compile(r"[\d⁰¹²³⁴-⁹*∗†‡§¶①-⑳]|\[\d|注")
_SENTENCE_END = re.compile(r"[.!?:;。！？：；…][\"'”’)\]）」』]*$")
_HYPHENATED = re.compile(r"([^\W\d_]+)[-\u2010\u00ad]$")
_NUMBER_AFTER_HYPHEN = re.compile(r"\w[-\u2010]\d")  # COVID-19, 2021-2022
_CONTINUED = re.compile(r"([^\W\d_]+)")
_WORD = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")


@dataclass(slots=True)
class Block:
    """A paragraph, listing or table row. `lines` is its number of lines on the page.

    `gaps` is the number of wide gaps in the line that has most of them.
    """

    text: str
    size: float
    bold: bool
    is_table: bool
    lines: int
    goes_on: bool  # its last line is full and does not end a sentence
    aside: bool
    gaps: int = 0
    is_code: bool = False
    gap: str = "\n\n"  # between it and the block before


class Words:
    """The words inside the document's lines: evidence for the meaning of a hyphen at the end of a line."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = lines
        self._known: set[str] | None = None

    def joined(self, before: str, after: str) -> str:
        """Joins two lines of one paragraph."""
        first, second = _HYPHENATED.search(before[-_LONG_WORD:]), _CONTINUED.match(after)
        if _NUMBER_AFTER_HYPHEN.match(before[-2:] + after[:1]):
            return before + after
        if not first or not second:
            return before + separator(before, after) + after
        if before.endswith("\u00ad") or self._is_one_word(first[1], second[1], after[second.end() :][:1]):
            return before[:-1] + after
        return before + after

    def without_hyphen(self, before: str, after: str) -> str:
        """`before` without a final hyphen that is only there because of the line break."""
        return before[:-1] if len(self.joined(before, after)) < len(before) + len(after) else before

    def _is_one_word(self, start: str, end: str, sign: str) -> bool:
        """`sign` follows `end`: a further hyphen, as in state-of-the-art, shows that they are separate words."""
        if not end[0].islower():
            return False
        if self._known is None:
            texts = (text for line in self._lines for text in line.text.split("\n"))  # those of cells have several
            self._known = {word.casefold().replace("\u2010", "-") for text in texts for word in _inner(text)}
        start, end = start.casefold(), end.casefold()
        if start + end in self._known or f"{start}-{end}" in self._known:
            return start + end in self._known
        if sign and sign in "-\u2010":
            return False
        both_are_words = start in self._known and end in self._known
        return not (both_are_words and min(len(start), len(end)) >= _WHOLE_WORD)


def continues(before: Block, after: Block) -> bool:
    """Whether `after` continues the paragraph of `before`, in another column or on another page."""
    return (
        before.goes_on
        and not (after.is_table or after.is_code or before.aside or after.aside)
        and abs(before.size - after.size) < 0.5
        and before.bold == after.bold
        and (after.text[:1].islower() or (is_cjk(before.text[-1]) and is_cjk(after.text[:1] or " ")))
        and not _LIST_MARK.match(after.text)
    )


def _inner(text: str) -> list[str]:
    """The words of a line, except those that a line break may have split."""
    words = _WORD.findall(text)
    return words[1 if words and text[0].islower() else 0 : -1 if text[-1:] in "-\u2010\u00ad" else None]


def blocks_of(lines: Sequence[Line], right: float, words: Words, *, aside: bool = False) -> list[Block]:
    """The blocks of one column, whose right edge is `right`. `aside`: not part of the page's main flow."""
    blocks: list[Block] = []
    for is_code, chunks in itertools.groupby(_chunks(lines, _leading(lines)), key=_is_code):
        if is_code:
            blocks += _listings(list(chunks), aside)
        else:
            blocks += _paragraphs(chunks, right, words, aside)
    return blocks


def _is_code(chunk: list[Line]) -> bool:
    return all(line.mono for line in chunk)


def _listings(chunks: list[list[Line]], aside: bool) -> list[Block]:
    left = min(line.x0 for chunk in chunks for line in chunk)
    return [
        Block(listings.block(chunk, left), chunk[0].size, False, False, len(chunk), False, aside, is_code=True)
        for chunk in chunks
    ]


def _paragraphs(chunks: Iterable[list[Line]], right: float, words: Words, aside: bool) -> list[Block]:
    blocks: list[Block] = []
    for chunk in chunks:
        edge = _right_edge(chunk, right)
        groups: list[list[Line]] = []
        for index, line in enumerate(chunk):
            if groups and _belongs(groups[-1], line, edge) and not _begins_paragraph(chunk, index, edge):
                groups[-1].append(line)
            else:
                groups.append([line])
        blocks += [_block(group, edge, words, aside) for group in groups]
    return blocks


def _chunks(lines: Sequence[Line], leading: float) -> Iterator[list[Line]]:
    """Consecutive lines in one style at the usual distance."""
    chunk: list[Line] = []
    for line in lines:
        if chunk and not _is_near(chunk, line, leading):
            yield chunk
            chunk = []
        chunk.append(line)
    if chunk:
        yield chunk


def _is_near(chunk: list[Line], line: Line, leading: float) -> bool:
    last = chunk[-1]
    if line.table or last.table:
        return line.table == last.table
    distance = line.y - last.y
    usual = last.y - chunk[-2].y if len(chunk) > 1 else leading * max(line.size, last.size)
    return (
        0 < distance <= max(_LEADING * usual, usual + 0.3 * line.size)
        and line.is_row == last.is_row
        and (line.mono == last.mono or _is_inside(chunk, line, usual))
        and (line.is_row or abs(line.size - last.size) <= _SIZE_CHANGE * max(line.size, last.size))
        and (line.is_row or line.bold == last.bold)
    )


def _is_inside(chunk: list[Line], line: Line, usual: float) -> bool:
    """Whether a line belongs to the paragraph although it, or the line above, is all in a typewriter face."""
    last = chunk[-1]
    return abs(line.x0 - last.x0) < _BLANK_EM * line.size and line.y - last.y < 1.05 * usual


def _right_edge(lines: Sequence[Line], right: float) -> float:
    """Where lines were wrapped: where most of them end, or else at the column's edge."""
    widest = max(line.x1 for line in lines)
    begin = min(line.x0 for line in lines)
    filled = sum(line.x1 - begin > _FILLED * (widest - begin) for line in lines)
    needed = 3 if 2 * (widest - begin) > right - begin else 5
    return widest if filled >= max(needed, 0.5 * len(lines)) else max(widest, right)


def split_notes(lines: Sequence[Line], body: float) -> tuple[list[Line], list[Line]]:
    """(body lines, footnotes): footnotes are small lines at the bottom, the first of which begins with a mark."""
    first = len(lines)
    while first > 0 and lines[first - 1].size < _NOTE_SIZE * body and not lines[first - 1].is_row:
        first -= 1
    while first < len(lines) and not _NOTE_MARK.match(lines[first].text):
        first += 1
    return list(lines[:first]), list(lines[first:])


def _leading(lines: Sequence[Line]) -> float:
    """The usual distance between baselines, relative to the font size."""
    distances = [
        (after.y - before.y) / after.size
        for before, after in itertools.pairwise(lines)
        if after.size and 0.5 * after.size < after.y - before.y < 2.6 * after.size
    ]
    is_telling = len(distances) >= 4 or (len(distances) > 1 and max(distances) < 1.05 * min(distances))
    return median(distances) if is_telling else _USUAL_LEADING_EM


def _belongs(group: list[Line], line: Line, right: float) -> bool:
    """Whether a line continues the paragraph, table or list above it."""
    last = group[-1]
    if line.is_row:
        return True
    in_list = _LIST_MARK.match(group[0].text) is not None
    if _LIST_MARK.match(line.text):
        return in_list
    if len(group) > 1 and line.x0 > min(other.x0 for other in group[:_FIRST]) + _INDENT_EM * line.size:
        return in_list
    return _is_full(last, line, right) or not _SENTENCE_END.search(last.text)


def _begins_paragraph(chunk: list[Line], index: int, right: float) -> bool:
    """Whether a line after one that is not full begins with a number like 2.1, or alone is indented."""
    line = chunk[index]
    if line.is_row or _is_full(chunk[index - 1], line, right):
        return False
    if _SECTION_NUMBER.match(line.text):
        return True
    inside = min(other.x0 for other in chunk) + _INDENT_EM * line.size
    return index + 1 < len(chunk) and chunk[index + 1].x0 < inside < line.x0


def _is_full(line: Line, after: Line, right: float) -> bool:
    """Whether the next line's first word would not have fitted on this line."""
    if not after.text:
        return False
    word = 1 if is_cjk(after.text[0]) else len(after.text.split(None, 1)[0])
    width = (after.x1 - after.x0) * word / len(after.text)
    return line.x1 + width + _BLANK_EM * line.size > right


def _block(group: list[Line], right: float, words: Words, aside: bool) -> Block:
    text = group[0].text
    for line, after in itertools.pairwise(group):
        if line.is_row or _LIST_MARK.match(after.text) or not _is_full(line, after, right):
            text += "\n" + after.text
        else:
            text = words.joined(text, after.text)
    last = group[-1]
    goes_on = not last.is_row and last.x1 > right - 0.12 * (right - last.x0) and not _SENTENCE_END.search(last.text)
    bold = all(line.bold for line in group)
    gaps = max(len(line.fragments) for line in group) - 1
    size = median(line.size for line in group)
    return Block(text, size, bold, group[0].is_row, len(group), goes_on, aside, gaps)
