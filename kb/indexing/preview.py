"""How a preset splits a document, without a change to its index and without its engine."""

from collections.abc import Sequence
from dataclasses import dataclass

from kb.models import VersionText
from kb.parsing.languages import language_of
from retrieval.chunking.kinds import SAMPLE
from retrieval.chunking.presets import PRESETS
from retrieval.chunking.split import Split, preset_name, split
from retrieval.chunking.tree import Kind, Section

SHOWN = 60_000  # characters of the beginning: enough to judge by, and quick
READ = max(SHOWN + 1, SAMPLE)  # of them are looked at


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
    is_whole: bool  # or only the beginning of the document


def preview(facts: VersionText, beginning: str, wanted: str) -> Preview:
    """How the document of `facts` is split if its preset is `wanted`; "" is that of its collection.

    `beginning` is the first READ characters of its text, or all if there are fewer: the text itself is not loaded.
    """
    version = facts.version
    preset = wanted or version.document.collection.generation.preset
    titles = [section["title"] for section in facts.sections]
    name = preset_name(preset, beginning, titles, is_code=language_of(version.media_type) is not None)
    shown = beginning[:SHOWN]
    result = split(
        shown,
        _sections(facts, len(shown)),
        [start for start in facts.page_starts if start <= len(shown)],
        title=version.title,
        preset=PRESETS[name],
        max_tokens=READ,
        count_tokens=_nothing,  # only windows depend on an engine, and they are not shown
    )
    entries = _entries(result)
    passages = sum(not entry.level for entry in entries)
    return Preview(name, entries, passages, is_whole=len(beginning) <= SHOWN)


def _entries(found: Split) -> list[Entry]:
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
    """Those that begin before `end`, none longer than that."""
    return [
        Section(**{**section, "body": min(section["body"], end), "end": min(section["end"], end)})
        for section in facts.sections
        if section["start"] < end
    ]


def _nothing(texts: Sequence[str]) -> list[int]:
    return [0] * len(texts)
