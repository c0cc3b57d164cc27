"""Which blocks are headings, by size, weight and number; and of which level."""

import re
from collections import Counter
from collections.abc import Sequence

from kb.parsing.draft import has_text, one_line
from kb.parsing.pdf.paragraphs import Block
from kb.parsing.pdf.scripts import length

_LARGER = 1.08  # than the body
_LONGEST = 160
_MOST_LINES = 4
_LEVELS = 6
_RARE = 0.02  # of all headings
_A_PAGE = 4  # headings; more are none
_OPEN_END = re.compile(r"[,;]$|.{80}[:：]$", re.DOTALL)  # of what leads to the lines below it
_SENTENCE = re.compile(r"[.。]$")
_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2})*)\.?\s+[^\W\d_]")
_NAMED = re.compile(
    r"(?:part|item|note|article|chapter|section|appendix|annex|schedule)\s+[\divxa-z]{1,4}\b", re.IGNORECASE
)
_LETTERS = re.compile(r"[^\W\d_]{2}|[\u3400-\u9fff]")

Style = tuple[float, bool, int]  # size, whether bold, and 2 if it begins like "Item 7", 1 if all in capitals


def body_style(blocks: Sequence[Block]) -> tuple[float, bool]:
    """(size, bold) of most of the text."""
    letters: Counter[tuple[float, bool]] = Counter()
    for block in blocks:
        letters[_rounded(block.size), block.bold] += length(block.text) // (2 if block.is_table else 1)
    return max(letters, key=lambda style: letters[style]) if letters else (0.0, False)


def levels(blocks: Sequence[Block], body: tuple[float, bool], first_page: int, pages: int) -> dict[int, int]:
    """Level by index of those blocks that are headings and have text under them.

    The first page has `first_page` blocks; what is set there as on no later page is a title, not a heading.
    """
    candidates = {index for index, block in enumerate(blocks) if _may_be(block, body)}
    candidates -= _of_cover(blocks, candidates, first_page)
    ranked = _ranked([blocks[index] for index in sorted(candidates)], pages)
    kept: dict[int, int] = {}
    text = len(blocks) + 1  # deeper than any rank
    followed = 0  # the rank of what comes next; after the last block there is nothing
    for index in range(len(blocks) - 1, -1, -1):
        block = blocks[index]
        rank = ranked.get(_style(block)) if index in candidates else None
        if rank is None:
            followed = text if has_text(block.text) else followed
        elif followed > rank:
            kept[index] = followed = rank
    return _by_number(blocks, _close_ranks(kept))


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _style(block: Block) -> Style:
    kind = 2 if _NAMED.match(block.text) else int(block.text.isupper())
    return _rounded(block.size), block.bold, kind


def _may_be(block: Block, body: tuple[float, bool]) -> bool:
    if (
        block.is_table
        or block.aside
        or block.lines > _MOST_LINES
        or length(block.text) > _LONGEST
        or not _LETTERS.search(block.text)
    ):
        return False
    size, bold = body
    numbered = _NUMBERED.match(block.text) is not None
    if block.text[0].islower() or (_OPEN_END.search(block.text) and not numbered):
        return False
    is_bolder = block.bold and not bold and block.size >= 0.95 * size
    return is_bolder or (block.size >= _LARGER * size and (numbered or not _SENTENCE.search(block.text)))


def _ranked(headings: Sequence[Block], pages: int) -> dict[Style, int]:
    """Ranks of styles, the largest first, as long as they are not used too often."""
    counts = Counter(map(_style, headings))
    ranks: dict[Style, int] = {}
    total = 0
    for style in sorted(counts, reverse=True):
        total += counts[style]
        if ranks and total > _A_PAGE * pages + 10:
            break
        ranks[style] = len(ranks) + 1
    return ranks


def _of_cover(blocks: Sequence[Block], candidates: set[int], first_page: int) -> set[int]:
    later = {_style(blocks[index]) for index in candidates if index >= first_page}
    if not later:
        return set()
    return {index for index in candidates if index < first_page and _style(blocks[index]) not in later}


def _close_ranks(kept: dict[int, int]) -> dict[int, int]:
    """Levels from 1 without a gap. A style that is hardly used is no level of its own: it shares that of the next."""
    counts = Counter(kept.values())
    needed = _RARE * len(kept)
    levels: dict[int, int] = {}
    level = 1
    for rank in sorted(counts):
        levels[rank] = level
        if counts[rank] >= needed:
            level = min(level + 1, _LEVELS)
    return {index: levels[rank] for index, rank in kept.items()}


def _by_number(blocks: Sequence[Block], kept: dict[int, int]) -> dict[int, int]:
    """Levels by the depth of numbers where most headings are numbered."""
    depths = {index: match[1].count(".") + 1 for index in kept if (match := _NUMBERED.match(blocks[index].text))}
    if len(depths) < 3 or 2 * len(depths) < len(kept):
        return kept
    return {index: min(depths.get(index, 1), _LEVELS) for index in kept}


def largest(blocks: Sequence[Block], body: tuple[float, bool]) -> str | None:
    """The text of page 1 that is set largest, if it may be a title."""
    texts = [block for block in blocks if not block.is_table and not block.aside and _LETTERS.search(block.text)]
    if not texts:
        return None
    title = max(texts, key=lambda block: block.size)
    line = one_line(title.text)
    return line if title.size >= 1.2 * body[0] and 3 <= len(line) <= 200 else None
