"""Charts and SmartArt in Word files: their words and numbers. ECMA-376-1, 21.2 (charts) and 21.4 (diagrams).

The part of a chart holds its values as they were last drawn. Newer kinds (waterfall, funnel...) are of [MS-ODRAWXML].
"""

from collections.abc import Iterator
from typing import Any

from kb.parsing import grid
from kb.parsing.blocks import Block, item
from kb.parsing.draft import one_line
from kb.parsing.grid import Cell

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
CX = "{http://schemas.microsoft.com/office/drawing/2014/chartex}"
DGM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"

_MAX_POINTS = 10_000  # of a series
_NODES = {None, "node", "asst"}  # the kinds of points that have text; others are lines and presentation
_MAX_POINTS_SHOWN = 5_000  # of a diagram


def chart(root: Any) -> Iterator[Block]:
    """The title, the titles of the axes, and a table with a row per category and a column per series."""
    for title in root.iter(f"{C}title", f"{CX}title"):
        text = _words(title) or _cached(title)
        if text:
            yield Block(text)
    series = [*_series(root), *_newer_series(root)]
    points = sorted({index for _, categories, values in series for index in (*categories, *values)})
    if not points:
        return
    names = [name for name, _, _ in series]
    labels: dict[int, str] = {}
    for _, categories, _ in reversed(series):  # those of the first series count
        labels.update(categories)
    rows = [["", *names]] if any(names) else []
    rows += [[labels.get(index, ""), *(values.get(index, "") for _, _, values in series)] for index in points]
    yield from grid.table([[[Cell([Block(value)]) for value in line] for line in rows]])


_Series = tuple[str, dict[int, str], dict[int, str]]  # name, categories, values; both by index


def _series(root: Any) -> Iterator[_Series]:
    for series in root.iter(f"{C}ser"):
        name = series.find(f"{C}tx")
        categories = _points(series, "cat") or _points(series, "xVal")
        values = _points(series, "val") or _points(series, "yVal")
        for index, size in _points(series, "bubbleSize").items():
            values[index] = " ".join(filter(None, (values.get(index), f"({size})")))
        yield (_cached(name) if name is not None else ""), categories, values


def _points(series: Any, name: str) -> dict[int, str]:
    """The cached values by index. Categories of several levels are joined, the outer one first."""
    part = series.find(f"{C}{name}")
    found: dict[int, str] = {}
    for level in () if part is None else [*reversed(list(part.iter(f"{C}lvl")))] or [part]:
        last = ""
        own = {_index(point): one_line(point.findtext(f"{C}v") or "") for point in level.iter(f"{C}pt")}
        for index in sorted({*own, *found}):
            last = own.get(index, last)
            found[index] = " ".join(filter(None, (found.get(index), last)))
            if len(found) >= _MAX_POINTS:
                break
    return found


def _newer_series(root: Any) -> Iterator[_Series]:
    names = [_words(series) or _newer_name(series) for series in root.iter(f"{CX}series")]
    for number, data in enumerate(root.iter(f"{CX}data")):
        columns: dict[str, dict[int, str]] = {"strDim": {}, "numDim": {}}
        for dimension in data.iterchildren(f"{CX}strDim", f"{CX}numDim"):
            kind = dimension.tag.rpartition("}")[2]
            for point in dimension.iter(f"{CX}pt"):
                columns[kind].setdefault(_index(point), one_line(point.text or ""))
        yield (names[number] if number < len(names) else ""), columns["strDim"], columns["numDim"]


def _newer_name(series: Any) -> str:
    return one_line(series.findtext(f"{CX}tx/{CX}txData/{CX}v") or "")


def _index(point: Any) -> int:
    index = point.get("idx") or ""
    return int(index) if index.isdecimal() and len(index) < 7 else 0


def _cached(element: Any) -> str:
    return one_line(" ".join(value.text or "" for value in element.iter(f"{C}v")))


def _words(element: Any) -> str:
    """The text of DrawingML, with a space between paragraphs."""
    paragraphs = ("".join(text.text or "" for text in paragraph.iter(f"{A}t")) for paragraph in element.iter(f"{A}p"))
    return one_line(" ".join(paragraphs))


def diagram(root: Any) -> Iterator[Block]:
    """The texts of a SmartArt as list items, each below the one that it belongs to."""
    points = {point.get("modelId"): point for point in root.iter(f"{DGM}pt")}
    children: dict[str | None, list[tuple[int, str | None]]] = {}
    for link in root.iter(f"{DGM}cxn"):
        if link.get("type", "parOf") == "parOf":
            order = link.get("srcOrd", "0")
            place = int(order) if order.isdecimal() and len(order) < 10 else 0
            children.setdefault(link.get("srcId"), []).append((place, link.get("destId")))
    starts = [name for name, point in points.items() if point.get("type") == "doc"]
    waiting: list[tuple[str | None, int]] = [(name, 0) for name in reversed([*starts, *points])]
    seen: set[str | None] = set()
    while waiting and len(seen) < _MAX_POINTS_SHOWN:
        name, depth = waiting.pop()
        point = points.get(name)
        if name in seen or point is None:
            continue
        seen.add(name)
        text = _words(point) if point.get("type") in _NODES else ""
        if text:
            yield item("-", depth, text)
        below = sorted(children.get(name, ()), key=lambda child: child[0], reverse=True)
        waiting += [(child, min(depth + bool(text), 8)) for _, child in below]
