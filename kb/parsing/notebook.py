"""Jupyter notebooks: text cells as Markdown, code cells as code. Outputs are left out: they can be reproduced.

https://nbformat.readthedocs.io/en/latest/format_description.html
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kb.parsing.blocks import Block, write
from kb.parsing.draft import Draft
from kb.parsing.encoding import read_text
from kb.parsing.errors import Unreadable
from kb.parsing.markdown import blocks
from kb.parsing.parsed import Parsed


def parse(path: Path, max_characters: int, progress: Callable[[int, int], None]) -> Parsed:
    """See registry.parse. The title is the first heading of level 1. Raises Unreadable unless it has version 4."""
    try:
        notebook = json.loads(read_text(path, max_characters))
        language = notebook.get("metadata", {}).get("kernelspec", {}).get("language", "")
        found = [block for cell in notebook["cells"] for block in _blocks(cell, str(language))]
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise Unreadable(f"it is not a notebook of version 4: {type(error).__name__}: {error}") from error
    draft = Draft(max_characters)
    write(found, draft)
    return draft.finish(next((block.text for block in found if block.level == 1), None))


def _blocks(cell: dict[str, Any], language: str) -> Iterator[Block]:
    source = "".join(cell["source"])  # a string, or a list of lines
    if cell["cell_type"] == "markdown":
        yield from blocks(source)
    elif source.strip():
        yield Block(f"```{language}\n{source.rstrip()}\n```" if cell["cell_type"] == "code" else source)
