"""HTML: the visible text of the page, in source order.

Extractors of "the main content" guess and may lose text that somebody uploaded, so only invisible elements and
navigation are left out here. If nothing is left then, the page is read with all that it has.
"""

import re
from collections.abc import Callable
from pathlib import Path

from kb.parsing.blocks import Block, write
from kb.parsing.draft import Draft
from kb.parsing.encoding import read_text
from kb.parsing.html_blocks import Builder
from kb.parsing.html_elements import AROUND_THE_TEXT, NEVER_SHOWN
from kb.parsing.html_tree import Start, events
from kb.parsing.parsed import Parsed
from kb.parsing.titles import sensible_title

_HIDDEN_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)


def parse(path: Path, max_characters: int, progress: Callable[[int, int], None]) -> Parsed:
    """See registry.parse. The title is the page's title, else its first heading of level 1."""
    source = read_text(path, max_characters, declared=True)
    draft = Draft(max_characters)
    builder = Builder()
    blocks = builder.blocks(events(source, _is_left_out))
    write(blocks, draft)
    if draft.is_blank:
        write(Builder().blocks(events(source, _is_never_shown)), draft)
    if draft.is_blank:
        draft.write(builder.title or "")
    first = next((block.text for block in blocks if block.level == 1), None)
    return draft.finish(sensible_title(builder.title) or first)


def fragment(source: str) -> list[Block]:
    """The blocks of HTML embedded in another format."""
    return Builder().blocks(events(source, _is_left_out))


def _is_never_shown(element: Start) -> bool:
    return element.tag in NEVER_SHOWN


def _is_left_out(element: Start) -> bool:
    tag, attributes = element
    if tag == "dialog":
        return "open" not in attributes
    if tag == "option":  # the others of a choice are seen only while choosing
        return "selected" not in attributes
    return (
        tag in NEVER_SHOWN
        or tag in AROUND_THE_TEXT
        or "hidden" in attributes
        or attributes.get("role") == "navigation"
        or attributes.get("aria-hidden") == "true"
        or _HIDDEN_STYLE.search(attributes.get("style") or "") is not None
    )
