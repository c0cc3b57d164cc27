"""The chunkers that are compared: Footnote's, and simple alternatives."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from embedding.engine import EmbeddingEngine
from kb.parsing.parsed import Parsed
from retrieval.chunking.presets import PRESETS
from retrieval.chunking.split import Split, Window, preset_name, split
from retrieval.chunking.tree import Kind, Node, Section


@dataclass(frozen=True)
class Chunked:
    """A text that was split, and how much text around a passage is shown."""

    split: Split
    shown_characters: int = 0


# Splits the parsed text with this title for an engine.
Chunker = Callable[[Parsed, str, EmbeddingEngine], Chunked]


def chunker(name: str, preset: str) -> Chunker:
    """`ours` by `preset`, `fixed:N` (every N characters) or `page` (one passage per page).

    AUTO as the preset splits each text by its kind. The plain ways index their text alone: no title, no headings.
    """
    if name == "ours":
        return lambda parsed, title, engine: _ours(parsed, title, engine, preset)
    if name == "page":
        return lambda parsed, title, engine: _plain(parsed, sorted({0, *parsed.page_starts}))
    characters = int(name.removeprefix("fixed:"))
    return lambda parsed, title, engine: _plain(parsed, range(0, len(parsed.text), characters))


def _ours(parsed: Parsed, title: str, engine: EmbeddingEngine, preset: str) -> Chunked:
    chosen = PRESETS[preset_name(preset, parsed.text, [section.title for section in parsed.sections])]
    made = split(
        parsed.text,
        [Section(**asdict(section)) for section in parsed.sections],
        parsed.page_starts,
        title=title,
        preset=chosen,
        max_tokens=engine.max_tokens,
        count_tokens=engine.count_tokens,
    )
    return Chunked(made, chosen.shown_characters)


def _plain(parsed: Parsed, starts: Sequence[int]) -> Chunked:
    text = parsed.text
    spans = [(a, b) for a, b in zip(starts, [*starts[1:], len(text)], strict=True) if text[a:b].strip()]
    passages = [Node(Kind.PASSAGE, 0, a, b, ()) for a, b in spans]
    whole = Node(Kind.DOCUMENT, None, 0, len(text), ())
    indexed = [text[a:b] for a, b in spans]
    windows = [Window(place, text) for place, text in enumerate(indexed)]
    return Chunked(Split(text, parsed.page_starts, [whole, *passages], indexed, windows))
