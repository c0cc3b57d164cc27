"""Reads properties of a Word file's elements."""

from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

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
