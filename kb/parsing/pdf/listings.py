"""Code listings: lines in a typewriter face, kept unchanged. In a document set entirely so, nothing is code."""

from collections.abc import Iterable, Sequence

from kb.parsing.pdf.lines import Line

_MAX_SHARE = 0.95  # of a document's characters
_MAX_SPACES = 200  # in a row: a font may declare almost no width for its letters


def unmark_if_all_code(pages: Iterable[Iterable[Line]]) -> None:
    """Unmarks code lines if nearly the whole document is in a typewriter face."""
    lines = [line for page in pages for line in page]
    code = [line for line in lines if line.mono]
    if sum(map(_length, code)) > _MAX_SHARE * sum(map(_length, lines)):
        for line in code:
            line.mono = False


def text(line: Line) -> str:
    """The fragments of a line, separated by as many spaces as fit between them."""
    written = line.fragments[0].text
    for before, after in zip(line.fragments, line.fragments[1:], strict=False):
        written += " " * max(1, _spaces(line, after.x0 - before.x1)) + after.text
    return written


def block(lines: Sequence[Line], left: float) -> str:
    """Lines with their indents relative to `left`."""
    return "\n".join(" " * _spaces(line, line.x0 - left) + line.text for line in lines)


def _length(line: Line) -> int:
    return sum(len(fragment.text) for fragment in line.fragments)


def _spaces(line: Line, gap: float) -> int:
    letter = sum(fragment.width for fragment in line.fragments) / _length(line)
    return round(min(gap / letter, _MAX_SPACES)) if letter > 0 else 0
