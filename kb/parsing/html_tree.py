"""HTML as a stream of events, from the tree that a browser would build. https://selectolax.readthedocs.io

The tree builder is Lexbor's, which follows the HTML standard: missing and unclosed tags are no faults. The tree is
walked without recursion, so depth has no limit but time.
"""

import re
from collections.abc import Callable, Generator, Iterator
from typing import Any, NamedTuple

from selectolax.lexbor import LexborHTMLParser

Attributes = dict[str, str | None]

# Elements without an end tag: https://html.spec.whatwg.org/multipage/syntax.html#void-elements
_VOID = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
}
_XML = re.compile(r"\s*<\?xml\b|(?:[^<]|<(?!body\b)){0,4000}?<html\b[^<>]{0,1000}\bxmlns\s*=", re.IGNORECASE)
_EMPTY_ELEMENT = re.compile(r"""<([a-z][\w:.-]*)((?:[^<>"']|"[^"]*"|'[^']*')*)/>""", re.IGNORECASE)


class Start(NamedTuple):
    tag: str
    attributes: Attributes


class Text(NamedTuple):
    text: str


class End(NamedTuple):
    tag: str


Event = Start | Text | End


def events(source: str, is_left_out: Callable[[Start], bool]) -> Iterator[Event]:
    """The elements and texts of a page or fragment in source order, without those that `is_left_out`."""
    if _XML.match(source):
        source = _EMPTY_ELEMENT.sub(_opened_and_closed, source)
    # The parser takes a lone surrogate, which is no character, for an error of the caller.
    tree = LexborHTMLParser(source.encode("utf-8", "replace").decode("utf-8"))
    node = tree.root
    while node is not None:
        inside = None
        if node.is_text_node:
            yield Text(node.text_content or "")
        elif node.is_element_node:
            start = Start(node.tag or "", node.attributes)
            if not is_left_out(start):
                yield start
                inside = node.child
                if inside is None:
                    yield End(start.tag)
        if inside is not None:
            node = inside
            continue
        node = yield from _after(node)


def _after(node: Any) -> Generator[End, None, Any]:
    """The next node in source order outside of `node`, with the ends of the elements that it leaves."""
    while node is not None and node.next is None:
        node = node.parent
        if node is not None and node.is_element_node:
            yield End(node.tag or "")
    return None if node is None else node.next


def _opened_and_closed(match: re.Match[str]) -> str:
    """`<title/>` of XHTML would open a title that never ends, if read as HTML."""
    return match[0] if match[1].lower() in _VOID else f"<{match[1]}{match[2]}></{match[1]}>"
