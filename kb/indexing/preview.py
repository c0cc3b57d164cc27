"""A document's tree and passages as a preset cuts them, without a change to the index."""

from dataclasses import dataclass

from kb.models import VersionText
from kb.parsing.languages import language_of
from retrieval.chunking.presets import PRESETS
from retrieval.chunking.split import preset_name, split
from retrieval.chunking.tree import Kind, Section
from retrieval.engines import engine

CHARACTERS = 60_000  # of the beginning: enough to judge by, and quick


@dataclass(frozen=True)
class Piece:
    """A heading (`level` from 1) or a passage (level 0)."""

    level: int
    text: str
    number: int = 0  # of a passage, from 1
    tokens: int = 0
    pages: tuple[int, int] | None = None


@dataclass(frozen=True)
class Preview:
    preset: str
    pieces: list[Piece]
    passages: int
    is_whole: bool  # or only the beginning of the document


def preview(text: VersionText, wanted: str) -> Preview:
    """How `text` is cut if `wanted` is its document's preset, "" for its collection's. Raises EngineError."""
    version = text.version
    generation = version.document.collection.generation
    titles = [section["title"] for section in text.sections]
    is_code = language_of(version.media_type) is not None
    name = preset_name(wanted or generation.preset, text.text, titles, is_code=is_code)
    made_by = engine(generation.engine)
    beginning = text.text[:CHARACTERS]
    cut = split(
        beginning,
        _sections(text, len(beginning)),
        [start for start in text.page_starts if start <= len(beginning)],
        title=version.title,
        preset=PRESETS[name],
        max_tokens=made_by.max_tokens,
        count_tokens=made_by.count_tokens,
    )
    tokens = iter(made_by.count_tokens([beginning[leaf.start : leaf.end] for leaf in cut.passages]))
    pieces: list[Piece] = []
    passages = 0
    for node in cut.nodes:
        if node.kind == Kind.SECTION:
            pieces.append(Piece(len(node.heading_path), node.heading_path[-1]))
        elif node.kind == Kind.PASSAGE:
            passages += 1
            span = beginning[node.start : node.end]
            pieces.append(Piece(0, span, passages, next(tokens), cut.pages(node)))
    return Preview(name, pieces, passages, len(beginning) == len(text.text))


def _sections(text: VersionText, end: int) -> list[Section]:
    """Those that begin before `end`, none longer than that."""
    return [
        Section(**{**section, "body": min(section["body"], end), "end": min(section["end"], end)})
        for section in text.sections
        if section["start"] < end
    ]
