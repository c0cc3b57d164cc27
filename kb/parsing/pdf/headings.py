"""Finds headings and their levels by size, weight and number."""

import re
from collections import Counter
from collections.abc import Sequence

from kb.parsing.draft import has_text, one_line
from kb.parsing.pdf import numbered
from kb.parsing.pdf.paragraphs import Block
from kb.parsing.pdf.scripts import length

_LARGER = 1.08  # than the body
_MAX_LENGTH = 160
_MAX_LINES = 4
_LEVELS = 6
_RARE = 0.02  # of all headings
_MIN_NUMBERED = 3
_MIN_USUAL = 4
_ONE_PLACE = 500  # characters
_MAX_PER_PAGE = 4  # if there are more of a style, they are not headings
_OPEN_END = re.compile(r"[,;]$|.{80}[:：]$", re.DOTALL)  # ends text that introduces the lines below it
_SENTENCE = re.compile(r"[.。]$")
_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2})*)\.?\s+[^\W\d_]")
_NAMED = re.compile(
    r"(?:part|item|note|article|chapter|section|appendix|annex|schedule)\s+[\divxa-z]{1,4}\b", re.IGNORECASE
)
_CAPTION = re.compile(r"(?:figure|fig|table|图|表|圖)\.?\s*(?:\d|[ivx]{1,5}\b)", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]{2}|[\u3400-\u9fff]")

# (size, bold, kind): kind is 2 for beginnings like "Item 7", 1 for all capitals, negative if only the number shows it.
Style = tuple[float, bool, int]


def body_style(blocks: Sequence[Block]) -> tuple[float, bool]:
    """(size, bold) of the majority of the text."""
    letters: Counter[tuple[float, bool]] = Counter()
    for block in blocks:
        letters[_rounded(block.size), block.bold] += length(block.text) // (2 if block.is_table else 1)
    return max(letters, key=lambda style: letters[style]) if letters else (0.0, False)


def levels(blocks: Sequence[Block], body: tuple[float, bool], first_page: int, pages: int) -> dict[int, int]:
    """Levels by index of the blocks that are headings with text below them.

    The first page has `first_page` blocks. A style used only there is that of a title, not of headings.
    """
    styles = {index: _style(block) for index, block in enumerate(blocks) if _may_be(block, body)}
    if sum(_NUMBERED.match(blocks[index].text) is not None for index in styles) < _MIN_NUMBERED:
        for index, way in numbered.find(blocks).items():
            styles.setdefault(index, (_rounded(body[0]), False, -way))
    styles = _without_figures(_without_cover(styles, first_page), blocks)
    ranked = _ranked(list(styles.values()), pages)
    kept: dict[int, int] = {}
    text = (len(blocks) + 1, 0)  # deeper than any rank
    followed = (0, 0)  # (rank, depth of number) of the next block
    for index in range(len(blocks) - 1, -1, -1):
        block = blocks[index]
        rank = ranked.get(styles[index]) if index in styles else None
        if rank is None:
            followed = text if has_text(block.text) else followed
        elif followed > (rank, depth := _depth(block)):
            kept[index], followed = rank, (rank, depth)
    return _by_number(blocks, _close_ranks(kept))


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _style(block: Block) -> Style:
    kind = 2 if _NAMED.match(block.text) else int(block.text.isupper())
    return _rounded(block.size), block.bold, kind


def _may_be(block: Block, body: tuple[float, bool]) -> bool:
    if (
        block.is_table
        or block.is_code
        or block.aside
        or block.lines > _MAX_LINES
        or length(block.text) > _MAX_LENGTH
        or not _LETTERS.search(block.text)
        or _CAPTION.match(block.text)
        or block.gaps > (1 if _NAMED.match(block.text) or _NUMBERED.match(block.text) else 0)
    ):
        return False
    size, bold = body
    numbered = _NUMBERED.match(block.text) is not None
    if block.text[0].islower() or (_OPEN_END.search(block.text) and not numbered):
        return False
    is_bolder = block.bold and not bold and block.size >= 0.95 * size
    return is_bolder or (block.size >= _LARGER * size and (numbered or not _SENTENCE.search(block.text)))


def _ranked(headings: Sequence[Style], pages: int) -> dict[Style, int]:
    """Ranks of styles, largest first, until they are used too often."""
    counts = Counter(headings)
    ranks: dict[Style, int] = {}
    total = 0
    for style in sorted(counts, reverse=True):
        total += counts[style]
        if ranks and total > _MAX_PER_PAGE * pages + 10:
            break
        ranks[style] = len(ranks) + 1
    return ranks


def _without_cover(styles: dict[int, Style], first_page: int) -> dict[int, Style]:
    later = {style for index, style in styles.items() if index >= first_page}
    return {index: style for index, style in styles.items() if not later or style in later}


def _without_figures(styles: dict[int, Style], blocks: Sequence[Block]) -> dict[int, Style]:
    """Drops styles above the most common one that occur several times in one place only, such as a chart's titles."""
    counts = Counter(styles.values())
    usual, most = counts.most_common(1)[0] if counts else ((0.0, False, 0), 0)
    if most < _MIN_USUAL:
        return styles
    titles: set[Style] = set()
    for style in counts:
        places = [index for index, other in styles.items() if other == style]
        text = sum(len(block.text) for block in blocks[places[0] : places[-1]])
        if style > usual and len(places) > 1 and text < _ONE_PLACE:
            titles.add(style)
    return {index: style for index, style in styles.items() if style not in titles}


def _close_ranks(kept: dict[int, int]) -> dict[int, int]:
    """Levels from 1 without gaps. A rare style has no level of its own: it shares that of the next style."""
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
    """If most headings are numbered, levels follow the numbers; other headings get the level of their style."""
    depths = {index: depth for index in kept if (depth := _depth(blocks[index]))}
    if len(depths) < _MIN_NUMBERED or 2 * len(depths) < len(kept):
        return kept
    alike: dict[int, int] = {}  # the smallest depth by level
    for index, depth in depths.items():
        alike[kept[index]] = min(depth, alike.get(kept[index], depth))
    for level in set(kept.values()) - alike.keys():
        alike[level] = max((depth for other, depth in alike.items() if other < level), default=0) + 1
    return {index: min(depths.get(index, alike[level]), _LEVELS) for index, level in kept.items()}


def _depth(block: Block) -> int:
    """The depth of the block's number; 0 without one."""
    match = _NUMBERED.match(block.text)
    return match[1].count(".") + 1 if match else 0


def largest(blocks: Sequence[Block], body: tuple[float, bool]) -> str | None:
    """The largest text of page 1, if it may be a title."""
    texts = [block for block in blocks if not block.is_table and not block.aside and _LETTERS.search(block.text)]
    if not texts:
        return None
    title = max(texts, key=lambda block: block.size)
    line = one_line(title.text)
    return line if title.size >= 1.2 * body[0] and 3 <= len(line) <= 200 else None
