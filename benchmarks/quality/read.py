"""Parses the documents of a set with the real parser, as if they were uploaded."""

import hashlib
import json
from bisect import bisect_left
from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote

from benchmarks.quality.sets import Set, Source
from kb.parsing import media_type
from kb.parsing.parsed import Parsed
from kb.parsing.process import Parser
from retrieval.evaluation import Span

FILE_ENDINGS = {".txt", ".md", ".pdf"}


def read(data: Set, parser: Parser, cache: Path) -> list[tuple[Source, Parsed]]:
    """Every document with its parsed text. PDFs that were parsed before come from `cache`.

    Raises a ParsingError if it refuses one.
    """
    with TemporaryDirectory() as folder:
        return [
            (source, _pdf(source.pdf, parser, cache) if source.pdf else _text(source, parser, Path(folder)))
            for source in data.sources()
        ]


def title(source: Source, parsed: Parsed) -> str:
    """The title in the context of its passages: the set's, else the document's own, else the file's name."""
    name = Path(unquote(source.id))
    return source.title or parsed.title or (name.stem if name.suffix in FILE_ENDINGS else "")


def moved(spans: Collection[Span], source: str, text: str) -> dict[Span, Span]:
    """Maps spans of `source` to `text`, its parsed form, which may lack white space and signs.

    Spans of which nothing is left are nowhere. Raises ValueError if it changed more: then the places cannot be known.
    """
    if source == text or not spans:
        return {span: span for span in spans}
    kept = _kept(source, text)
    places, there = list(kept), list(kept.values())
    found = {}
    for span in spans:
        first, last = bisect_left(places, span.start), bisect_left(places, span.end) - 1
        if first <= last:
            found[span] = Span(span.document, there[first], there[last] + 1)
    return found


def _kept(source: str, text: str) -> dict[int, int]:
    """The index in `text` of each character of `source` that it still has, except white space; in order."""
    kept: dict[int, int] = {}
    place = 0
    for at, character in enumerate(text):
        if character.isspace():
            continue
        while place < len(source) and source[place] != character:
            if source[place].isalnum():
                break
            place += 1
        if place == len(source) or source[place] != character:
            raise ValueError(f"The parser changed words in a text with gold spans, at {source[place : place + 40]!r}")
        kept[place] = at
        place += 1
    if any(map(str.isalnum, source[place:])):
        raise ValueError("The parser left out the end of a text with gold spans")
    return kept


def _pdf(path: Path, parser: Parser, cache: Path) -> Parsed:
    digest = hashlib.sha256(path.read_bytes() + code_digest("kb/parsing").encode()).hexdigest()
    kept = cache / "parsed" / f"{digest}.json"
    if not kept.exists():
        parsed = parser.parse(path, path.name, media_type.PDF, lambda done, total: None, lambda: None)
        replace(kept, json.dumps(parsed.to_dict()))
    return Parsed.from_dict(json.loads(kept.read_text()))


def _text(source: Source, parser: Parser, folder: Path) -> Parsed:
    kind = media_type.MARKDOWN if source.id.endswith(".md") else media_type.PLAIN
    file = folder / "document.txt"
    file.write_text(source.text, encoding="utf-8", newline="")
    return parser.parse(file, file.name, kind, lambda done, total: None, lambda: None)


def code_digest(*folders: str) -> str:
    """A hash of all Python files below these folders of the checkout."""
    root = Path(__file__).parents[2]
    files = sorted(file for folder in folders for file in (root / folder).rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def replace(file: Path, text: str) -> None:
    """Writes the file atomically."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".new")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(file)
