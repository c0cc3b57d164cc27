"""Drop caps: a large first letter belongs to the first of the lines that stand beside it."""

import re
from collections import Counter
from dataclasses import replace

from kb.parsing.pdf.runs import WORD_EM, Run

_LARGER = 1.8  # times the size of the lines beside it
_LETTERS = re.compile(r"[\"'“”„«‘’¿¡(\[]?[^\W\d_][’']?")
_RISE_EM = 0.85  # from the baseline of a large letter to its top, at most
_BELOW_EM = 0.35  # of the lines: the last one may stand a little below the letter
_BESIDE_EM = 2.0  # maximum gap, relative to the lines
_OVERLAP_EM = 0.3
_WORDS = ("A", "I", "O", "Y", "À", "É")  # letters that may be a word of their own
_FIRST_WORD = re.compile(r"[^\W\d_]+")


def joined(runs: list[Run]) -> list[Run]:
    """The runs, with each drop cap in front of its first line, and the lines beside it moved to its left edge."""
    sizes: Counter[float] = Counter()
    for run in runs:
        sizes[run.size] += len(run.text)
    usual = max(sizes, key=lambda size: sizes[size], default=0.0)
    found = [run for run in runs if run.size >= _LARGER * usual and len(run.text) <= 3 and _LETTERS.fullmatch(run.text)]
    for cap in found:
        runs = _joined(cap, runs)
    return runs


def _joined(cap: Run, runs: list[Run]) -> list[Run]:
    top = cap.y - _RISE_EM * cap.size
    near = [
        run
        for run in runs
        if run is not cap and cap.size >= _LARGER * run.size and top < run.y <= cap.y + _BELOW_EM * run.size
    ]
    beside = [run for run in near if -_OVERLAP_EM * run.size <= run.x0 - cap.x1 <= _BESIDE_EM * run.size]
    if not beside or any(run.x0 < cap.x1 and run.x1 > cap.x0 + 1 for run in near if run not in beside):
        return runs
    lines = sorted(beside, key=lambda run: run.y)
    first = lines[0]
    if not _continues(cap, first, lines):
        return runs
    between = " " if _is_word(cap, lines, runs) else ""
    changed = {id(run): replace(run, x0=cap.x0) for run in lines}
    changed[id(first)] = replace(first, text=cap.text + between + first.text, x0=cap.x0)
    return [changed.get(id(run), run) for run in runs if run is not cap]


def _continues(cap: Run, first: Run, lines: list[Run]) -> bool:
    """Whether the line goes on after the letter: an index has a letter beside names that begin with it."""
    letter = first.text[0]
    if not letter.isalpha() or not letter.isupper():
        return True
    word = _FIRST_WORD.match(first.text)
    in_capitals = word is not None and len(word[0]) > 1 and word[0].isupper()
    return in_capitals or (cap.text in _WORDS and len(lines) > 1 and letter != cap.text)


def _is_word(cap: Run, lines: list[Run], runs: list[Run]) -> bool:
    """Whether the letter is a word: a blank follows it, or the page has the next word without the letter."""
    first, word = lines[0], _FIRST_WORD.match(lines[0].text)
    if cap.text not in _WORDS or word is None:
        return False
    if len(lines) > 1 and first.x0 - lines[1].x0 > WORD_EM * first.size:
        return True
    if first.text[0].isupper() and not word[0].isupper():
        return True
    text = " ".join(run.text for run in runs if run is not cap and run is not first).casefold()
    words = Counter(_FIRST_WORD.findall(f"{text} {first.text[word.end() :].casefold()}"))
    return words[word[0].casefold()] > words[(cap.text + word[0]).casefold()]
