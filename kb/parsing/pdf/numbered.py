"""Headings in the style of body text, recognisable only by their numbers: 1, 1.1, 2; I., II.; 一、二、"""

import re
from collections.abc import Iterator, Sequence

from kb.parsing.pdf.paragraphs import Block
from kb.parsing.pdf.scripts import length

_MAX_LENGTH = 60
_MIN_COUNT = 3
_MIN_TEXT = 150  # average number of characters between two headings: list items are closer
_ARABIC = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+[^\W\d_a-z]")
_ROMAN = re.compile(r"([IVX]{1,5})\.\s+[^\W\d_a-z]{2}[^a-z]*$")
_CHINESE = re.compile(r"([一二三四五六七八九十]{1,3})、")
_END = re.compile(r"[.,;:?!。，；：？！、…]$")
_CHINESE_DIGITS = "一二三四五六七八九"
_ROMAN_NUMBERS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV")

Number = list[int]


def find(blocks: Sequence[Block]) -> dict[int, int]:
    """Blocks with consecutive numbers and text between them, by index, with the rank of their numbering style."""
    found: dict[int, int] = {}
    for rank, pattern in enumerate((_ROMAN, _CHINESE, _ARABIC), 1):
        chain = list(_chain(blocks, pattern))
        if len(chain) >= _MIN_COUNT and _text(blocks, chain) >= _MIN_TEXT * (len(chain) - 1):
            found |= dict.fromkeys(chain, rank)
    return found


def _chain(blocks: Sequence[Block], pattern: re.Pattern[str]) -> Iterator[int]:
    last: Number = []
    for index, block in enumerate(blocks):
        match = pattern.match(block.text) if _may_be(block) else None
        number = _number(match[1]) if match else None
        if number and _follows(number, last):
            yield index
            last = number


def _may_be(block: Block) -> bool:
    return (
        block.lines == 1
        and not (block.is_table or block.is_code or block.aside)
        and length(block.text) <= _MAX_LENGTH
        and not _END.search(block.text)
    )


def _number(text: str) -> Number | None:
    if text[0].isdecimal():
        return [int(part) for part in text.split(".")]
    if text in _ROMAN_NUMBERS:
        return [_ROMAN_NUMBERS.index(text) + 1]
    tens, ten, ones = text.rpartition("十")
    if any(digits and digits not in _CHINESE_DIGITS for digits in (tens, ones)):
        return None
    return [
        10 * (_CHINESE_DIGITS.find(tens) + 1 if tens else bool(ten)) + (_CHINESE_DIGITS.find(ones) + 1 if ones else 0)
    ]


def _follows(number: Number, last: Number) -> bool:
    """Whether `number` is 1, the first child of `last`, or the next number at the depth of `last` or above."""
    if not last:
        return number == [1]
    return number == [*last, 1] or any(number == [*last[:depth], last[depth] + 1] for depth in range(len(last)))


def _text(blocks: Sequence[Block], chain: list[int]) -> int:
    return sum(length(block.text) for block in blocks[chain[0] : chain[-1]])
