"""Lines of plain text that are headings, by marks that leave little doubt: a false heading is worse than none."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kb.parsing.parsed import Heading

PUNCTUATION = "=-`:'\"~^_*+#<>."
_LONGEST = 80  # characters of a line that may be a heading
_LONGEST_CAPITALS = 60
_FEWEST_CAPITALS = 4  # letters
_FEWEST = 2  # of a kind: one alone may be chance
_MOST_CAPITALS = 1 / 3  # share of the paragraphs that are capitals alone; beyond, it is somebody's way of writing

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
    """A heading in lines[first:stop]; what belongs to it and is no title, such as an underline, included."""

    first: int
    stop: int
    level: int
    title: str


def find(lines: Sequence[str]) -> list[Line]:
    """The headings in order, their levels as deep as they are used, from 1."""
    found = {heading.first: heading for heading in (*_between_signs(lines), *underlined(lines, "=-"))}
    alone = [
        at
        for at, line in enumerate(lines)
        if line.strip()
        and at not in found
        and not any(one.strip() for one in (*lines[max(at - 1, 0) : at], *lines[at + 1 : at + 2]))
    ]
    for at, level in (*_by_words(lines, alone), *_by_numbers(lines, alone), *_by_capitals(lines, alone)):
        found.setdefault(at, Line(at, at + 1, level, lines[at].strip()))
    levels = sorted({heading.level for heading in found.values()})
    return [heading._replace(level=levels.index(heading.level) + 1) for _, heading in sorted(found.items())]


def articles(text: str, level: int) -> Iterator[Heading]:
    """Where 第…条 begin in a clean text: the number is the title, and stays in the text."""
    return (Heading(level, match[1], match.start(), match.start()) for match in _ARTICLE.finditer(text))


def has_articles(text: str) -> bool:
    return len(_ARTICLE.findall(text)) >= _FEWEST


def _between_signs(lines: Sequence[str]) -> list[Line]:
    """== Title ==, as wikis have them, deeper by the sign; some put spaces between the signs."""
    found = []
    for at, line in enumerate(lines):
        match = _WIKI.fullmatch(line) if len(line) <= 2 * _LONGEST else None
        if match and any(map(str.isalnum, match[2])):
            found.append(Line(at, at + 1, match[1].count("="), match[2]))
    return found if len(found) >= _FEWEST else []


def underlined(lines: Sequence[str], signs: str) -> list[Line]:
    """Lines with a row of one sign under them, and maybe over them too; the first kind met is the outermost."""
    kinds: list[tuple[str, bool]] = []
    found: list[Line] = []
    for at in range(1, len(lines)):
        title, under = lines[at - 1], lines[at].rstrip()
        if not under or under[0] not in signs or under != under[0] * len(under) or not _is_title(title, under):
            continue
        has_over = at >= 2 and lines[at - 2].rstrip() == under
        first = at - 2 if has_over else at - 1
        if (first > 0 and lines[first - 1].strip()) or (title[0].isspace() and not has_over):
            continue
        kind = (under[0], has_over)
        if kind not in kinds:
            kinds.append(kind)
        found.append(Line(first, at + 1, kinds.index(kind) + 1, title.strip()))
    return found


def _is_title(title: str, under: str) -> bool:
    width = sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in title.rstrip())
    fits = max(3, len(title.rstrip()) * 0.8) <= len(under) <= max(width + 4, width * 1.5)
    return fits and len(title) <= _LONGEST and any(map(str.isalnum, title)) and "   " not in title.strip()


def _by_words(lines: Sequence[str], alone: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Chapter 1, ARTICLE IV, 第一章."""
    for pattern, ranks in ((_CHINESE, _CHINESE_RANKS), (_WORD, _WORD_RANKS)):
        found = []
        for at in alone:
            line = lines[at].strip()
            match = pattern.fullmatch(line) if len(line) <= _LONGEST else None
            is_sentence = _ENDS_A_SENTENCE.search(line) and len(line.split()) > 2  # "Chapter 1." is none
            if match and not is_sentence and not _TABLE_OF_CONTENTS.search(line):
                found.append((at, ranks[match[1].lower()]))
        if len(found) >= _FEWEST:
            yield from found


def _by_numbers(lines: Sequence[str], alone: Sequence[int]) -> Iterator[tuple[int, int]]:
    """1. Title, 1.1 Title, 2. Title: numbers that follow one another, with text between them."""
    found: list[tuple[int, int]] = []
    before: list[int] = []
    followed = 0
    candidates = {at: match for at in alone if (match := _numbered(lines[at]))}
    for at, match in candidates.items():
        numbers = [int(part) for part in match[1].split(".")]
        if numbers in _next_numbers(before):
            found.append((at, _NUMBERED_RANK + len(numbers)))
            before = numbers
            following = next((place for place in range(at + 1, len(lines)) if lines[place].strip()), None)
            followed += (
                following is not None and following not in candidates and len(lines[following]) > len(lines[at]) / 2
            )
    if len(found) >= _FEWEST and followed * 2 >= len(found):
        yield from found


def _numbered(line: str) -> re.Match[str] | None:
    line = line.strip()
    match = _NUMBERED.fullmatch(line) if len(line) <= _LONGEST else None
    if match is None or _ENDS_A_SENTENCE.search(line) or _TABLE_OF_CONTENTS.search(line) or match[3][0].islower():
        return None
    return match


def _next_numbers(before: list[int]) -> list[list[int]]:
    """What may follow a number: its first child, or the next at its depth or at any above it."""
    if not before:
        return [[0], [1], [1, 1], [1, 0]]
    return [[*before, 1], *([*before[:depth], before[depth] + 1] for depth in range(len(before)))]


def _by_capitals(lines: Sequence[str], alone: Sequence[int]) -> Iterator[tuple[int, int]]:
    found = [at for at in alone if _is_capitals(lines[at].strip())]
    paragraphs = sum(1 for at, line in enumerate(lines) if line.strip() and (at == 0 or not lines[at - 1].strip()))
    if _FEWEST <= len(found) <= paragraphs * _MOST_CAPITALS:
        yield from ((at, _CAPITALS_RANK) for at in found)


def _is_capitals(line: str) -> bool:
    letters = [character for character in line if character.isalpha()]
    if (
        len(letters) < _FEWEST_CAPITALS
        or len(line) > _LONGEST_CAPITALS
        or len(letters) < len(line.replace(" ", "")) * 0.7
    ):
        return False
    return all(map(str.isupper, letters)) and not _ENDS_A_SENTENCE.search(line) and not _TABLE_OF_CONTENTS.search(line)
