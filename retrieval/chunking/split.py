"""A version's text as a tree, and what both retrievers index of its passages. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.chunking import measure
from retrieval.chunking.chunker import Chunker
from retrieval.chunking.context import MOST_CONTEXT, Context
from retrieval.chunking.kinds import CODE, kind_of
from retrieval.chunking.packing import Packing
from retrieval.chunking.presets import AUTO, Preset
from retrieval.chunking.tables import tables
from retrieval.chunking.tree import Kind, Node, Section
from retrieval.chunking.windows import CountTokens, window_tokens, windows


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
    count_tokens: CountTokens,
) -> Split:
    """Splits a version's text by `preset`, with windows for an engine that takes `max_tokens` at once.

    The engine shapes nothing but the windows. What is indexed of a passage begins with the title and headings that it
    stands under.
    """
    packing = Packing(preset.length, preset.overlap, measure.lengths, preset.begins, page_starts)
    result = Split(text, page_starts, Chunker(packing).tree(text, sections), [], [])
    found = tables(text)
    for_words = Context(text, title, found, MOST_CONTEXT, measure.lengths)
    for_engine = Context(text, title, found, min(MOST_CONTEXT, max_tokens // 4), count_tokens)
    passages = result.passages
    spans = [(passage.start, passage.end) for passage in passages]
    limit = window_tokens(max_tokens, preset.window)
    for place, parts in enumerate(windows(text, spans, limit, count_tokens)):
        path = passages[place].heading_path
        result.indexed.append(for_words.before(path, *spans[place]))
        result.windows.extend(Window(place, for_engine.before(path, *part)) for part in parts)
    return result
