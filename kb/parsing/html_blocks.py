"""Turns the events of an HTML page into blocks, in one pass. Depth costs nothing: open elements are a stack."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from typing import NamedTuple

from kb.parsing import grid
from kb.parsing.blocks import Block, flat, item
from kb.parsing.grid import Cell
from kb.parsing.html_elements import BLOCKS
from kb.parsing.html_tree import Attributes, End, Event, Start, Text
from kb.parsing.links import address, says
from kb.parsing.mathml import Formula
from kb.parsing.raised import Piece, joined
from kb.parsing.symbol_fonts import is_symbol_font, shown

_HEADING = re.compile(r"h([1-6])")
_LANGUAGE_CLASS = re.compile(r"(?:^|\s)(?:language|lang|highlight-source|brush:)-?\s*([\w+#-]+)")
_FONT = re.compile(r"font-family\s*:\s*[\"']?([\w ]+)", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\n\r\f]+")
_SOFT_HYPHEN = "\xad"
_BREAK = "\v"  # a line break, until white space has been collapsed
_GROUPS = {"thead": 0, "tbody": 1, "tfoot": 2}  # in the order in which they are shown
_CHECKABLE = {"checkbox", "radio"}
_WITHOUT_VALUE = {*_CHECKABLE, "hidden", "password", "submit", "button", "reset", "image", "file", "range", "color"}


class _Frame:
    """An element whose contents become blocks of their own."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.line: list[Piece] = []
        self.lines = 0  # how many lines have ended
        self.addresses: list[str] | None = None  # of the links in a heading, which are shown below it
        self.is_preformatted = False
        self.language: str | None = None
        self.is_code = False


class _List(NamedTuple):
    """`depth` counts from 0; `number` has the next item's number, or nothing if items are not numbered."""

    depth: int
    number: list[int]


class _Table(NamedTuple):
    """Groups of rows by their place, see _GROUPS."""

    groups: list[tuple[int, list[list[Cell]]]]


class _Open(NamedTuple):
    """An open element, and what is to be done at its end."""

    classes: str
    close: Callable[[], None] | None


