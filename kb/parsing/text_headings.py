"""Finds headings in plain text, by strong signs only: a false heading is worse than a missed one."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kb.parsing.parsed import Heading

PUNCTUATION = "=-`:'\"~^_*+#<>."
_MAX_LENGTH = 80  # characters of a heading
_MAX_CAPITALS = 60  # characters of a heading in capitals
_MIN_CAPITALS = 4  # letters
_MIN_COUNT = 2  # headings of a kind: a single one may be chance
_MAX_CAPITALS_SHARE = 1 / 3  # of the paragraphs; beyond that, capitals are the author's style

_CHINESE_NUMBER = "[〇零一二三四五六七八九十百千两0-9０-９]{1,9}"
_CHINESE = re.compile(
    rf"第{_CHINESE_NUMBER}([编編篇部卷章节節回])(?:[\s　、:：．.]\s*\S.*|(?![的中里内所])\S{{0,30}})?"
)
_CHINESE_RANKS = {**dict.fromkeys("编編篇部卷", 1), **dict.fromkeys("章回", 2), **dict.fromkeys("节節", 3)}
_ARTICLE = re.compile(rf"^[ \t　]*(第{_CHINESE_NUMBER}条(?:之{_CHINESE_NUMBER})?)(?=[\s　:：])", re.MULTILINE)
_WORD = re.compile(
    r"(part|book|chapter|section|article|appendix|annex|schedule)\s+(?:\d+(?:\.\d+)*|[IVXLC]+|[A-Z])(?:\s*[.:—–-]\s*\S.*|\.|\s+\S.*)?",
    re.IGNORECASE,
)
_WORD_RANKS = {"part": 1, "book": 1, "chapter": 2, "appendix": 2, "annex": 2, "schedule": 2, "article": 3, "section": 3}
_NUMBERED = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,5})(\.?)\s+([^\W\d_].*)")
_NUMBERED_RANK, _CAPITALS_RANK = 4, 2
_WIKI = re.compile(r"\s*(=(?: ?=){0,5}) ?([^=\s](?:[^=]*[^=\s])?) ?\1\s*")
_ENDS_A_SENTENCE = re.compile(r"[.,;:?!。，；：？！、…]$")
_TABLE_OF_CONTENTS = re.compile(r"(?:\.\s?){4,}|…{2,}|\s{3,}\d+$")


class Line(NamedTuple):
    """A heading in lines[first:stop], including its underline if it has one."""

    first: int
    stop: int
    level: int
    title: str


def find(lines: Sequence[str]) -> list[Line]:
    """The headings in order. Levels are numbered from 1 without gaps."""
    found = {heading.first: heading for heading in (*_wiki(lines), *underlined(lines, "=-"))}
    alone = [
        index
        for index, line in enumerate(lines)
        if line.strip()
        and index not in found
        and not any(other.strip() for other in (*lines[max(index - 1, 0) : index], *lines[index + 1 : index + 2]))
    ]
    for index, level in (*_by_keyword(lines, alone), *_by_number(lines, alone), *_by_capitals(lines, alone)):
        found.setdefault(index, Line(index, index + 1, level, lines[index].strip()))
    levels = sorted({heading.level for heading in found.values()})
    return [heading._replace(level=levels.index(heading.level) + 1) for _, heading in sorted(found.items())]


def articles(text: str, level: int) -> Iterator[Heading]:
    """The articles 第…条 of a clean text. The number is the title and stays in the text."""
    return (Heading(level, match[1], match.start(), match.start()) for match in _ARTICLE.finditer(text))


def has_articles(text: str) -> bool:
    return len(_ARTICLE.findall(text)) >= _MIN_COUNT


def _wiki(lines: Sequence[str]) -> list[Line]:
    """Wiki headings: == Title ==, one level per sign; some wikis put spaces between the signs."""
    found = []
    for index, line in enumerate(lines):
        match = _WIKI.fullmatch(line) if len(line) <= 2 * _MAX_LENGTH else None
        if match and any(map(str.isalnum, match[2])):
            found.append(Line(index, index + 1, match[1].count("="), match[2]))
    return found if len(found) >= _MIN_COUNT else []


def underlined(lines: Sequence[str], signs: str) -> list[Line]:
    """Lines underlined, and possibly overlined, with one repeated sign. The first style found is the top level."""
    kinds: list[tuple[str, bool]] = []
    found: list[Line] = []
    for index in range(1, len(lines)):
        title, under = lines[index - 1], lines[index].rstrip()
        if not under or under[0] not in signs or under != under[0] * len(under) or not _is_title(title, under):
            continue
        has_over = index >= 2 and lines[index - 2].rstrip() == under
        first = index - 2 if has_over else index - 1
        if (first > 0 and lines[first - 1].strip()) or (title[0].isspace() and not has_over):
            continue
        kind = (under[0], has_over)
        if kind not in kinds:
            kinds.append(kind)
        found.append(Line(first, index + 1, kinds.index(kind) + 1, title.strip()))
    return found


def _is_title(title: str, under: str) -> bool:
    width = sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in title.rstrip())
    fits = max(3, len(title.rstrip()) * 0.8) <= len(under) <= max(width + 4, width * 1.5)
    return fits and len(title) <= _MAX_LENGTH and any(map(str.isalnum, title)) and "   " not in title.strip()


def _by_keyword(lines: Sequence[str], alone: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Chapter 1, ARTICLE IV, 第一章."""
    for pattern, ranks in ((_CHINESE, _CHINESE_RANKS), (_WORD, _WORD_RANKS)):
        found = []
        for index in alone:
            line = lines[index].strip()
            match = pattern.fullmatch(line) if len(line) <= _MAX_LENGTH else None
            is_sentence = _ENDS_A_SENTENCE.search(line) and len(line.split()) > 2  # "Chapter 1." is not
            if match and not is_sentence and not _TABLE_OF_CONTENTS.search(line):
                found.append((index, ranks[match[1].lower()]))
        if len(found) >= _MIN_COUNT:
            yield from found


