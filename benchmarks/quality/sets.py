"""Sets of documents and questions with right answers, one folder each.

`corpus.jsonl` has lines of {"id", "title", "text"}, or a folder `pdf` holds the documents and their names are the ids.
`queries.jsonl` has lines of {"id", "text", "gold"}; gold is a list of {"doc"}, of {"doc", "start", "end"} (characters
of the text) or of {"doc", "page"} (from 1). Sets of reading comprehension add "answers", a list of strings.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

from retrieval.evaluation import Span, once_each


class NoSuchSet(Exception):
    """The folder is not a set."""


@dataclass(frozen=True)
class Source:
    """A document as it would be uploaded: a PDF file, or a text. `title` is "" if the set has none."""

    id: str
    title: str
    text: str = ""
    pdf: Path | None = None


@dataclass(frozen=True)
class Question:
    """`spans` and `pages` are empty if the set names only documents."""

    id: str
    text: str
    documents: tuple[str, ...]
    spans: tuple[Span, ...]
    pages: tuple[Span, ...]


@dataclass(frozen=True)
class Set:
    name: str
    corpus: Path
    queries: Path
    answers_as_spans: bool = False  # see `with_span`

    @property
    def has_pages(self) -> bool:
        return self.corpus.is_dir()

    def digest(self) -> str:
        """SHA-256 of its contents."""
        files = [*(sorted(self.corpus.iterdir()) if self.has_pages else [self.corpus]), self.queries]
        return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).hexdigest()

    def sources(self) -> Iterator[Source]:
        if self.has_pages:
            for path in sorted(self.corpus.glob("*.pdf")):
                yield Source(path.name, "", pdf=path)
        else:
            for line in _lines(self.corpus):
                yield Source(line["id"], line["title"], text=line["text"])

    def questions(self, most: int | None) -> list[Question]:
        lines: Iterable[Any] = _lines(self.queries)
        if self.answers_as_spans:
            texts = {source.id: source.text for source in self.sources()}
            lines = (placed for line in lines if (placed := with_span(line, texts)))
        return [_question(line) for line in lines][:most]


@dataclass(frozen=True)
class Mixed(Set):
    """Two translations as one collection: every other article in the language of `corpus`, the rest in that of `other`.

    Its questions are those whose answer is in `other`, if `answered_in_other`, or else in `corpus`.
    """

    other: Path = Path()
    answered_in_other: bool = False

    def digest(self) -> str:
        parts = [super().digest(), hashlib.sha256(self.other.read_bytes()).hexdigest(), str(self.answered_in_other)]
        return hashlib.sha256("".join(parts).encode()).hexdigest()

    def sources(self) -> Iterator[Source]:
        in_other = self._in_other()
        for line, translated in zip(_lines(self.corpus), _lines(self.other), strict=True):
            chosen = translated if line["id"] in in_other else line
            yield Source(chosen["id"], chosen["title"], text=chosen["text"])

    def questions(self, most: int | None) -> list[Question]:
        in_other = self._in_other()
        found = super().questions(None)
        return [one for one in found if (one.documents[0] in in_other) is self.answered_in_other][:most]

    def _in_other(self) -> set[str]:
        """The ids of every other article: paragraphs with one title."""
        articles: dict[str, int] = {}
        return {
            line["id"] for line in _lines(self.corpus) if articles.setdefault(line["title"], len(articles)) % 2 == 1
        }


def with_span(line: dict[str, Any], texts: Mapping[str, str]) -> dict[str, Any] | None:
    """A question's line with its answer as the right span; None if the place of the answer is unknown.

    It is the first of its answers that stands in the document just once. A line that has a span or page stays.
    """
    if any(item.keys() != {"doc"} for item in line["gold"]):
        return line
    for answer in line["answers"]:
        for item in line["gold"]:
            text = texts[item["doc"]]
            if answer and text.count(answer) == 1:
                start = text.index(answer)
                return {**line, "gold": [{**item, "start": start, "end": start + len(answer)}]}
    return None


def sets_of(folder: Path, names: Sequence[str] | None, *, answers_as_spans: bool = False) -> list[Set]:
    """The named sets below `folder`, in that order, or all. Raises NoSuchSet.

    Where spans are to be made of answers, a set that has them is called NAME:spans.
    """
    found = names or sorted(path.parent.name for path in folder.glob("*/queries.jsonl"))
    if not found:
        raise NoSuchSet(f"No folder in {folder} has a queries.jsonl")
    sets = []
    for name in found:
        pdfs = folder / name / "pdf"
        corpus = pdfs if pdfs.is_dir() else folder / name / "corpus.jsonl"
        queries = folder / name / "queries.jsonl"
        for needed in (corpus, queries):
            if not needed.exists():
                raise NoSuchSet(f"The set {name} has no {needed.name} in {folder}")
        if answers_as_spans and all("answers" in line for line in _lines(queries)):
            sets.append(Set(f"{name}:spans", corpus, queries, answers_as_spans=True))
        else:
            sets.append(Set(name, corpus, queries))
    return sets


def crossed(sets: Sequence[Set]) -> list[Set]:
    """The questions of one set on the corpus of another, wherever two sets are translations."""
    return [
        Set(f"{asked.name}>{searched.name}", searched.corpus, asked.queries) for asked, searched in _translations(sets)
    ]


def mixed(sets: Sequence[Set]) -> list[Set]:
    """Wherever two sets are translations: a collection of both, asked in the language of the one or of the other."""
    return [
        Mixed(f"{asked.name}>{name} in both", one.corpus, asked.queries, other=other.corpus, answered_in_other=in_other)
        for one, other in _translations(sets)
        if one.name < other.name
        for asked in (one, other)
        for name, in_other in ((one.name, False), (other.name, True))
    ]


def _translations(sets: Sequence[Set]) -> list[tuple[Set, Set]]:
    """The pairs of sets that are translations, both ways around: they share all ids."""
    ids = {
        one.name: ([source.id for source in one.sources()], {question.id for question in one.questions(None)})
        for one in sets
    }
    return [(one, other) for one, other in permutations(sets, 2) if ids[one.name] == ids[other.name]]


def _question(line: dict[str, Any]) -> Question:
    gold = line["gold"]
    return Question(
        id=line["id"],
        text=line["text"],
        documents=tuple(once_each(item["doc"] for item in gold)),
        spans=tuple(Span(item["doc"], item["start"], item["end"]) for item in gold if "start" in item),
        pages=tuple(Span(item["doc"], item["page"], item["page"] + 1) for item in gold if "page" in item),
    )


def _lines(file: Path) -> Iterator[Any]:
    with file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
