"""CommonMark with tables -> what a reader sees, as plain text. Top-level headings make the sections.

https://spec.commonmark.org and https://markdown-it-py.readthedocs.io
"""

import html
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import yaml
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from kb.parsing.draft import Draft, one_line
from kb.parsing.encoding import read_text
from kb.parsing.parsed import Parsed

_MAX_NESTING = 100  # what is deeper is lost; markdown-it's own limit of 20 ends a list at its tenth level
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.{0,65536}?)^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)
_HEADING_ID = re.compile(r"\s*\{#[\w.:-]+\}\s*$")  # `## Title {#anchor}` of VitePress, Pandoc, kramdown
_HTML_BREAK = re.compile(r"</?(?:br|hr|p|div|li|ul|ol|tr|table|h[1-6]|dt|dd)\b[^<>]*>", re.IGNORECASE)
_HTML_CELL_END = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
_HTML_UNSEEN = re.compile(
    r"<!--(?:.*?-->|.*)|<(script|style)\b(?:.*?</\1\s*>|.*)|</?[a-z][^<>]*>", re.DOTALL | re.IGNORECASE
)


def parse(path: Path, most: int, progress: Callable[[int, int], None]) -> Parsed:
    """See registry.parse. The title is the front matter's, else the first heading of level 1."""
    title, source = _split_front_matter(read_text(path, most))
    draft = Draft(most)
    root = SyntaxTreeNode(MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable("table").parse(source))
    for node in root.children:
        if node.type == "heading":
            level = int(node.tag.removeprefix("h"))
            heading = _HEADING_ID.sub("", _inline(node))
            title = title or (heading if level == 1 else None)
            draft.heading(level, heading)
        else:
            draft.write(_block(node))
    if draft.is_blank:
        draft.write(source)  # HTML or components without any text: what there is to read is the source
    return draft.finish(title)


def _split_front_matter(source: str) -> tuple[str | None, str]:
    match = _FRONT_MATTER.match(source)
    if match is None:
        return None, source
    try:
        # BaseLoader makes strings only: a title of digits stays what it is, a date that is none is no error.
        properties = yaml.load(match[1], Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.YAMLError:
        return None, source
    if not isinstance(properties, dict | None):
        return None, source
    title = (properties or {}).get("title")
    return (title if isinstance(title, str) else None), source[match.end() :]


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "paragraph" | "heading":
            return _inline(node)
        case "fence" | "code_block":
            return node.content
        case "html_block":
            return _html_text(node.content)
        case "bullet_list":
            return _items(node, ("- " for _ in node.children))
        case "ordered_list":
            first = int(node.attrs.get("start", 1))
            return _items(node, (f"{first + place}. " for place in range(len(node.children))))
        case "table":
            rows = (row for part in node.children for row in part.children)
            return "\n".join(" | ".join(one_line(_inline(cell)) for cell in row.children) for row in rows)
        case _:
            return "\n\n".join(_block(child) for child in node.children)


def _items(node: SyntaxTreeNode, marks: Iterable[str]) -> str:
    items = []
    for item, mark in zip(node.children, marks, strict=True):
        text = "\n".join(_block(child).rstrip("\n") for child in item.children)
        items.append(mark + text.replace("\n", "\n" + " " * len(mark)))
    return "\n".join(items)


def _inline(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text" | "code_inline" | "text_special":
            return node.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "html_inline":
            return "\n" if _HTML_BREAK.match(node.content) else ""
        case _:
            return "".join(_inline(child) for child in node.children)


def _html_text(source: str) -> str:
    source = _HTML_UNSEEN.sub("", _HTML_BREAK.sub("\n", _HTML_CELL_END.sub(" | ", source)))
    lines = (" ".join(line.split()) for line in source.splitlines())
    return html.unescape("\n".join(line for line in lines if line))
