"""Publishes versions in a generation, and removes them, each in one transaction."""

from collections.abc import Callable, Iterator, Sequence

from django.db import connection
from django.db.models import F

from embedding.engine import Vectors
from retrieval import terms, transforms
from retrieval.chunking.split import Split
from retrieval.chunking.tree import Kind
from retrieval.indexes import bm25, configured
from retrieval.models import Generation, IndexedVersion


def postings(text: str, passages: Sequence[str], keep: Callable[[], None]) -> bm25.Packed:
    """The postings of passages of `text`, each given with its context, see chunking.split.for_words.

    This may take minutes, so `keep` is called before each passage.
    """
    language = terms.language_of(text)

    def terms_of_passages() -> Iterator[list[str]]:
        for passage in passages:
            keep()
            yield terms.terms(passage, language)

    return bm25.pack(terms_of_passages())


def publish(generation: Generation, version: int, split: Split, vectors: Vectors, postings: bm25.Packed) -> None:
    """Adds a version's tree, vectors and postings to `generation`. Call it in the transaction that publishes.

    `vectors` are the engine's own vectors of the windows, in order.
    """
    passages = _write_tree(generation.pk, version, split)
    whose = [passages[window.passage] for window in split.windows]
    configured.dense().write(generation.pk, version, whose, transforms.into(generation.vector_space, vectors))
    configured.lexical().write(generation.pk, version, passages, postings)
    _changed(generation.pk, len(passages))


def replace_postings(generation: Generation, version: int, passages: Sequence[int], postings: bm25.Packed) -> None:
    """Replaces the postings of a version whose `passages` stay, in order. Call it in a transaction."""
    configured.lexical().remove(generation.pk, {version: passages})
    configured.lexical().write(generation.pk, version, passages, postings)
    _changed(generation.pk, 0)


def remove(generation: Generation, versions: Sequence[int]) -> None:
    """Removes versions from a generation. Call it in the transaction that removes or supersedes them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM retrieval_passage WHERE version = ANY(%s) AND generation_id = %s RETURNING version, id, kind",
            [list(versions), generation.pk],
        )
        gone: dict[int, list[int]] = {version: [] for version in versions}
        for version, passage, kind in cursor.fetchall():
            if kind == Kind.PASSAGE:
                gone[version].append(passage)
    configured.dense().remove(generation.pk, gone)
    configured.lexical().remove(generation.pk, gone)
    if passages := sum(map(len, gone.values())):  # otherwise the row would be locked for nothing
        _changed(generation.pk, -passages)


def hide(versions: Sequence[int]) -> None:
    """Versions are found no more, in any generation: call it in the transaction that removes them. Data stays."""
    rows = IndexedVersion.objects.filter(version__in=versions)
    rows.update(visible=False)
    held = Generation.objects.filter(pk__in=rows.values("generation")).order_by("pk").select_for_update()
    Generation.objects.filter(pk__in=[one.pk for one in held]).update(revision=F("revision") + 1)


def _changed(generation: int, passages: int) -> None:
    """Notes that what can be found has changed, by so many passages."""
    Generation.objects.filter(pk=generation).update(
        passage_count=F("passage_count") + passages, revision=F("revision") + 1
    )


def _write_tree(generation: int, version: int, split: Split) -> list[int]:
    """Stores the nodes; returns the ids of the passages, in order."""
    columns = (
        'id, generation_id, version, parent_id, kind, ordinal, start, "end", first_page, last_page, heading_path, text'
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('retrieval_passage', 'id')) FROM generate_series(1, %s)",
            [len(split.nodes)],
        )
        ids = [row[0] for row in cursor.fetchall()]
        with cursor.copy(f"COPY retrieval_passage ({columns}) FROM STDIN") as copy:
            for ordinal, node in enumerate(split.nodes):
                parent = None if node.parent is None else ids[node.parent]
                text = split.text[node.start : node.end] if node.kind == Kind.PASSAGE else ""
                pages = split.pages(node) or (None, None)
                path = list(node.heading_path)
                row = (ids[ordinal], generation, version, parent, node.kind, ordinal, node.start, node.end, *pages)
                copy.write_row((*row, path, text))
    return [id for id, node in zip(ids, split.nodes, strict=True) if node.kind == Kind.PASSAGE]
