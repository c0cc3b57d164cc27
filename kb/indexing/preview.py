"""Previews how a preset splits a document, without changing its index or using its engine."""

from dataclasses import dataclass

from kb.models import VersionText
from kb.parsing.languages import language_of
from retrieval.chunking.kinds import SAMPLE
from retrieval.chunking.presets import PRESETS
from retrieval.chunking.split import Tree, preset_name, tree
from retrieval.chunking.tree import Kind, Section

SHOWN = 60_000  # characters of the beginning that are split: quick, and enough to judge by
READ = max(SHOWN + 1, SAMPLE)  # characters needed, also to recognise the kind of text


@dataclass(frozen=True)
class Entry:
    """A heading (`level` from 1), or a passage (`level` 0) with its number from 1 and its pages."""

    level: int
    text: str
    number: int = 0
    pages: tuple[int, int] | None = None


@dataclass(frozen=True)
class Preview:
    preset: str
    entries: list[Entry]
    passages: int
    is_whole: bool  # false: only the beginning of the document


def preview(facts: VersionText, beginning: str, wanted: str) -> Preview:
    """How the document of `facts` is split by the preset `wanted`; "" is the preset of its collection.

    `beginning` is the first READ characters of the text, or the whole of a shorter one. The text is not loaded.
    """
    version = facts.version
    preset = wanted or version.document.collection.generation.preset
    titles = [section["title"] for section in facts.sections]
    name = preset_name(preset, beginning, titles, is_code=language_of(version.media_type) is not None)
    shown = beginning[:SHOWN]
    page_starts = [start for start in facts.page_starts if start <= len(shown)]
    entries = _entries(tree(shown, _sections(facts, len(shown)), page_starts, PRESETS[name]))
    passages = sum(not entry.level for entry in entries)
    return Preview(name, entries, passages, is_whole=len(beginning) <= SHOWN)


def _entries(found: Tree) -> list[Entry]:
    entries: list[Entry] = []
    number = 0
    for node in found.nodes:
        if node.kind == Kind.SECTION:
            entries.append(Entry(len(node.heading_path), node.heading_path[-1]))
        elif node.kind == Kind.PASSAGE:
            number += 1
            entries.append(Entry(0, found.text[node.start : node.end], number, found.pages(node)))
    return entries


def _sections(facts: VersionText, end: int) -> list[Section]:
    """The sections that begin before `end`, cut off there."""
    return [
        Section(**{**section, "body": min(section["body"], end), "end": min(section["end"], end)})
        for section in facts.sections
        if section["start"] < end
    ]
