"""What a Word paragraph's style makes of it: a heading, a list item, the title.

Styles have names of their own in every language; what counts is the outline level, or the built-in style (whose name
Word keeps in English) somewhere in the chain that a style is based on.
"""

import re
from typing import Any, NamedTuple

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_HEADING_NAME = re.compile(r"heading ([1-9])", re.IGNORECASE)
_BODY_TEXT = 9  # the outline level that makes no heading
_DEEPEST_ITEM = 8  # list levels count from 0


class Style(NamedTuple):
    """None: nothing is said. `level` counts from 1, 0 is body text; `list_depth` counts from 0, -1 is no list."""

    level: int | None = None
    list_depth: int | None = None
    is_title: bool = False

    def over(self, base: "Style") -> "Style":
        """This style where it says something, else the one that it is based on."""
        return Style(
            base.level if self.level is None else self.level,
            base.list_depth if self.list_depth is None else self.list_depth,
            self.is_title or base.is_title,
        )


class Styles:
    """The paragraph styles of a document, from its w:styles element."""

    def __init__(self, styles: Any) -> None:
        self._elements = {
            style.get(f"{W}styleId"): style
            for style in styles.iterchildren(f"{W}style")
            if style.get(f"{W}type") == "paragraph"
        }
        self._known: dict[str | None, Style] = {None: Style()}

    def of(self, paragraph: Any) -> Style:
        """The style of a w:p element, with what it says itself."""
        properties = paragraph.find(f"{W}pPr")
        if properties is None:
            return Style()
        return _said_in(properties).over(self._named(_value(properties, "pStyle")))

    def _named(self, style_id: str | None) -> Style:
        if style_id not in self._known:
            self._known[style_id] = Style()  # in case that it is based on itself
            element = self._elements.get(style_id)
            if element is not None:
                self._known[style_id] = _said_by(element).over(self._named(_value(element, "basedOn")))
        return self._known[style_id]


def _said_by(style: Any) -> Style:
    properties = style.find(f"{W}pPr")
    said = Style() if properties is None else _said_in(properties)
    name = (_value(style, "name") or "").strip()
    if name.lower() == "title":
        return Style(1, -1, is_title=True)
    heading = _HEADING_NAME.fullmatch(name)
    return said.over(Style(level=int(heading[1]))) if heading else said


def _said_in(properties: Any) -> Style:
    level = _number(properties, "outlineLvl")
    if level is not None:
        level = 0 if level >= _BODY_TEXT else level + 1
    list_id, depth = _number(properties, f"numPr/{W}numId"), _number(properties, f"numPr/{W}ilvl")
    if list_id == 0:
        depth = -1
    elif list_id is not None or depth is not None:
        depth = min(depth or 0, _DEEPEST_ITEM)
    return Style(level, depth)


def _number(parent: Any, path: str) -> int | None:
    value = _value(parent, path)
    return int(value) if value and value.isdecimal() else None


def _value(parent: Any, path: str) -> str | None:
    """The w:val of the element at `path`."""
    element = parent.find(f"{W}{path}")
    value: str | None = None if element is None else element.get(f"{W}val")
    return value
