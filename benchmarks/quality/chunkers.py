"""What is compared: our cut of a text, and the plain ones that others make."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from embedding.engine import EmbeddingEngine
from kb.parsing.parsed import Parsed
from retrieval import build
from retrieval.chunking.kinds import kind_of
from retrieval.chunking.presets import AUTO, PRESETS
from retrieval.chunking.tree import Kind, Node, Section


@dataclass(frozen=True)
class Chunked:
    """A text as it was cut, and how much of what stands around a passage is shown with it."""

    cut: build.Cut
    shown_characters: int = 0


# The parsed text and its title, cut for an engine.
Chunker = Callable[[Parsed, str, EmbeddingEngine], Chunked]


def chunker(name: str, preset: str) -> Chunker:
    """`ours` by `preset`, `fixed:N` (every N characters, whatever stands there) or `page` (one a page).

    AUTO as the preset cuts each text by its kind. The plain cuts index their text alone: no title, no headings.
    """
    if name == "ours":
        return lambda parsed, title, engine: _ours(parsed, title, engine, preset)
    if name == "page":
        return lambda parsed, title, engine: _plain(parsed, sorted({0, *parsed.page_starts}))
    characters = int(name.removeprefix("fixed:"))
    return lambda parsed, title, engine: _plain(parsed, range(0, len(parsed.text), characters))


def _ours(parsed: Parsed, title: str, engine: EmbeddingEngine, preset: str) -> Chunked:
    if preset == AUTO:
        preset = kind_of(parsed.text, [section.title for section in parsed.sections])
    cut = build.cut(
        parsed.text,
        [Section(**asdict(section)) for section in parsed.sections],
        parsed.page_starts,
        title=title,
        preset=PRESETS[preset].clipped(engine.max_tokens),
        count_tokens=engine.count_tokens,
    )
    return Chunked(cut, PRESETS[preset].shown_characters)


def _plain(parsed: Parsed, starts: Sequence[int]) -> Chunked:
    text = parsed.text
    pieces = [(a, b) for a, b in zip(starts, [*starts[1:], len(text)], strict=True) if text[a:b].strip()]
    leaves = [Node(Kind.PASSAGE, 0, a, b, ()) for a, b in pieces]
    whole = Node(Kind.DOCUMENT, None, 0, len(text), ())
    inputs = [text[a:b] for a, b in pieces]
    return Chunked(build.Cut(text, parsed.page_starts, [whole, *leaves], inputs, inputs, list(range(len(inputs)))))
