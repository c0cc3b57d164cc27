"""The fields and values of filled-in forms, by page."""

from typing import Any

from pypdf import PageObject
from pypdf.generic import ArrayObject, DictionaryObject

from kb.parsing.draft import one_line

_MAX_FIELDS = 5000  # of a page
_MAX_PARENTS = 20
_PASSWORD = 1 << 13  # of /Ff: ISO 32000-1, table 228


def fields(page: PageObject) -> list[str]:
    """A line "name: value" for each field of the page that has a value. Raises objects.DAMAGE."""
    annotations = page.get("/Annots")
    annotations = annotations.get_object() if annotations is not None else None
    if not isinstance(annotations, ArrayObject):
        return []
    found: list[str] = []
    for reference in annotations[:_MAX_FIELDS]:
        widget = reference.get_object()
        if isinstance(widget, DictionaryObject) and widget.get("/Subtype") == "/Widget" and (line := _line(widget)):
            found.append(line)
    return list(dict.fromkeys(found))  # a field may have several widgets


def _line(widget: DictionaryObject) -> str | None:
    inherited = _inherited(widget)
    flags = inherited.get("/Ff", 0)
    value = _value(inherited, widget)
    if not value or (inherited.get("/FT") == "/Tx" and isinstance(flags, int) and flags & _PASSWORD):
        return None
    name = one_line(str(inherited.get("/TU") or inherited.get("/T") or ""))
    return f"{name}: {value}" if name else value


def _inherited(widget: DictionaryObject) -> dict[str, Any]:
    """The field's own attributes, or those inherited from its parents."""
    found: dict[str, Any] = {}
    field: Any = widget
    for _ in range(_MAX_PARENTS):
        if not isinstance(field, DictionaryObject):
            break
        for key in ("/FT", "/V", "/T", "/TU", "/Ff"):
            if key in field:
                found.setdefault(key, field[key])
        field = field.get("/Parent")
        field = field.get_object() if field is not None else None
    return found


def _value(field: dict[str, Any], widget: DictionaryObject) -> str:
    value = field.get("/V")
    if field.get("/FT") == "/Btn":
        state = str(widget.get("/AS", value if value is not None else "/Off"))
        return "" if state == "/Off" or value is None else one_line(state.removeprefix("/"))
    if isinstance(value, ArrayObject):
        return ", ".join(one_line(str(item.get_object())) for item in value)
    return one_line(value) if isinstance(value, str) else ""
