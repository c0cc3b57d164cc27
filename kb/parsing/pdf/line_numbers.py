"""Line numbers in a page's margin: a narrow column of numbers that count the lines of prose beside them."""

import itertools
from statistics import median

from kb.parsing.pdf.runs import Run
from kb.parsing.pdf.scripts import is_prose

_MAX_DIGITS = 5
_ALIGNED_EM = 0.35
_FEWEST = 5
_FEWEST_STEPS = 3  # of numbers that count by fives or the like
_STEPS = (1, 2, 5, 10)
_EVEN = 0.12  # of the usual distance between two numbers
_SAME_LINE_EM = 0.4
_RAISED_EM = 0.12
_BESIDE_EM = 12.0  # minimum width of a line of prose
_PROSE = 0.6  # minimum share of such lines
_WRAPPED = 0.2  # minimum share of lines that begin within a sentence
_SMALLER = 0.85  # times the size of the text beside them: no list has such numbers


def without(runs: list[Run]) -> list[Run]:
    """The runs without line numbers."""
    numbers = [run for run in runs if len(run.text) <= _MAX_DIGITS and run.text.isdecimal() and run.text.isascii()]
    if len(numbers) < _FEWEST_STEPS:
        return runs
    dropped: set[int] = set()
    for column in _columns(numbers):
        for counted in _counted(column):
            if _is_margin(counted, runs):
                dropped |= {id(run) for run in counted}
    return [run for run in runs if id(run) not in dropped] if len(dropped) < len(runs) else runs


def _columns(numbers: list[Run]) -> list[list[Run]]:
    """Numbers that share their right edge, or else their left edge."""
    found: list[list[Run]] = []
    for side in ("x1", "x0"):
        group: list[Run] = []
        for run in sorted(numbers, key=lambda run: getattr(run, side)):
            if group and getattr(run, side) - getattr(group[-1], side) > _ALIGNED_EM * run.size:
                found.append(group)
                group = []
            group.append(run)
        found.append(group)
    return [sorted(group, key=lambda run: run.y) for group in found if len(group) >= _FEWEST_STEPS]


def _counted(column: list[Run]) -> list[list[Run]]:
    """Numbers that rise by one step each and stand at even distances."""
    found: list[list[Run]] = []
    current = column[:1]
    for run in column[1:]:
        step = int(run.text) - int(current[-1].text)
        usual = int(current[1].text) - int(current[0].text) if len(current) > 1 else step
        if step != usual or step not in _STEPS:
            found.append(current)
            current = []
        current.append(run)
    return [group for group in [*found, current] if len(group) >= _FEWEST_STEPS and _is_even(group)]


def _is_even(group: list[Run]) -> bool:
    distances = [after.y - before.y for before, after in itertools.pairwise(group)]
    usual = median(distances)
    return usual > 0 and sum(abs(distance - usual) <= _EVEN * usual for distance in distances) >= 0.7 * len(distances)


def _is_margin(numbers: list[Run], runs: list[Run]) -> bool:
    """Whether prose stands beside the numbers, on one side only, of which they count the lines."""
    first, last = numbers[0], numbers[-1]
    own = {id(run) for run in numbers}
    reach = _SAME_LINE_EM * first.size
    texts = [run for run in runs if id(run) not in own and first.y - reach <= run.y <= last.y + reach]
    if _are_raised(numbers, texts):
        return False
    left, right = min(run.x0 for run in numbers), max(run.x1 for run in numbers)
    beside = [run for run in texts if run.x0 >= right] or [run for run in texts if run.x1 <= left]
    if not beside or any(run.x0 < right and run.x1 > left for run in texts):
        return False
    if any(run.x1 <= left for run in texts) and any(run.x0 >= right for run in texts):
        return False
    lines = _lines(beside)
    step = int(numbers[1].text) - int(first.text)
    if step > 1:
        return abs(len(lines) - 1 - step * (len(numbers) - 1)) <= max(1, 0.2 * len(lines))
    if len(numbers) < _FEWEST:
        return False
    if median(run.size for run in numbers) < _SMALLER * median(run.size for run in beside):
        return True
    wide = [line for line in lines if line[-1].x1 - line[0].x0 > _BESIDE_EM * line[0].size]
    prose = [line for line in wide if is_prose("".join(run.text for run in line)) and _is_close(line)]
    wrapped = sum(line[0].text[0].islower() for line in prose)
    return len(prose) >= _PROSE * len(lines) and wrapped >= _WRAPPED * len(prose)


def _are_raised(numbers: list[Run], texts: list[Run]) -> bool:
    """Whether they are marks of footnotes, which stand a little above the baseline of the text beside them."""
    raised = sum(
        any(_RAISED_EM * text.size < text.y - run.y < _SAME_LINE_EM * text.size * 2 for text in texts)
        and not any(abs(text.y - run.y) < _RAISED_EM * text.size for text in texts)
        for run in numbers
    )
    return 2 * raised > len(numbers)


def _lines(runs: list[Run]) -> list[list[Run]]:
    """Runs by baseline, from left to right."""
    found: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: run.y):
        if found and run.y - found[-1][0].y < _SAME_LINE_EM * run.size:
            found[-1].append(run)
        else:
            found.append([run])
    return [sorted(line, key=lambda run: run.x0) for line in found]


def _is_close(line: list[Run]) -> bool:
    """Whether the line has no gaps as between the cells of a table."""
    return all(after.x0 - before.x1 < 2 * after.size for before, after in itertools.pairwise(line))
