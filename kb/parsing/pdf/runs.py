"""Runs: pieces of text as a page draws them, put together as far as its letters follow one another."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

_CELL_EM = 1.2
_SAME_RUN_EM = 0.5
WORD_EM = 0.13  # minimum gap between two words
LETTERS_APART = 1.6  # times the gap between letters that are set apart: minimum gap between their words
_APART_EM = 0.08  # minimum gap between two letters that are set apart
_SPACED_LETTERS = 4  # fewest letters of a word that is set so
_OFFSET_EM = 0.3  # of text that is drawn twice to look bold
_LETTERS_OFF, _OFF = 1.0, 0.08  # of the estimated place inside a run: letters, and the share of all letters
_TWICE_EM = 0.15  # how far below a letter its second drawing may stand
_SPELLED = re.compile(r"[^\W\d_](?: {1,3}[^\W\d_]){4,}")
_WIDE_BLANK = re.compile(r" {2,}")


@dataclass(slots=True)
class Run:
    """Text on one baseline. Coordinates in points, with the page turned for reading: x along the text, y downwards."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    turn: int  # anticlockwise quarter turns of the text on the page
    mono: bool = False  # in a typewriter face, as code is


def add(runs: list[Run], run: Run) -> None:
    """Appends the run to the previous one if it continues it: many programs place each letter separately.

    Letters that are set apart stay alone, because only all gaps of a line tell letters from words; so do bold words,
    which may be heads of columns. What is drawn a second time at nearly the same place, to look bold, is dropped.
    """
    last = runs[-1] if runs else None
    if last is not None and _has_same_style(last, run):
        if run.x0 < last.x1 and _is_twice(last, run):
            return
        gap = (run.x0 - last.x1) / run.size if run.size else _CELL_EM
        is_next = abs(run.y - last.y) < 0.05 * run.size and -0.1 < gap < _SAME_RUN_EM and run.x1 > last.x1
        if is_next and (gap < _APART_EM or not (run.bold or len(run.text) == len(last.text) == 1)):
            last.text += f" {run.text}" if gap > WORD_EM else run.text
            last.x1 = run.x1
            return
    runs.append(run)


def _has_same_style(one: Run, other: Run) -> bool:
    styles = (one.turn, one.bold, one.mono) == (other.turn, other.bold, other.mono)
    return styles and abs(one.size - other.size) < 0.1


def _is_twice(last: Run, run: Run) -> bool:
    """Whether `run` repeats the last letters at nearly their place: nearer than half a letter, as in "ll"."""
    near = 0.5 * (run.x1 - run.x0) / len(run.text)
    return abs(run.x1 - last.x1) < near and abs(run.y - last.y) < _TWICE_EM * run.size and last.text.endswith(run.text)


def is_drawn_twice(one: Run, other: Run) -> bool:
    """Whether `other`, which begins no further left, repeats `one` or a part of it at nearly its place."""
    if one.text == other.text:
        return abs(one.x0 - other.x0) < _OFFSET_EM * other.size
    if other.text not in one.text or other.x1 > one.x1 + _OFFSET_EM * one.size or other.x0 + other.x1 > 2 * one.x1:
        return False
    before = (other.x0 - one.x0) / (one.x1 - one.x0) * len(one.text) if one.x1 > one.x0 else 0.0
    return any(
        abs(place - before) < _LETTERS_OFF + _OFF * len(one.text)
        for place in range(len(one.text) - len(other.text) + 1)
        if one.text.startswith(other.text, place)
    )


def words_apart(runs: Sequence[Run]) -> list[float]:
    """For each gap between two runs, the width that a gap between words has at least if letters are set apart.

    0.0 where they are not: only several single letters in a row show that, all with much the same gap.
    """
    apart = [0.0] * (len(runs) - 1)
    begin = 0
    for place, run in enumerate([*runs, None]):
        if run is not None and len(run.text) == 1 and run.text.isalpha():
            continue
        if place - begin >= _SPACED_LETTERS:
            gaps = sorted(runs[index + 1].x0 - runs[index].x1 for index in range(begin, place - 1))
            usual = gaps[len(gaps) // 4]
            between = [LETTERS_APART * usual] * len(gaps) if usual > 0 else []
            apart[begin : begin + len(between)] = between
        begin = place + 1
    return apart


def spelled_apart(text: str) -> str:
    """Letters with a blank after each, as some headings are written, put together: "W E L L S" becomes "WELLS".

    Not single letters in alphabetical order, which are names of columns or answers.
    """
    if text[1:2] != " " or text[3:4] != " " or _SPELLED.fullmatch(text) is None:
        return text
    words = ["".join(word.split()) for word in _WIDE_BLANK.split(text)]
    letters = "".join(words)
    if all(ord(after) == ord(before) + 1 for before, after in itertools.pairwise(letters)):
        return text
    return " ".join(words)
