"""One page: its lines in reading order, the values of its form fields, and whether it is a picture of text."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from pypdf import PageObject

from kb.parsing.pdf import content, drop_caps, forms, line_numbers, ruled, scans
from kb.parsing.pdf.columns import regions
from kb.parsing.pdf.content import Content
from kb.parsing.pdf.layers import Layers
from kb.parsing.pdf.lines import Line, fragments_of, lines_of
from kb.parsing.pdf.painter import Fonts
from kb.parsing.pdf.paragraphs import Block
from kb.parsing.pdf.runs import Run


@dataclass(slots=True)
class Column:
    lines: list[Line]
    right: float
    aside: bool  # turned differently from most of the page
    overlay: bool = False  # laid over the page, as a watermark is


@dataclass(slots=True)
class Page:
    columns: list[Column] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    is_scan: bool = False  # a picture whose text is unknown
    is_unread: bool = False  # has a picture that was not read
    is_recognised: bool = False
    blocks: list[Block] = field(default_factory=list)

    @property
    def lines(self) -> list[Line]:
        return [line for column in self.columns for line in column.lines]

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @property
    def upright(self) -> list[Line]:
        return [line for column in self.columns if not column.aside for line in column.lines]


def read(page: PageObject, fonts: Fonts, layers: Layers, recognised: Callable[[], Content | None]) -> Page:
    """Lines have no text yet: tables are found later. `recognised` reads the page's picture. Raises DAMAGE."""
    found = content.read(page, fonts, layers)
    result = Page(_columns(found), forms.fields(page))
    text = _text_of(found)
    result.is_scan = scans.is_scan(found.pictures, text)
    if result.is_scan or scans.may_hold_more(found.pictures, text):
        seen = recognised()
        if seen is None:
            result.is_unread = True
            return result
        if result.is_scan or scans.says_more(_text_of(seen), text):
            return Page(_columns(seen), result.fields, is_recognised=True)
    return result


def _text_of(found: Content) -> str:
    """All text in any order. Lines are not usable yet: they have no text before tables are found."""
    return "\n".join(run.text for run in found.runs)


def _columns(found: Content) -> list[Column]:
    """The page's lines in reading order."""
    columns: list[Column] = []
    for index, group in enumerate(_by_direction(found.runs)):
        turn = group[0].turn
        left, right = _sides(found.box, turn)
        runs = drop_caps.joined(line_numbers.without(group))
        runs, rows = ruled.tables([rule.turned(turn) for rule in found.rules], runs)
        fragments = fragments_of(runs)
        if rows:
            fragments = sorted([*fragments, *rows], key=lambda fragment: fragment.y)
        margin = max(0.0, min(fragment.x0 for fragment in fragments) - left)  # usually the right margin is as wide
        for region in regions(fragments, right - margin):
            columns.append(Column(lines_of(region.fragments), region.right, aside=index > 0))
    return columns + list(_overlays(found.asides))


def _overlays(groups: Iterable[list[Run]]) -> Iterator[Column]:
    """What is laid over the page, after its text; a watermark may be drawn many times."""
    known: set[str] = set()
    for group in groups:
        lines = []
        for line in lines_of(fragments_of(group)):
            if (text := " ".join(line.cells)) not in known:
                known.add(text)
                lines.append(line)
        if lines:
            yield Column(lines, max(line.x1 for line in lines), aside=True, overlay=True)


def _by_direction(runs: list[Run]) -> list[list[Run]]:
    """The runs grouped by `turn`; the group with most text comes first."""
    turned: dict[int, list[Run]] = {}
    for run in runs:
        turned.setdefault(run.turn, []).append(run)
    return sorted(turned.values(), key=lambda group: -sum(len(run.text) for run in group))


def _sides(box: tuple[float, float, float, float], turn: int) -> tuple[float, float]:
    """The page's left and right sides when it is turned for reading."""
    x0, y0, x1, y1 = box
    return ((x0, x1), (y0, y1), (-x1, -x0), (-y1, -y0))[turn]
