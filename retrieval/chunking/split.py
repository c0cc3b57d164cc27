"""Splits a version's text into a tree of passages, with the input of both retrievers. Pure."""

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
    """A part of a passage that gets one vector."""

    passage: int  # index in `Split.passages`
    text: str  # the engine's input: a context line, a line break, the part


@dataclass(frozen=True)
class Tree:
    """A text as a tree of sections and passages."""

    text: str
    page_starts: Sequence[int]
    nodes: list[Node]

    @property
    def passages(self) -> list[Node]:
        return [node for node in self.nodes if node.kind == Kind.PASSAGE]

    def pages(self, node: Node) -> tuple[int, int] | None:
        """First and last page of `node`, from 1; None for a text without pages."""
        if not self.page_starts:
            return None
        last = max(node.start, node.end - 1)
        return bisect_right(self.page_starts, node.start), bisect_right(self.page_starts, last)


@dataclass(frozen=True)
class Split(Tree):
    """A tree with the input of both retrievers."""

    indexed: list[str]  # for each passage, the lexical retriever's input: a context line, a line break, the passage
    windows: list[Window]  # the engine's input, in the order of the passages


def preset_name(wanted: str, text: str, titles: Sequence[str], *, is_code: bool = False) -> str:
    """The preset for this text: `wanted`, or if that is AUTO the one for its kind of text.

    `titles` are those of its sections. With `is_code` the kind is already known.
    """
    if wanted != AUTO:
        return wanted
    return CODE if is_code else kind_of(text, titles)


def tree(text: str, sections: Sequence[Section], page_starts: Sequence[int], preset: Preset) -> Tree:
    """Splits a text by `preset`. No engine affects the result."""
    packing = Packing(preset.length, preset.overlap, measure.lengths, preset.begins, page_starts)
    return Tree(text, page_starts, Chunker(packing).tree(text, sections))


def for_words(text: str, title: str, passages: Sequence[tuple[tuple[str, ...], int, int]]) -> list[str]:
    """The lexical retriever's input of passages, each given as its heading path, start and end in `text`."""
    context = Context(text, title, tables(text), MOST_CONTEXT, measure.lengths)
    return [context.before(*passage) for passage in passages]


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
    """The tree of a text, with windows for an engine that accepts `max_tokens` at a time.

    The engine affects only the windows. The input for a passage begins with its title and headings.
    """
    found = tree(text, sections, page_starts, preset)
    for_engine = Context(text, title, tables(text), min(MOST_CONTEXT, max_tokens // 4), count_tokens)
    paths = [passage.heading_path for passage in found.passages]
    spans = [(passage.start, passage.end) for passage in found.passages]
    limit = window_tokens(max_tokens, preset.window)
    indexed = for_words(text, title, [(path, *span) for path, span in zip(paths, spans, strict=True)])
    result = Split(text, page_starts, found.nodes, indexed, [])
    for place, parts in enumerate(windows(text, spans, limit, count_tokens)):
        result.windows.extend(Window(place, for_engine.before(paths[place], *part)) for part in parts)
    return result
