"""The numbers that Word shows before headings and list items. ECMA-376-1, 17.9.

The numbering part has definitions (w:abstractNum) and instances of them (w:num), which paragraphs refer to. Counters
belong to the definition, so two instances share one sequence unless an instance overrides its start.
"""

import re
from typing import Any, NamedTuple

from kb.parsing.word_numerals import numeral
from kb.parsing.word_xml import W, is_on, number, value

BULLET = "-"
LEVELS = 9
_PLACEHOLDER = re.compile(r"%([1-9])")
_MAX_LINKS = 5  # a definition may refer to a style that refers to a definition


class Level(NamedTuple):
    """A w:lvl element."""

    start: int = 1
    form: str = "decimal"
    text: str = ""
    style: str | None = None  # the paragraph style linked to this level
    restarts_after: int | None = None  # a level, counted from 1; None: any level above; 0: never
    is_legal: bool = False  # the levels above are shown as digits, whatever their form
    gap: str = " "


class Numbering:
    """Counts paragraphs in document order. Without a numbering part there are no numbers."""

    def __init__(self, part: Any | None) -> None:
        self._definitions: dict[str | None, Any] = {}
        self._instances: dict[str | None, Any] = {}
        self._by_style: dict[str | None, str | None] = {}
        for element in part if part is not None else ():
            if element.tag == f"{W}abstractNum":
                name = element.get(f"{W}abstractNumId")
                self._definitions[name] = element
                self._by_style[value(element, "styleLink")] = name
            elif element.tag == f"{W}num":
                self._instances[element.get(f"{W}numId")] = element
        self._levels: dict[int, dict[int, Level]] = {}
        self._counts: dict[str | None, list[int | None]] = {}
        self._started: set[tuple[int, int]] = set()

    def depth_of_style(self, instance: int, style_id: str | None) -> int | None:
        """The level, counted from 0, linked to that style."""
        levels = self._of(instance).items()
        return next((depth for depth, level in levels if level.style and level.style == style_id), None)

    def next(self, instance: int, depth: int) -> str | None:
        """The mark of the next paragraph at that level: BULLET, a number with its gap, or ""; None without a list."""
        levels = self._of(instance)
        level = levels.get(depth)
        if not levels:
            return None
        if level is None or level.form == "bullet":
            return BULLET
        counts = self._count(instance, depth, levels)

        def shown(match: re.Match[str]) -> str:
            index = int(match[1]) - 1
            other = levels.get(index, Level())
            count = counts[index]
            form = "decimal" if level.is_legal and index != depth else other.form
            return numeral(other.start if count is None else count, form)

        written = _PLACEHOLDER.sub(shown, level.text).strip()
        return written + level.gap if written else ""

    def _count(self, instance: int, depth: int, levels: dict[int, Level]) -> list[int | None]:
        counts = self._counts.setdefault(self._definition_of(instance), [None] * LEVELS)
        override = self._start_override(instance, depth)
        before = counts[depth]
        if override is not None and (instance, depth) not in self._started:
            counts[depth] = override
        else:
            counts[depth] = levels[depth].start if before is None else before + 1
        self._started.add((instance, depth))
        for above in range(depth):  # Word displays levels above as started
            if counts[above] is None:
                counts[above] = levels.get(above, Level()).start
        for below in range(depth + 1, LEVELS):
            after = levels.get(below, Level()).restarts_after
            if after is None or after > depth:
                counts[below] = None
        return counts

    def _start_override(self, instance: int, depth: int) -> int | None:
        for override in self._overrides(instance):
            if number(override, None, "ilvl") == depth:
                return number(override, "startOverride")
        return None

    def _overrides(self, instance: int) -> list[Any]:
        element = self._instances.get(str(instance))
        return [] if element is None else list(element.iterchildren(f"{W}lvlOverride"))

    def _definition_of(self, instance: int) -> str | None:
        element = self._instances.get(str(instance))
        name = None if element is None else value(element, "abstractNumId")
        for _ in range(_MAX_LINKS):
            link = value(self._definitions[name], "numStyleLink") if name in self._definitions else None
            if link is None or link not in self._by_style:
                break
            name = self._by_style[link]
        return name

    def _of(self, instance: int) -> dict[int, Level]:
        if instance not in self._levels:
            definition = self._definitions.get(self._definition_of(instance))
            elements = [] if definition is None else list(definition.iterchildren(f"{W}lvl"))
            elements += [level for override in self._overrides(instance) for level in override.iterchildren(f"{W}lvl")]
            read = [(number(element, None, "ilvl"), _level(element)) for element in elements]
            self._levels[instance] = {depth: level for depth, level in read if depth is not None and depth < LEVELS}
        return self._levels[instance]


def _level(element: Any) -> Level:
    start = number(element, "start")
    return Level(
        start=0 if start is None else start,
        form=value(element, "numFmt") or "decimal",
        text=value(element, "lvlText") or "",
        style=value(element, "pStyle"),
        restarts_after=number(element, "lvlRestart"),
        is_legal=is_on(element, "isLgl"),
        gap="" if value(element, "suff") == "nothing" else " ",
    )
