"""Derives a paragraph's role from its Word style: heading, list item, title, hidden.

Style names are localised. What counts is the outline level, or a built-in style (whose name Word stores in English)
somewhere in the chain of styles that a style is based on.
"""

import re
from typing import Any, NamedTuple

from kb.parsing.word_numbering import LEVELS, Numbering
from kb.parsing.word_xml import W, number, switch, value

_HEADING_NAME = re.compile(r"heading ([1-9])", re.IGNORECASE)
_BODY_TEXT = 9  # the outline level of text that is not a heading
_SCRIPTS = {"superscript": "sup", "subscript": "sub"}
_NO_LIST = 0  # the instance that removes a paragraph from its style's list


class Style(NamedTuple):
    """None means not specified. `level` counts from 1, 0 is body text; `depth` in the list `instance` counts from 0.

    `script` is "sup", "sub" or "".
    """

    level: int | None = None
    instance: int | None = None
    depth: int | None = None
    is_title: bool = False
    is_hidden: bool | None = None
    font: str | None = None
    script: str | None = None

    def over(self, base: "Style") -> "Style":
        """This style, with unspecified values taken from the style it is based on."""
        return Style(
            base.level if self.level is None else self.level,
            base.instance if self.instance is None else self.instance,
            base.depth if self.depth is None else self.depth,
            self.is_title or base.is_title,
            base.is_hidden if self.is_hidden is None else self.is_hidden,
            base.font if self.font is None else self.font,
            base.script if self.script is None else self.script,
        )

    @property
    def is_listed(self) -> bool:
        return self.instance not in (None, _NO_LIST)


class Styles:
    """The paragraph and character styles of a document, from its w:styles element."""

    def __init__(self, styles: Any, numbering: Numbering) -> None:
        self._numbering = numbering
        self._elements = {
            style.get(f"{W}styleId"): style
            for style in styles.iterchildren(f"{W}style")
            if style.get(f"{W}type") in ("paragraph", "character")
        }
        self._known: dict[str | None, Style] = {None: Style()}

    def of(self, paragraph: Any) -> Style:
        """The style of a w:p element, including its own properties."""
        properties = paragraph.find(f"{W}pPr")
        if properties is None:
            return Style()
        return _read_properties(properties).over(self._named(value(properties, "pStyle")))

    def of_run(self, run: Any) -> Style:
        """The style of a w:r element: its own properties over those of its character style."""
        properties = run.find(f"{W}rPr")
        if properties is None:
            return Style()
        return _read_run_properties(properties).over(self._named(value(properties, "rStyle")))

    def _named(self, style_id: str | None) -> Style:
        if style_id not in self._known:
            self._known[style_id] = Style()  # in case it is based on itself
            element = self._elements.get(style_id)
            if element is not None:
                self._known[style_id] = self._read_style(element).over(self._named(value(element, "basedOn")))
        return self._known[style_id]

    def _read_style(self, style: Any) -> Style:
        properties, run_properties = style.find(f"{W}pPr"), style.find(f"{W}rPr")
        own = Style() if properties is None else _read_properties(properties)
        if own.instance:
            depth = self._numbering.depth_of_style(own.instance, style.get(f"{W}styleId"))
            own = own if depth is None else own._replace(depth=depth)
        if run_properties is not None:
            own = own.over(_read_run_properties(run_properties))
        name = (value(style, "name") or "").strip()
        if name.lower() == "title":
            return Style(level=1, instance=_NO_LIST, is_title=True)
        heading = _HEADING_NAME.fullmatch(name)
        return own.over(Style(level=int(heading[1]))) if heading else own


def _read_properties(properties: Any) -> Style:
    level = number(properties, "outlineLvl")
    if level is not None:
        level = 0 if level >= _BODY_TEXT else level + 1
    depth = number(properties, f"numPr/{W}ilvl")
    return Style(level, number(properties, f"numPr/{W}numId"), None if depth is None else min(depth, LEVELS - 1))


def _read_run_properties(properties: Any) -> Style:
    names = (value(properties, "rFonts", kind) for kind in ("ascii", "hAnsi", "cs"))
    position = value(properties, "vertAlign")
    return Style(
        is_hidden=switch(properties, "vanish"),
        font=next(filter(None, names), None),
        script=None if position is None else _SCRIPTS.get(position, ""),
    )
