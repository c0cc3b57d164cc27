"""CommonMark with tables, footnotes and formulas, as readers see it. Top-level headings make the sections.

https://spec.commonmark.org, https://markdown-it-py.readthedocs.io and https://mdit-py-plugins.readthedocs.io
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from kb.parsing import front_matter
from kb.parsing.blocks import Block, write
from kb.parsing.draft import Draft, one_line
from kb.parsing.encoding import read_text
from kb.parsing.html import fragment
from kb.parsing.parsed import Parsed

_MAX_NESTING = 100  # anything deeper is lost; markdown-it's default of 20 ends a list at its tenth level
_HEADING_ID = re.compile(r"\s*\{#[^\s{}]+\}\s*$")  # `## Title {#anchor}` of VitePress, Pandoc, kramdown
_SOFT_BREAK = "\v"
_CONTAINER = re.compile(r":{3,}[ \t]*[\w-]*[ \t]*")  # `::: tip Title` of VitePress and Docusaurus; `:::` ends it
_LANGUAGE = re.compile(r"[\w+#.-]*")  # `js{7-12}` also lists lines to highlight
_HTML_BREAK = re.compile(r"</?(?:br|hr|p|div|li|ul|ol|tr|table|h[1-6]|dt|dd)\b[^<>]*>", re.IGNORECASE)


def parse(path: Path, max_characters: int, progress: Callable[[int, int], None]) -> Parsed:
    """See registry.parse. The title is that of the front matter, else the first heading of level 1."""
    matter, source = front_matter.split(read_text(path, max_characters))
    draft = Draft(max_characters)
    found = list(blocks(source))
    write(found, draft)
    if draft.is_blank:
        draft.write(source)  # HTML or components without text: index the source instead
    first = next((block.text for block in found if block.level == 1), None)
    title = matter.pop("title", None)
    return draft.finish(title if isinstance(title, str) else first, matter)


def blocks(source: str) -> Iterator[Block]:
    """The blocks of Markdown without front matter. A footnote follows the block that first refers to it."""
    markdown = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable(["table", "strikethrough"])
    markdown.use(footnote_plugin).use(dollarmath_plugin, allow_digits=False, allow_space=False, double_inline=True)
    root = SyntaxTreeNode(markdown.parse(source.replace("\xad", "")))
    notes = {note.meta["id"]: note for node in root.children if node.type == "footnote_block" for note in node.children}
    for node in root.children:
        if node.type == "footnote_block":
            continue
        yield from _top(node)
        for reference in node.walk():
            note = notes.pop(reference.meta.get("id"), None) if reference.type == "footnote_ref" else None
            if note is not None:
                yield Block(f"[{note.meta['id'] + 1}] {one_line(_block(note))}", kind="note")


def _top(node: SyntaxTreeNode) -> Iterator[Block]:
    if node.type == "heading":
        yield Block(_HEADING_ID.sub("", _line(node)), level=int(node.tag.removeprefix("h")))
    elif node.type == "html_block":
        yield from fragment(node.content)
    else:
        yield Block(_block(node))


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "paragraph" | "heading":
            return _line(node)
        case "fence":
            fence, language = node.markup[:3], "".join(_LANGUAGE.findall(node.info.strip())[:1])
            return f"{fence}{language}\n{node.content.rstrip()}\n{fence}"
        case "code_block":
            return node.content
        case "math_block":
            return f"$$\n{node.content.strip()}\n$$"
        case "html_block":
            return "\n".join(block.text for block in fragment(node.content))
        case "bullet_list":
            return _items(node, ("- " for _ in node.children))
        case "ordered_list":
            first = int(node.attrs.get("start", 1))
            return _items(node, (f"{first + index}. " for index in range(len(node.children))))
        case "table":
            rows = (row for part in node.children for row in part.children)
            return "\n".join(" | ".join(one_line(_line(cell)) for cell in row.children) for row in rows)
        case _:
            return "\n\n".join(_block(child) for child in node.children)


def _items(node: SyntaxTreeNode, marks: Iterable[str]) -> str:
    items = []
    for item, mark in zip(node.children, marks, strict=True):
        text = "\n".join(_block(child).rstrip("\n") for child in item.children)
        items.append(mark + text.replace("\n", "\n" + " " * len(mark)))
    return "\n".join(items)


def _line(node: SyntaxTreeNode) -> str:
    """The text of a paragraph on one line, except for hard line breaks."""
    lines = (
        _CONTAINER.sub("", line, count=1) if line[:3] == ":::" else line for line in _inline(node).split(_SOFT_BREAK)
    )
    return " ".join(line for line in lines if line)


def _inline(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text" | "code_inline" | "text_special":
            return node.content
        case "math_inline":
            return f"${node.content}$"
        case "math_inline_double":
            return f"$${node.content}$$"
        case "footnote_ref":
            return f"[{node.meta['id'] + 1}]"
        case "footnote_anchor":
            return ""
        case "softbreak":
            return _SOFT_BREAK
        case "hardbreak":
            return "\n"
        case "html_inline":
            return "\n" if _HTML_BREAK.match(node.content) else ""
        case _:
            return "".join(_inline(child) for child in node.children)
