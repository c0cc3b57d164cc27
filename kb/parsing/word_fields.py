"""Fields of Word: links, and the fields of old forms. ECMA-376-1, 17.16.

A field is a sequence of runs: begin, its code, perhaps a separator and its result as last computed, end.
"""

import re
from typing import Any

from kb.parsing.word_xml import W14, W, is_on, number, switch

CHECKED, UNCHECKED = "☒", "☐"
_LINK = re.compile(
    r'\s*HYPERLINK\s+(?!\\)(?:"([^"]*)"|(\S+))(?:.*?\\l\s+(?:"([^"]*)"|(\S+)))?', re.IGNORECASE | re.DOTALL
)


class Field:
    """An open field. `code` grows while its runs are read."""

    def __init__(self, begin: Any, at: int) -> None:
        self.code = ""
        self.has_result = False
        self.at = at  # number of pieces of the line at the beginning of its result
        self.form = begin.find(f"{W}ffData")

    @property
    def shown(self) -> str | None:
        """What a field of a form shows without a result: a choice or a check mark; None for other fields."""
        if self.form is None:
            return None
        choice, box = self.form.find(f"{W}ddList"), self.form.find(f"{W}checkBox")
        if box is not None:
            checked = switch(box, "checked")
            return CHECKED if (is_on(box, "default") if checked is None else checked) else UNCHECKED
        if choice is None:
            return None
        entries = [entry.get(f"{W}val") or "" for entry in choice.iterchildren(f"{W}listEntry")]
        chosen = number(choice, "result")
        chosen = number(choice, "default") or 0 if chosen is None else chosen
        return entries[chosen] if chosen < len(entries) else ""

    @property
    def link(self) -> str | None:
        return link(self.code)


def link(code: str) -> str | None:
    """The address in the code of a HYPERLINK field; None for other fields and places in the document itself."""
    match = _LINK.match(code)
    if match is None:
        return None
    place, part = match[1] or match[2] or "", match[3] or match[4] or ""
    return place + (f"#{part}" if part else "")


def check_mark(control: Any) -> str | None:
    """The state of a w:sdt that is a check box ([MS-DOCX] 2.6.1); None for other content controls."""
    box = control.find(f"{W}sdtPr/{W14}checkbox")
    if box is None:
        return None
    state = box.find(f"{W14}checked")
    is_checked = state is not None and state.get(f"{W14}val", "1") not in ("0", "false", "off")
    return CHECKED if is_checked else UNCHECKED
