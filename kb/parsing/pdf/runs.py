"""Runs: pieces of text as a page draws them, put together as far as its letters follow one another."""

from dataclasses import dataclass

_CELL_EM = 1.2
_SAME_RUN_EM = 0.5
WORD_EM = 0.13  # minimum gap between two words
LETTERS_APART = 1.6  # times the gap between letters that are set apart: minimum gap between their words
_TWICE_EM = 0.15  # how far below a letter its second drawing may stand


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

    Letters that are set apart stay alone, because only all gaps of a line tell letters from words. What is drawn a
    second time at nearly the same place, to look bold, is dropped.
    """
    last = runs[-1] if runs else None
    if last is not None and _has_same_style(last, run):
        if _is_twice(last, run):
            return
        gap = (run.x0 - last.x1) / run.size if run.size else _CELL_EM
        if abs(run.y - last.y) < 0.05 * run.size and -0.1 < gap < _SAME_RUN_EM and run.x1 > last.x1:
            if gap <= WORD_EM:
                last.text += run.text
                last.x1 = run.x1
                return
            if len(run.text) > 1 or last.text[-2:-1] not in ("", " "):
                last.text += f" {run.text}"
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
