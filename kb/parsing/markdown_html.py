"""HTML inside Markdown: which angle brackets are HTML, and where a table ends."""

import re
from html import escape

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.html_block import html_block

from kb.parsing.blocks import Block
from kb.parsing.html import fragment
from kb.parsing.html_elements import ELEMENTS

_TAG = re.compile(r"<(?![\w.+-]+[:@])(/?)([A-Za-z][\w.-]*)([^<>]*)")  # not <https://...> and <name@host>
_CLOSED = re.compile(r"</([A-Za-z][\w.-]*)\s*>")
_TABLE = re.compile(r"<(/?)table\b", re.IGNORECASE)
_MAX_TABLE_LINES = 20_000
_MAX_OPEN_TABLES = 3  # tables without an end that are looked for, each to the end of the text


class Tags:
    """Tells tags from text in angle brackets, such as <project-id> or List<Integer>.

    A tag is an element of HTML, or a component (of JSX or the like): a name with a capital, hyphen or dot that has
    attributes, or an end somewhere in the text.
    """

    def __init__(self, source: str) -> None:
        self._closed = set(_CLOSED.findall(source))

    def is_tag(self, text: str) -> bool:
        """Whether text that begins with "<" is a tag, a comment or the like."""
        match = _TAG.match(text)
        return match is None or self._is_tag(match)

    def escaped(self, source: str) -> str:
        """HTML in which everything that is no tag is text."""
        return _TAG.sub(lambda match: match[0] if self._is_tag(match) else escape(match[0][:1]) + match[0][1:], source)

    def blocks(self, source: str) -> list[Block]:
        """The blocks of HTML embedded in Markdown."""
        return fragment(self.escaped(source))

    def _is_tag(self, match: re.Match[str]) -> bool:
        name, more = match[2], match[3].strip()
        if name.lower() in ELEMENTS:
            return True
        looks_like_component = name[0].isupper() or "-" in name or "." in name
        return looks_like_component and (name in self._closed or "=" in more or more.endswith("/"))


def install(markdown: MarkdownIt, tags: Tags) -> None:
    """Replaces the rule for blocks of HTML: a table ends at its end tag, not at a blank line, as in a browser."""
    open_tables = 0

    def rule(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
        nonlocal open_tables
        start = state.bMarks[start_line] + state.tShift[start_line]
        if not tags.is_tag(state.src[start : state.eMarks[start_line]]):
            return False
        if not html_block(state, start_line, end_line, silent):
            return False
        if not silent and open_tables < _MAX_OPEN_TABLES and _open_tables(state.tokens[-1].content) > 0:
            end = _end_of_table(state, start_line, end_line)
            open_tables += end is None
            if end is not None:
                state.line = end
                state.tokens[-1].content = state.getLines(start_line, end, state.blkIndent, True)
                state.tokens[-1].meta = {"is_mixed": True}
        return True

    markdown.block.ruler.at("html_block", rule, {"alt": ["paragraph", "reference", "blockquote"]})


def mixed(source: str, tags: Tags) -> list[Block]:
    """The blocks of a table with blank lines. Between these, the cells hold Markdown; indented HTML is no code."""
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("code")
    return tags.blocks(markdown.render(tags.escaped(source)))


def _open_tables(source: str) -> int:
    return sum(-1 if match[1] else 1 for match in _TABLE.finditer(source))


def _end_of_table(state: StateBlock, start_line: int, end_line: int) -> int | None:
    """The line after the end of all tables that begin at `start_line`; None if they have no end."""
    still_open = 0
    has_begun = False
    for line in range(start_line, min(end_line, start_line + _MAX_TABLE_LINES)):
        found = _open_tables(state.src[state.bMarks[line] : state.eMarks[line]])
        still_open += found
        has_begun = has_begun or found > 0
        if has_begun and still_open <= 0:
            return line + 1
    return None
