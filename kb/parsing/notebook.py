"""Jupyter notebooks: text cells as Markdown, code cells as code, and outputs that are text.

https://nbformat.readthedocs.io/en/latest/format_description.html
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kb.parsing.blocks import Block, write
from kb.parsing.draft import Draft
from kb.parsing.encoding import read_text
from kb.parsing.errors import Unreadable
from kb.parsing.html import fragment
from kb.parsing.markdown import blocks
from kb.parsing.parsed import Parsed

_ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07")  # ECMA-48, 5.4


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
    source = _text(cell["source"])
    if cell["cell_type"] == "markdown":
        yield from blocks(source)
    elif source.strip():
        yield Block(f"```{language}\n{source.rstrip()}\n```" if cell["cell_type"] == "code" else source)
    for output in cell.get("outputs") or ():
        yield from _output(output)


def _output(output: dict[str, Any]) -> Iterator[Block]:
    """What a cell printed, its value, or its error. Pictures have no text."""
    match output.get("output_type"):
        case "stream":
            yield from _printed(_text(output.get("text", "")))
        case "error":
            yield from _printed(f"{output.get('ename', '')}: {output.get('evalue', '')}")
        case "execute_result" | "display_data":
            data = output.get("data") or {}
            if any(str(kind).startswith(("image/", "video/", "audio/")) for kind in data):
                return  # the text beside a picture is the name of a Python object
            if "text/html" in data and (found := fragment(_text(data["text/html"]))):
                yield from found
            elif "text/markdown" in data:
                yield from blocks(_text(data["text/markdown"]))
            elif kind := next((kind for kind in ("text/latex", "text/plain") if kind in data), None):
                yield from _printed(_text(data[kind]))


def _printed(text: str) -> Iterator[Block]:
    """Terminal output as it looks in the end, without colours and overwritten lines."""
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in _ESCAPE.sub("", text).split("\n"))
    shown = "\n".join(lines).strip("\n")
    if shown.strip():
        yield Block(f"```\n{shown}\n```")


def _text(value: str | list[str]) -> str:
    """Notebooks keep a text as a string, or as a list of its lines."""
    return "".join(value)
