"""CommonMark with tables, footnotes and formulas, as readers see it. Top-level headings make the sections.

https://spec.commonmark.org, https://markdown-it-py.readthedocs.io and https://mdit-py-plugins.readthedocs.io
"""

import re
from collections.abc import Callable, Iterable, Iterator
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from kb.parsing import front_matter, grid, markdown_html
from kb.parsing.blocks import Block, write
from kb.parsing.draft import Draft, one_line
from kb.parsing.encoding import read_text
from kb.parsing.grid import Cell
from kb.parsing.links import address, says, with_address
from kb.parsing.markdown_html import Tags
from kb.parsing.parsed import Parsed

_MAX_NESTING = 100  # anything deeper is lost; markdown-it's default of 20 ends a list at its tenth level
_HEADING_ID = re.compile(r"\s*\{#[^\s{}]+\}\s*$")  # `## Title {#anchor}` of VitePress, Pandoc, kramdown
_SOFT_BREAK = "\v"
_CONTAINER = re.compile(r":{3,}[ \t]*[\w-]*[ \t]*")  # `::: tip Title` of VitePress and Docusaurus; `:::` ends it
_LANGUAGE = re.compile(r"[\w+#.-]*")  # `js{7-12}` also lists lines to highlight


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
    source = source.replace("\xad", "")
    tags = Tags(source)
    markdown = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable(["table", "strikethrough"])
    markdown.use(footnote_plugin).use(dollarmath_plugin, allow_digits=False, allow_space=False, double_inline=True)
    markdown_html.install(markdown, tags)
    markdown.validateLink = lambda url: True  # type: ignore[method-assign]  # `links` judges; a refused one stays source
    writer = _Writer(tags)
    root = SyntaxTreeNode(markdown.parse(source))
    notes = {note.meta["id"]: note for node in root.children if node.type == "footnote_block" for note in node.children}
    for node in root.children:
        if node.type == "footnote_block":
            continue
        yield from writer.top(node)
        for reference in node.walk():
            note = notes.pop(reference.meta.get("id"), None) if reference.type == "footnote_ref" else None
            if note is not None:
                yield Block(f"[{note.meta['id'] + 1}] {one_line(writer.block(note))}", kind="note")


class _Writer:
    """Writes nodes as the text that a reader sees."""

    def __init__(self, tags: Tags) -> None:
        self._tags = tags

    def top(self, node: SyntaxTreeNode) -> Iterator[Block]:
        """The blocks of a node outside of lists and the like. Addresses of links in a heading stand below it."""
        if node.type == "heading":
            addresses: list[str] = []
            yield Block(_HEADING_ID.sub("", self.line(node, addresses)), level=int(node.tag.removeprefix("h")))
            yield from map(Block, addresses)
        elif node.type == "html_block":
            yield from self._html(node)
        elif node.type == "table":
            yield from self._table(node)
        else:
            yield Block(self.block(node))

    def block(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "paragraph" | "heading":
                return self.line(node)
            case "fence":
                fence, language = node.markup[:3], "".join(_LANGUAGE.findall(node.info.strip())[:1])
                return f"{fence}{language}\n{node.content.rstrip()}\n{fence}"
            case "code_block":
                return node.content
            case "math_block":
                return f"$$\n{node.content.strip()}\n$$"
            case "html_block":
                return "\n".join(block.text for block in self._html(node))
            case "bullet_list":
                return self._items(node, ("- " for _ in node.children))
            case "ordered_list":
                first = int(node.attrs.get("start", 1))
                return self._items(node, (f"{first + index}. " for index in range(len(node.children))))
            case "table":
                return "\n".join(row.text for row in self._table(node))
            case _:
                return "\n\n".join(self.block(child) for child in node.children)

    def line(self, node: SyntaxTreeNode, addresses: list[str] | None = None) -> str:
        """The text of a paragraph on one line, except for hard line breaks. Links append to `addresses`, if given."""
        if any(child.type == "html_inline" and self._tags.is_tag(child.content) for child in node.walk()):
            html = "".join(self._as_html(child) for child in node.children)
            found = self._tags.blocks(html if addresses is None else f"<h1>{html}</h1>")
            if addresses is None:
                return "\n".join(block.text for block in found)
            addresses += [block.text for block in found if not block.level]
            return "".join(block.text for block in found if block.level)
        lines = self._inline(node, addresses).split(_SOFT_BREAK)
        lines = [_CONTAINER.sub("", line, count=1) if line[:3] == ":::" else line for line in lines]
        return " ".join(line for line in lines if line)

    def _html(self, node: SyntaxTreeNode) -> list[Block]:
        is_mixed = node.meta.get("is_mixed")
        return markdown_html.mixed(node.content, self._tags) if is_mixed else self._tags.blocks(node.content)

    def _table(self, node: SyntaxTreeNode) -> Iterator[Block]:
        rows = (row for part in node.children for row in part.children)
        return grid.table([[[Cell([Block(self.line(cell))]) for cell in row.children] for row in rows]])

    def _items(self, node: SyntaxTreeNode, marks: Iterable[str]) -> str:
        items = []
        for item, mark in zip(node.children, marks, strict=True):
            text = "\n".join(self.block(child).rstrip("\n") for child in item.children)
            items.append(mark + text.replace("\n", "\n" + " " * len(mark)))
        return "\n".join(items)

    def _inline(self, node: SyntaxTreeNode, addresses: list[str] | None) -> str:
        match node.type:
            case "link":
                words = "".join(self._inline(child, addresses) for child in node.children)
                given = str(node.attrs.get("href", ""))
                if addresses is None:
                    return with_address(words, given)
                place = address(given)
                addresses += [place] if place and not says(words, place) else []
                return words
            case "softbreak":
                return _SOFT_BREAK
            case "hardbreak":
                return "\n"
            case _ if (text := self._text(node)) is not None:
                return text
            case _:
                return "".join(self._inline(child, addresses) for child in node.children)

    def _as_html(self, node: SyntaxTreeNode) -> str:
        """A part of a paragraph with HTML in it, as HTML."""
        match node.type:
            case "html_inline" if self._tags.is_tag(node.content):
                return node.content
            case "softbreak":
                return "\n"
            case "hardbreak":
                return "<br>"
            case _ if (text := self._text(node)) is not None:
                return escape(text)
            case _:
                inside = "".join(self._as_html(child) for child in node.children)
                return (
                    f'<a href="{escape(str(node.attrs.get("href", "")))}">{inside}</a>'
                    if node.type == "link"
                    else inside
                )

    def _text(self, node: SyntaxTreeNode) -> str | None:
        """The text of a node without children; None for one with children."""
        match node.type:
            case "text" | "code_inline" | "text_special" | "html_inline":
                return node.content
            case "math_inline":
                return f"${node.content}$"
            case "math_inline_double":
                return f"$${node.content}$$"
            case "footnote_ref":
                return f"[{node.meta['id'] + 1}]"
            case "footnote_anchor":
                return ""
            case _:
                return None