class Builder:
    """Collects blocks; the page's title is `title`."""

    title: str | None = None

    def __init__(self) -> None:
        self._frames = [_Frame()]
        self._lists: list[_List] = []
        self._tables: list[_Table] = []
        self._scripts: list[str] = []
        self._fonts: list[str] = []  # symbol fonts
        self._formula: Formula | None = None
        self._formula_depth = 0
        self._open: list[_Open] = []

    def blocks(self, events: Iterable[Event]) -> list[Block]:
        for event in events:
            match event:
                case Text(text):
                    self._text(text)
                case Start(tag, attributes):
                    self._start(tag, attributes)
                case End():
                    self._end()
        self._end_line()
        return self._frames[0].blocks

    @property
    def _frame(self) -> _Frame:
        return self._frames[-1]

    def _text(self, text: str) -> None:
        if self._formula is not None:
            self._formula.text(text)
        else:
            self._add(text)

    def _add(self, text: str) -> None:
        text = shown(text, self._fonts[-1]) if self._fonts else text
        self._frame.line.append(Piece(text, self._scripts[-1] if self._scripts else ""))

    def _start(self, tag: str, attributes: Attributes) -> None:
        classes = attributes.get("class") or ""
        if self._formula is not None:
            self._formula_depth += 1
            self._formula.start(tag, attributes)
            self._open.append(_Open(classes, self._end_in_formula))
            return
        starter = _STARTERS.get(tag)
        close = starter(self, tag, attributes) if starter else None
        if starter is None and tag in BLOCKS:
            self._end_line()
            close = self._end_line
        self._open.append(_Open(classes, close))

    def _end(self) -> None:
        close = self._open.pop().close
        if close is not None:
            close()

    def _end_line(self) -> None:
        frame = self._frame
        if not frame.line:
            return
        if frame.is_preformatted:
            if not frame.line[-1].text.endswith("\n"):
                frame.line.append(Piece("\n"))
            return
        text = joined(frame.line).replace(_SOFT_HYPHEN, "")
        frame.line = []
        text = "\n".join(_SPACE.sub(" ", part).strip(" ") for part in text.split(_BREAK))
        if text.strip():
            frame.lines += 1
            frame.blocks.append(Block(text.strip("\n")))

    def _push(self) -> _Frame:
        self._end_line()
        self._frames.append(_Frame())
        return self._frame

    def _pop(self) -> _Frame:
        self._end_line()
        return self._frames.pop()

    # What begins with an element. Each returns what is to be done at its end.

    def _break(self, tag: str, attributes: Attributes) -> None:
        self._add("\n" if self._frame.is_preformatted else _BREAK)

    def _image(self, tag: str, attributes: Attributes) -> None:
        self._add(attributes.get("alt") or "")

    def _input(self, tag: str, attributes: Attributes) -> None:
        kind = (attributes.get("type") or "text").lower()
        if kind in _CHECKABLE:
            self._add("☒ " if "checked" in attributes else "☐ ")
        elif kind not in _WITHOUT_VALUE:
            self._add(attributes.get("value") or "")

    def _script(self, tag: str, attributes: Attributes) -> Callable[[], None]:
        self._scripts.append(tag)
        return lambda: (self._scripts.pop(), None)[1]

    def _font(self, tag: str, attributes: Attributes) -> Callable[[], None] | None:
        """Word saves pages in which a span in Symbol holds an "m" for µ."""
        match = _FONT.search(attributes.get("style") or "")
        font = (match[1] if match else attributes.get("face") or "").strip()
        if not is_symbol_font(font):
            return None
        self._fonts.append(font)
        return lambda: (self._fonts.pop(), None)[1]

    def _link(self, tag: str, attributes: Attributes) -> Callable[[], None] | None:
        place = address(attributes.get("href"))
        if place is None or self._frame.is_preformatted:
            return None
        frame, lines, at = self._frame, self._frame.lines, len(self._frame.line)

        def close() -> None:
            if frame.lines != lines:  # the link is around blocks
                self._end_line()
                frame.blocks.append(Block(place))
                return
            words = joined(frame.line[at:])
            if not words.strip() or says(_SPACE.sub(" ", words), place):
                return
            if frame.addresses is not None:
                frame.addresses.append(place)
                return
            ending = words[len(words.rstrip()) :]
            if ending:
                frame.line[at:] = [Piece(words.rstrip())]
            frame.line.append(Piece(f" ({place}){ending}"))

        return close

    def _math(self, tag: str, attributes: Attributes) -> Callable[[], None]:
        is_block = attributes.get("display") == "block"
        if is_block:
            self._end_line()
        self._formula = Formula()

        def close() -> None:
            formula, self._formula = self._formula, None
            if formula is not None:
                self._add(formula.finish())
            if is_block:
                self._end_line()

        return close

    def _end_in_formula(self) -> None:
        if self._formula is not None:
            self._formula.end()

    def _page_title(self, tag: str, attributes: Attributes) -> Callable[[], None]:
        self._push()

        def close() -> None:
            title = flat(self._pop().blocks)
            self.title = self.title or title

        return close

    def _heading(self, tag: str, attributes: Attributes) -> Callable[[], None]:
        self._push().addresses = []

        def close() -> None:
            frame = self._pop()
            self._frame.blocks.append(Block(flat(frame.blocks), level=int(tag[1])))
            self._frame.lines += 1
            self._frame.blocks += [Block(place) for place in frame.addresses or ()]

        return close

    def _preformatted(self, tag: str, attributes: Attributes) -> Callable[[], None]:
        frame = self._push()
        frame.is_preformatted = True
        parent = self._open[-1].classes if self._open else ""
        language = _LANGUAGE_CLASS.search(f"{parent} {attributes.get('class') or ''}")
        frame.language = language[1] if language else None

        def close() -> None:
            frame = self._frames.pop()
            text = joined(frame.line).replace(_BREAK, "\n").replace(_SOFT_HYPHEN, "").strip("\n")
            if frame.is_code or frame.language is not None:
                text = f"```{frame.language or ''}\n{text}\n```" if text.strip() else ""
            self._frame.lines += 1
            self._frame.blocks += [*frame.blocks, Block(text)]

        return close

    def _code(self, tag: str, attributes: Attributes) -> None:
        frame = self._frame
        if frame.is_preformatted:
            frame.is_code = True
            language = _LANGUAGE_CLASS.search(attributes.get("class") or "")
            frame.language = frame.language or (language[1] if language else None)

    def _list(self, tag: str, attributes: Attributes) -> Callable[[], None]:
        self._end_line()
        depth = self._lists[-1].depth + 1 if self._lists else 0
        self._lists.append(_List(depth, [_number(attributes.get("start"), 1)] if tag == "ol" else []))

        def close() -> None:
            self._end_line()
            self._lists.pop()

        return close

    def _item(self, tag: str, attributes: Attributes) -> Callable[[], None]:
        inside = self._lists[-1] if self._lists else _List(0, [])
        mark = "-"
        if inside.number:
            mark = f"{_number(attributes.get('value'), inside.number[0])}."
            inside.number[0] += 1
        self._push()

        def close() -> None:
            blocks = self._pop().blocks
            self._frame.lines += 1
            self._frame.blocks += _item(blocks, mark, inside.depth)

        return close

    def _table(self, tag: str, attributes: Attributes) -> Callable[[], None]:
        self._push()  # for the caption, and for what does not belong there
        self._tables.append(_Table([]))
        lists, self._lists = self._lists, []

        def close() -> None:
            blocks = self._pop().blocks
            groups = sorted(self._tables.pop().groups, key=lambda group: group[0])
            self._lists = lists
            self._frame.lines += 1
            self._frame.blocks += blocks
            self._frame.blocks += grid.table([rows for _, rows in groups])

        return close

    def _group(self, tag: str, attributes: Attributes) -> None:
        if self._tables:
            self._tables[-1].groups.append((_GROUPS[tag], []))

    def _row(self, tag: str, attributes: Attributes) -> None:
        if self._tables:
            groups = self._tables[-1].groups
            if not groups:
                groups.append((_GROUPS["tbody"], []))
            groups[-1][1].append([])

    def _cell(self, tag: str, attributes: Attributes) -> Callable[[], None] | None:
        if not self._tables or not self._tables[-1].groups or not self._tables[-1].groups[-1][1]:
            return None
        row = self._tables[-1].groups[-1][1][-1]
        lists, self._lists = self._lists, []
        columns, rows = _span(attributes.get("colspan")), _span(attributes.get("rowspan"))
        self._push()

        def close() -> None:
            row.append(Cell(self._pop().blocks, max(columns, 1), rows))
            self._lists = lists

        return close


