"""Code in a page: lines in a typewriter face, which stay as they stand. Where all is set so, none of it is code."""

from collections.abc import Iterable, Sequence

from kb.parsing.pdf.lines import Line

_MOST = 0.95  # of a document's characters
_MOST_BLANKS = 200  # in a row: a font may say that its letters have hardly any width


def tell(pages: Iterable[Iterable[Line]]) -> None:
    """Take back that lines are code if most lines of the document are set like it."""
    lines = [line for page in pages for line in page]
    code = [line for line in lines if line.mono]
    if sum(map(_length, code)) > _MOST * sum(map(_length, lines)):
        for line in code:
            line.mono = False


def text(line: Line) -> str:
    """Its pieces, as many blanks apart as fit between them."""
    written = line.pieces[0].text
    for before, after in zip(line.pieces, line.pieces[1:], strict=False):
        written += " " * max(1, _blanks(line, after.x0 - before.x1)) + after.text
    return written


def block(lines: Sequence[Line], left: float) -> str:
    """Lines with the indents that they have from `left` on."""
    return "\n".join(" " * _blanks(line, line.x0 - left) + line.text for line in lines)


def _length(line: Line) -> int:
    return sum(len(piece.text) for piece in line.pieces)


def _blanks(line: Line, gap: float) -> int:
    letter = sum(piece.width for piece in line.pieces) / _length(line)
    return round(min(gap / letter, _MOST_BLANKS)) if letter > 0 else 0
