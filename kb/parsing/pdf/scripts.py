"""Rules of scripts: separators between characters, ligatures, and right-to-left text."""

import re
import unicodedata
from collections.abc import Iterator

_CJK = (
    "\u2e80-\u2fff\u3000-\u303f\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60\U00020000-\U0003134f"
)
_CJK_CHARACTER = re.compile(f"[{_CJK}]")
_BLANKS_IN_CJK = re.compile(f"(?<=[{_CJK}]) +(?=[{_CJK}])")
_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_PRESENTED = re.compile("[\ufb00-\ufb06\ufb13-\ufb17\ufb1d-\ufb4f\ufb50-\ufdfb\ufe70-\ufefc\u2f00-\u2fdf]")
_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
_KIND = {"L": "L", "R": "R", "AL": "R", "NSM": "R", "EN": "N", "AN": "N", "CS": "C", "ES": "C", "ET": "T"}
_RTL_STRETCH = re.compile("R[^L]*")
_NOT_RTL = re.compile("[^R]+")
_FOREIGN = 0.15  # minimum of letters from right to left, relative to the others, in a line of such a page
_NUMBER = re.compile("T*N+(?:[CT]+N+)*T*")


def is_cjk(character: str) -> bool:
    """Whether a character belongs to a script without spaces between words (so not Korean)."""
    return _CJK_CHARACTER.match(character) is not None


def has_rtl(text: str) -> bool:
    return _RTL.search(text) is not None


def is_prose(text: str) -> bool:
    """Whether the text consists mostly of letters, not of numbers or signs."""
    return 2 * sum(map(str.isalpha, text)) > len(text)


def length(text: str) -> int:
    """Reading length: a Chinese character counts as two letters."""
    return len(text) if text.isascii() else len(text) + len(_CJK_CHARACTER.findall(text))


def spelled_out(text: str) -> str:
    """Replaces ligatures and positional forms by plain letters; removes spaces between Chinese characters."""
    text = _PRESENTED.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    return _BLANKS_IN_CJK.sub("", text)


def separator(before: str, after: str) -> str:
    """The separator between two lines of one paragraph, or two words with a gap between them."""
    return "" if before and after and is_cjk(before[-1]) and is_cjk(after[0]) else " "


def logical(text: str, *, rtl: bool = False) -> str:
    """Turns a line from visual order into reading order. Only the order of characters changes, and brackets.

    `rtl`: the page runs from right to left, and so does a line of it that has mostly foreign words.
    """
    kinds = _kinds(text)
    if kinds.count("R") >= (_FOREIGN if rtl else 1.0) * kinds.count("L"):
        return _from_right(text, kinds)
    parts, at = [], 0
    for stretch in _RTL_STRETCH.finditer(kinds):
        start, end = stretch.span()
        end = start + kinds[start:end].rindex("R") + 1
        parts += [text[at:start], _from_right(text[start:end], kinds[start:end])]
        at = end
    return "".join([*parts, text[at:]])


def is_rtl_line(text: str) -> bool:
    """Whether most of the line's letters run from right to left."""
    kinds = _kinds(text)
    return kinds.count("R") > kinds.count("L")


def _kinds(text: str) -> str:
    """One code per character: L and R for its direction, N for a digit, C for a separator in numbers, T for a sign."""
    return "".join(_KIND.get(unicodedata.bidirectional(character), "-") for character in text)


def _from_right(text: str, kinds: str) -> str:
    """Reversed, except for runs of Latin words and for numbers."""
    parts, at = [], 0
    for start, end in _left_to_right(kinds):
        parts += [text[at:start][::-1].translate(_MIRRORED), text[start:end]]
        at = end
    parts.append(text[at:][::-1].translate(_MIRRORED))
    return "".join(reversed(parts))


def _left_to_right(kinds: str) -> Iterator[tuple[int, int]]:
    for between in _NOT_RTL.finditer(kinds):
        if "L" in between[0]:
            start = between.start() + re.search("[LN]", between[0]).start()  # type: ignore[union-attr]
            yield start, between.start() + max(between[0].rfind("L"), between[0].rfind("N")) + 1
        else:
            for number in _NUMBER.finditer(kinds, *between.span()):
                yield number.span()
