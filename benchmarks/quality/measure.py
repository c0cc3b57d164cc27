"""Measures one set with one chunker: indexes it with the real code, searches in each mode, and computes figures."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import fmean, median
from time import perf_counter
from typing import Any

import numpy as np
from django.db import connection, transaction

from benchmarks.quality import documents
from benchmarks.quality.chunkers import Chunked, Chunker
from benchmarks.quality.read import moved, title
from benchmarks.quality.sets import Question, Source
from embedding import instructions
from embedding.engine import EmbeddingEngine, EngineMisconfigured, Vectors
from embedding.prompts import Role
from embedding.transforms import Kind
from kb.models import Collection, Document, Version
from kb.parsing.parsed import Parsed
from retrieval import build, evaluation, excerpts, transforms
from retrieval.engines import engine, new_generation
from retrieval.evaluation import Span
from retrieval.models import Generation, IndexedVersion, Status
from retrieval.options import Mode, SearchOptions
from retrieval.question_vectors import told
from retrieval.search import Hit, search

RETURNED = 50  # passages per question: enough for ten documents and every budget
BUDGETS = (2000, 4000, 5000)  # characters
WORST = 10  # worst questions to report
JUDGED_BY = ("page recall@5", "span recall@4000c", "nDCG@10")  # the first one that the set has is used


@dataclass(frozen=True)
class Asked:
    """A question with its figures and first results: [document, start, end, pages or None]."""

    id: str
    text: str
    figures: dict[str, float]
    right: list[list[Any]]
    found: list[list[Any]]


@dataclass(frozen=True)
class Outcome:
    """Means over the questions of one set in one mode, and the worst questions."""

    mode: str
    figures: dict[str, float]
    p50_ms: float  # per question, without embedding
    worst: list[Asked]
    judged_by: str  # one of the figures
    each: dict[str, float]  # that figure of each question, by id


@dataclass(frozen=True)
class Index:
    """How a generation is made and asked, see new_generation."""

    engine: str
    preset: str
    instruction: str | None = None

    def told(self, question: str) -> str:
        setting = instructions.DEFAULT if self.instruction is None else self.instruction
        return told(setting, self.preset, question).text


@dataclass(frozen=True)
class Indexed:
    documents: int
    passages: int
    vectors: int
    mean_characters: float
    split_seconds: float
    embed_seconds: float  # almost nothing for cached embeddings
    write_seconds: float
    instruction: str  # the setting that questions were asked with
    outcomes: list[Outcome]


def measure(
    texts: Sequence[tuple[Source, Parsed]],
    questions: Sequence[Question],
    chunk: Chunker,
    modes: Sequence[Mode],
    index: Index,
    document_weight: float = 0.0,
    variants: Sequence[str] = (),
) -> Indexed:
    """Index and ask. `variants`: of the vectors, a number of dimensions or a transform with one, as "128", "pca:128".

    Nothing of it stays in the database but the vectors, if the engine keeps them.

    With a weight for them, documents are also ranked by vectors of their own, see documents.py.
    """
    made_by = engine(index.engine)
    begun = perf_counter()
    chunked = [chunk(parsed, title(source, parsed), made_by) for source, parsed in texts]
    split = perf_counter()
    windows = [window.text for one in chunked for window in one.split.windows]
    if set(modes) == {Mode.LEXICAL}:
        vectors = np.zeros((len(windows), made_by.dimensions), dtype=np.float32)  # unused
    else:
        vectors = made_by.embed(windows)
    embedded = perf_counter()
    if set(modes) != {Mode.LEXICAL}:
        _embed_questions(questions, made_by, index)  # before the transaction, so that they are kept
    reorder = None
    if document_weight:
        titles = [title(source, parsed) for source, parsed in texts]
        whole = documents.vectors(chunked, titles, vectors, made_by)
        ids = [source.id for source, _parsed in texts]
        reorder = documents.reordering(ids, whole, made_by, document_weight, index.told)
    with _left_as_it_was():
        before_write = perf_counter()
        published = _publish([source for source, _parsed in texts], chunked, vectors, index)
        written = perf_counter()
        placed = _placed(questions, texts)
        outcomes = [_ask(published, placed, mode, mode, reorder) for mode in modes]
        for variant in variants:
            try:
                other = _varied(published, vectors, variant)
            except EngineMisconfigured as refused:
                print(f"{variant}: {refused}", file=sys.stderr)
                continue
            outcomes += [
                _ask(other, placed, mode, f"{mode} {variant}", reorder) for mode in modes if mode != Mode.LEXICAL
            ]
    lengths = [passage.end - passage.start for one in chunked for passage in one.split.passages]
    return Indexed(
        documents=len(texts),
        passages=len(lengths),
        vectors=len(windows),
        mean_characters=fmean(lengths),
        split_seconds=split - begun,
        embed_seconds=embedded - split,
        write_seconds=written - before_write,
        instruction=published.generation.instruction,
        outcomes=outcomes,
    )


@dataclass(frozen=True)
class _Published:
    """An index of everything in a set."""

    generation: Generation
    ids: dict[int, str]  # of the set's documents, by version
    chunked: dict[int, Chunked]  # by version

    def document(self, hit: Hit) -> str:
        return self.ids[hit.passage.version]

    def shown(self, hit: Hit) -> Span:
        """The span that a reader of the hit sees."""
        one = self.chunked[hit.passage.version]
        span = excerpts.around(one.split.text, hit.passage.start, hit.passage.end, one.shown_characters)
        return Span(self.document(hit), *span)


def _judged(
    question: Question, hits: Sequence[Hit], published: _Published, reorder: documents.Reorder | None
) -> dict[str, float]:
    """The figures of one question. Documents are ranked by their first passage."""
    ranked = evaluation.once_each(published.document(hit) for hit in hits)
    figures = {
        "nDCG@10": evaluation.ndcg(ranked, question.documents, 10),
        "MRR@10": evaluation.reciprocal_rank(ranked, question.documents, 10),
        "recall@5": evaluation.recall(ranked, question.documents, 5),
        "hit@1": evaluation.hit(ranked, question.documents, 1),
    }
    if reorder:
        figures["nDCG@10 reordered"] = evaluation.ndcg(reorder(ranked, question.text), question.documents, 10)
    if question.spans:
        spans = [published.shown(hit) for hit in hits]
        for name, seen in [(f"@{k}", spans[:k]) for k in (5, 10)] + [
            (f"@{budget}c", evaluation.within(spans, budget)) for budget in BUDGETS
        ]:
            figures[f"span recall{name}"] = evaluation.span_recall(seen, question.spans)
            figures[f"span precision{name}"] = evaluation.span_precision(seen, question.spans)
    if question.pages:
        pages = [
            Span(published.document(hit), hit.passage.pages[0], hit.passage.pages[1] + 1)
            for hit in hits
            if hit.passage.pages
        ]
        figures["page recall@5"] = evaluation.span_recall(pages[:5], question.pages)
    return figures


def _ask(
    published: _Published, questions: Sequence[Question], mode: Mode, name: str, reorder: documents.Reorder | None
) -> Outcome:
    asked, took = [], []
    for question in questions:
        found = search([published.generation], question.text, SearchOptions(limit=RETURNED, mode=mode))
        took.append(found.took_ms["total"] - found.took_ms["embed"])
        asked.append(_asked(question, found.hits, published, reorder))
    names = dict.fromkeys(name for one in asked for name in one.figures)
    means = {name: fmean(one.figures[name] for one in asked if name in one.figures) for name in names}
    judge = next(name for name in JUDGED_BY if name in means)
    judged = [one for one in asked if judge in one.figures]
    worst = sorted(judged, key=lambda one: one.figures[judge])[:WORST]
    return Outcome(name, means, median(took), worst, judge, {one.id: one.figures[judge] for one in judged})


def _asked(question: Question, hits: Sequence[Hit], published: _Published, reorder: documents.Reorder | None) -> Asked:
    first = [hit.passage for hit in hits[:5]]
    return Asked(
        id=question.id,
        text=question.text,
        figures=_judged(question, hits, published, reorder),
        right=[list(place) for place in question.spans or question.pages]
        or [[document] for document in question.documents],
        found=[[published.ids[one.version], one.start, one.end, one.pages] for one in first],
    )


def _embed_questions(questions: Sequence[Question], engine: EmbeddingEngine, index: Index) -> None:
    by_instruction: dict[str, list[str]] = {}
    for question in questions:
        by_instruction.setdefault(index.told(question.text), []).append(question.text)
    for instruction, texts in by_instruction.items():
        engine.embed(texts, role=Role.QUERY, instruction=instruction)


def _publish(sources: Sequence[Source], chunked: Sequence[Chunked], vectors: Vectors, index: Index) -> _Published:
    """The index of a new collection with everything in it."""
    generation = new_generation(
        "benchmark", engine_name=index.engine, preset=index.preset, instruction=index.instruction
    )
    collection = Collection.objects.create(name="Benchmark", generation=generation)
    rows = Document.objects.bulk_create(Document(collection=collection, name=one.id[:255]) for one in sources)
    versions = Version.objects.bulk_create(
        Version(document=one, number=1, filename=one.name, media_type="text/plain", size=0) for one in rows
    )
    pks = [version.pk for version in versions]
    ids = [source.id for source in sources]
    published = _Published(generation, dict(zip(pks, ids, strict=True)), dict(zip(pks, chunked, strict=True)))
    _fill(published, vectors)
    return published


def _fill(published: _Published, vectors: Vectors) -> None:
    first = 0
    for version, one in published.chunked.items():
        after = first + len(one.split.windows)
        postings = build.postings(one.split.text, one.split.indexed, lambda: None)
        build.publish(published.generation, version, one.split, vectors[first:after], postings)
        first = after
    IndexedVersion.objects.bulk_create(
        IndexedVersion(generation=published.generation, version=version, status=Status.READY)
        for version in published.chunked
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE retrieval_passage, retrieval_passagevector, retrieval_segment, retrieval_posting")


def _varied(published: _Published, vectors: Vectors, variant: str) -> _Published:
    """Another index of the same passages. Raises EngineMisconfigured if the vectors cannot be varied so."""
    source = published.generation
    source.refresh_from_db()
    kind, _colon, size = variant.rpartition(":") if variant not in list(Kind) else (variant, "", "")
    dimensions = int(size) if size else None
    generation = new_generation(
        source.collection,
        engine_name=source.engine,
        preset=source.preset,
        dimensions=dimensions,
        instruction=source.instruction,
        vector_space=transforms.new_space(source, Kind(kind), dimensions) if kind else None,
    )
    transforms.fit(generation.vector_space)
    other = replace(published, generation=generation)
    _fill(other, vectors)
    return other


def _placed(questions: Sequence[Question], texts: Sequence[tuple[Source, Parsed]]) -> list[Question]:
    """The questions, with spans at their places in the parsed texts."""
    spans: dict[str, list[Span]] = {}
    for span in (span for question in questions for span in question.spans):
        spans.setdefault(span.document, []).append(span)
    new: dict[Span, Span] = {}
    for source, parsed in texts:
        new |= moved(spans.get(source.id, []), source.text, parsed.text)
    return [
        replace(question, spans=tuple(new[span] for span in question.spans if span in new)) for question in questions
    ]


@contextmanager
def _left_as_it_was() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
