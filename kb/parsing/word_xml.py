"""Reads properties of a Word file's elements."""

from collections.abc import Iterator
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"

_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_IGNORED = {
    f"{W}pPr",  # properties; they may contain a tab stop, whose element is also called "tab"
    f"{W}rPr",
    f"{W}del",  # tracked changes: the old text
    f"{W}moveFrom",
    f"{W}rt",  # the pronunciation of ruby text
}
_MAX_DIGITS = 9


def value(parent: Any, path: str | None, attribute: str = "val") -> str | None:
    """The attribute (w:val) of the element at `path`, or of `parent` itself without a path; None if it is missing."""
    element = parent if path is None else parent.find(f"{W}{path}")
    found: str | None = None if element is None else element.get(f"{W}{attribute}")
    return found


def number(parent: Any, path: str | None, attribute: str = "val") -> int | None:
    """The same as a non-negative integer; None if it is not one."""
    text = value(parent, path, attribute)
    return int(text) if text and text.isdecimal() and len(text) <= _MAX_DIGITS else None


def is_on(parent: Any, path: str) -> bool:
    """Whether an on/off property is present and on. ECMA-376-1, 17.17.4."""
    return switch(parent, path) is True


def switch(parent: Any, path: str) -> bool | None:
    """The same; None if the property is missing."""
    if parent.find(f"{W}{path}") is None:
        return None
    return value(parent, path) not in ("0", "false", "off", "none")


def visible_children(parent: Any) -> Iterator[Any]:
    """The child elements with visible content. Of several forms of the same content, only the first counts."""
    is_alternative = parent.tag == f"{_COMPATIBILITY}AlternateContent"
    for child in parent.iterchildren("*"):
        is_placeholder = child.tag == f"{W}sdt" and child.find(f"{W}sdtPr/{W}showingPlcHdr") is not None
        if child.tag not in _IGNORED and not is_placeholder:
            yield child
            if is_alternative:
                return


def nearest(parent: Any, tags: set[str]) -> Iterator[Any]:
    """The outermost visible descendants of `parent` with these tags."""
    for child in visible_children(parent):
        if child.tag in tags:
            yield child
        else:
            yield from nearest(child, tags)
