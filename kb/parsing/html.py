"""HTML by lxml: the visible text of the page, in source order. https://lxml.de/parsing.html

lxml accepts what browsers accept, quickly and with bounded depth. Extractors of "the main content" guess and may lose
text that somebody uploaded, so only invisible elements and navigation are left out here.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, count
from pathlib import Path
from typing import Any

from lxml import etree

from kb.parsing.blocks import Block, flat, item, row, write
from kb.parsing.draft import Draft
from kb.parsing.encoding import read_text
from kb.parsing.errors import NoText
from kb.parsing.parsed import Parsed
from kb.parsing.titles import sensible_title

_IGNORED = {
    *(
        "head",
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "canvas",
        "nav",
        "rt",
        "rp",
        "iframe",
        "object",
        "video",
    ),
    *("audio", "button", "select", "input", "textarea", "datalist", "map", "dialog", "annotation", "annotation-xml"),
}
_INLINE = {
    *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img"),
    *(
        "ins",
        "kbd",
        "label",
        "mark",
        "output",
        "q",
        "ruby",
        "rb",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
    ),
    *("sup", "time", "tt", "u", "var", "wbr", "br", "math", "mi", "mn", "mo", "mrow", "msup", "msub", "mfrac", "mtext"),
    *("semantics", "picture", "source", "nobr", "center-text", "mspace", "msqrt", "msubsup", "mover", "munder"),
}
_HEADING = re.compile(r"h([1-6])")
_HIDDEN_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_LANGUAGE_CLASS = re.compile(r"(?:^|\s)(?:language|lang|highlight-source|brush:)-?\s*([\w+#-]+)")
_SPACE = re.compile(r"[ \t\n\r\f]+")
_SOFT_HYPHEN = "\xad"
_ROWS = {"tr", "thead", "tbody", "tfoot"}


def parse(path: Path, max_characters: int, progress: Callable[[int, int], None]) -> Parsed:
    """See registry.parse. The title is the page's title, else its first heading of level 1."""
    root = _tree(read_text(path, max_characters, declared=True))
    if root is None:
        raise NoText("there is no text in it")
    draft = Draft(max_characters)
    blocks = list(_blocks(root))
    write(blocks, draft)
    first = next((block.text for block in blocks if block.level == 1), None)
    return draft.finish(sensible_title(root.findtext(".//title")) or first)


def fragment(source: str) -> list[Block]:
    """The blocks of HTML embedded in another format."""
    root = _tree(source)
    return [] if root is None else list(_blocks(root))


def _tree(source: str) -> Any:
    """The root element; None if there is none."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    data = source.replace("\0", "\ufffd").encode("utf-8", "replace")
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError:  # "Document is empty": only white space or comments
        return None


def _blocks(element: Any) -> Iterator[Block]:
    """The blocks of a block element. Text between its child blocks forms paragraphs."""
    line: list[str] = [element.text or ""]
    for child in element:
        if _is_inline(child):
            _collect(child, line)
        elif not _is_ignored(child):
            yield from _paragraph(line)
            line = []
            yield from _block(child)
        line.append(child.tail or "")
    yield from _paragraph(line)


def _block(element: Any) -> Iterator[Block]:
    heading = _HEADING.fullmatch(element.tag)
    if heading:
        yield Block(flat(_blocks(element)), level=int(heading[1]))
    elif element.tag == "pre":
        yield _preformatted(element)
    elif element.tag in ("ul", "ol", "menu"):
        yield from _list(element, 0)
    elif element.tag == "table":
        yield from _table(element)
    elif element.tag != "hr":
        yield from _blocks(element)


def _paragraph(line: Iterable[str]) -> Iterator[Block]:
    text = "\n".join(_SPACE.sub(" ", part).strip() for part in "".join(line).split("\v"))
    text = text.replace(_SOFT_HYPHEN, "")
    if text.strip():
        yield Block(text.strip("\n"))


def _collect(element: Any, line: list[str]) -> None:
    """Collects the text of an inline element. A line break stays \\v until white space has been collapsed."""
    if element.tag == "br":
        line.append("\v")
    elif element.tag == "img":
        line.append(element.get("alt") or "")
    line.append(element.text or "")
    for child in element:
        if not _is_ignored(child):
            _collect(child, line)
        line.append(child.tail or "")


def _is_inline(element: Any) -> bool:
    """Whether the element and all its descendants are inline."""
    if _is_ignored(element) or element.tag not in _INLINE:
        return False
    return all(_is_ignored(inner) or inner.tag in _INLINE for inner in element.iterdescendants())


def _is_ignored(element: Any) -> bool:
    return (
        not isinstance(element.tag, str)
        or element.tag in _IGNORED
        or element.get("hidden") is not None
        or element.get("role") == "navigation"
        or element.get("aria-hidden") == "true"
        or _HIDDEN_STYLE.search(element.get("style") or "") is not None
    )


def _preformatted(element: Any) -> Block:
    parts: list[str] = []
    _collect(element, parts)
    text = "".join(parts).replace("\v", "\n").replace(_SOFT_HYPHEN, "").strip("\n")
    code = element.find("code")
    classes = " ".join(tag.get("class") or "" for tag in (element.getparent(), element, code) if tag is not None)
    language = _LANGUAGE_CLASS.search(classes)
    if code is None and language is None:
        return Block(text)
    return Block(f"```{language[1] if language else ''}\n{text}\n```")


def _list(element: Any, depth: int) -> Iterator[Block]:
    numbers = count(_number(element.get("start"), 1))
    for child in element:
        if _is_ignored(child):
            continue
        if child.tag in ("ul", "ol", "menu"):
            yield from _list(child, depth + 1)
        else:
            mark = "-" if element.tag != "ol" else f"{_number(child.get('value'), next(numbers))}."
            yield from _item(child, mark, depth)


def _item(element: Any, mark: str, depth: int) -> Iterator[Block]:
    """A list item with its paragraphs, then its nested lists. An item with a heading becomes ordinary blocks."""
    if any(_HEADING.fullmatch(child.tag) for child in element.iterdescendants() if isinstance(child.tag, str)):
        yield from _blocks(element)
        return
    inner = [child for child in element if child.tag in ("ul", "ol", "menu") and not _is_ignored(child)]
    tails = [Block(" ".join(child.tail.split())) for child in inner if child.tail]
    for child in inner:
        element.remove(child)
    text = "\n".join(block.text for block in _blocks(element))
    if text.strip():
        yield item(mark, depth, text)
    yield from chain.from_iterable(_list(child, depth + 1) for child in inner)
    yield from tails


def _number(value: str | None, default: int) -> int:
    return int(value) if value and re.fullmatch(r"-?\d{1,6}", value.strip()) else default


def _table(element: Any) -> Iterator[Block]:
    for child in element:
        if _is_ignored(child):
            continue
        if child.tag == "tr":
            cells = [cell for cell in child if cell.tag in ("td", "th") and not _is_ignored(cell)]
            yield from row(_blocks(cell) for cell in cells)
        elif child.tag in _ROWS:
            yield from _table(child)
        else:
            yield from _blocks(child)
