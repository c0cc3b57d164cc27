"""A version's text as a tree, and what both retrievers index of its passages. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.chunking import chunker
from retrieval.chunking.kinds import CODE, kind_of
from retrieval.chunking.presets import AUTO, CONTEXT_TOKENS, Preset
from retrieval.chunking.tree import Kind, Node, Section


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a passage that makes one vector."""

    passage: int  # place of its passage among the passages of the text
    text: str  # what the engine embeds: a context line, a line end, and the part


@dataclass(frozen=True)
class Split:
    """A version's text as a tree, and what both retrievers index of its passages."""

    text: str
    page_starts: Sequence[int]
    nodes: list[Node]
    indexed: list[str]  # of each passage what the lexical retriever reads: a context line, a line end, and the passage
    windows: list[Window]  # what the engine embeds: those of one passage after each other

    @property
    def passages(self) -> list[Node]:
        return [node for node in self.nodes if node.kind == Kind.PASSAGE]

    def pages(self, node: Node) -> tuple[int, int] | None:
        """First and last page of `node`, from 1; None for a text without pages."""
        if not self.page_starts:
            return None
        last = max(node.start, node.end - 1)
        return bisect_right(self.page_starts, node.start), bisect_right(self.page_starts, last)


def preset_name(wanted: str, text: str, titles: Sequence[str], *, is_code: bool = False) -> str:
    """The preset that splits this text: `wanted`, or if that is AUTO the one for the kind of text that it is.

    `titles`: of its sections. `is_code`: the kind is known already.
    """
    if wanted != AUTO:
        return wanted
    return CODE if is_code else kind_of(text, titles)


def split(
    text: str,
    sections: Sequence[Section],
    page_starts: Sequence[int],
    *,
    title: str,
    preset: Preset,
    max_tokens: int,
    count_tokens: chunker.CountTokens,
) -> Split:
    """Splits a version's text for an engine that takes `max_tokens` at once and counts tokens by `count_tokens`.

    What is indexed of a passage begins with the title and headings that it stands under.
    """
    preset = preset.clipped(max_tokens)
    cutter = chunker.Chunker(preset.passage_tokens, preset.overlap_tokens, count_tokens, preset.begins, page_starts)
    pieces = chunker.Chunker(preset.piece_tokens, 0, count_tokens) if preset.piece_tokens else None
    result = Split(text, page_starts, cutter.tree(text, sections), [], [])
    contexts: dict[tuple[str, ...], str] = {}
    headers = chunker.table_headers(text)

    def with_context(path: tuple[str, ...], start: int, end: int) -> str:
        if path not in contexts:
            contexts[path] = chunker.context(title, path, CONTEXT_TOKENS, count_tokens)
        header = chunker.table_header(text, headers, start)
        return "\n".join([contexts[path], *([header] if header else []), text[start:end]])

    for place, passage in enumerate(result.passages):
        result.indexed.append(with_context(passage.heading_path, passage.start, passage.end))
        spans = pieces.spans(text, passage.start, passage.end) if pieces else [(passage.start, passage.end)]
        for start, end in spans:
            result.windows.append(Window(place, with_context(passage.heading_path, start, end)))
    return result
