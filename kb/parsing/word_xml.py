"""Reading properties out of a Word file's elements."""

from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_LONGEST_NUMBER = 9


def value(parent: Any, path: str | None, attribute: str = "val") -> str | None:
    """The attribute (w:val) of the element at `path`, of `parent` itself if there is no path; None if it is missing."""
    element = parent if path is None else parent.find(f"{W}{path}")
    found: str | None = None if element is None else element.get(f"{W}{attribute}")
    return found


def number(parent: Any, path: str | None, attribute: str = "val") -> int | None:
    """The same as a whole number that is not negative; None if it is none."""
    said = value(parent, path, attribute)
    return int(said) if said and said.isdecimal() and len(said) <= _LONGEST_NUMBER else None


def is_on(parent: Any, path: str) -> bool:
    """Whether a property that is on or off is there and on. ECMA-376-1, 17.17.4."""
    return switch(parent, path) is True


def switch(parent: Any, path: str) -> bool | None:
    """The same; None if nothing is said."""
    if parent.find(f"{W}{path}") is None:
        return None
    return value(parent, path) not in ("0", "false", "off", "none")