def _by_number(lines: Sequence[str], alone: Sequence[int]) -> Iterator[tuple[int, int]]:
    """1. Title, 1.1 Title, 2. Title: consecutive numbers with text between them."""
    found: list[tuple[int, int]] = []
    before: list[int] = []
    followed = 0
    candidates = {index: match for index in alone if (match := _numbered(lines[index]))}
    for index, match in candidates.items():
        numbers = [int(part) for part in match[1].split(".")]
        if numbers in _next_numbers(before):
            found.append((index, _NUMBERED_RANK + len(numbers)))
            before = numbers
            following = next((place for place in range(index + 1, len(lines)) if lines[place].strip()), None)
            followed += (
                following is not None and following not in candidates and len(lines[following]) > len(lines[index]) / 2
            )
    if len(found) >= _MIN_COUNT and followed * 2 >= len(found):
        yield from found


def _numbered(line: str) -> re.Match[str] | None:
    line = line.strip()
    match = _NUMBERED.fullmatch(line) if len(line) <= _MAX_LENGTH else None
    if match is None or _ENDS_A_SENTENCE.search(line) or _TABLE_OF_CONTENTS.search(line) or match[3][0].islower():
        return None
    return match


def _next_numbers(before: list[int]) -> list[list[int]]:
    """The numbers that may follow: the first child, or the next number at this depth or any above."""
    if not before:
        return [[0], [1], [1, 1], [1, 0]]
    return [[*before, 1], *([*before[:depth], before[depth] + 1] for depth in range(len(before)))]


def _by_capitals(lines: Sequence[str], alone: Sequence[int]) -> Iterator[tuple[int, int]]:
    found = [index for index in alone if _is_capitals(lines[index].strip())]
    paragraphs = sum(
        1 for index, line in enumerate(lines) if line.strip() and (index == 0 or not lines[index - 1].strip())
    )
    if _MIN_COUNT <= len(found) <= paragraphs * _MAX_CAPITALS_SHARE:
        yield from ((index, _CAPITALS_RANK) for index in found)


def _is_capitals(line: str) -> bool:
    letters = [character for character in line if character.isalpha()]
    if len(letters) < _MIN_CAPITALS or len(line) > _MAX_CAPITALS or len(letters) < len(line.replace(" ", "")) * 0.7:
        return False
    return all(map(str.isupper, letters)) and not _ENDS_A_SENTENCE.search(line) and not _TABLE_OF_CONTENTS.search(line)