def _item(blocks: list[Block], mark: str, depth: int) -> Iterator[Block]:
    """A list item: its paragraphs, then its nested lists. An item with a heading becomes ordinary blocks."""
    if any(block.level for block in blocks):
        yield from blocks
        return
    own = list(takewhile(lambda block: block.kind != "item", blocks))
    text = "\n".join(block.text for block in own)
    if text.strip():
        yield item(mark, depth, text)
    yield from blocks[len(own) :]


def _number(value: str | None, default: int) -> int:
    return int(value) if value and re.fullmatch(r"-?\d{1,6}", value.strip(), re.ASCII) else default


def _span(value: str | None) -> int:
    """1 if it is missing or invalid; 0 is to the end of the group. https://html.spec.whatwg.org/#attr-tdth-rowspan"""
    match = re.match(r"\s*\+?(\d{1,6})", value or "", re.ASCII)
    return int(match[1]) if match else 1


_Starter = Callable[[Builder, str, Attributes], Callable[[], None] | None]
_STARTERS: dict[str, _Starter] = {
    "br": Builder._break,
    "img": Builder._image,
    "input": Builder._input,
    "sup": Builder._script,
    "sub": Builder._script,
    "font": Builder._font,
    "span": Builder._font,
    "a": Builder._link,
    "math": Builder._math,
    "title": Builder._page_title,
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), Builder._heading),
    **dict.fromkeys(("pre", "listing", "xmp", "plaintext"), Builder._preformatted),
    "code": Builder._code,
    **dict.fromkeys(("ul", "ol", "menu", "dir"), Builder._list),
    "li": Builder._item,
    "table": Builder._table,
    **dict.fromkeys(_GROUPS, Builder._group),
    "tr": Builder._row,
    **dict.fromkeys(("td", "th"), Builder._cell),
}
