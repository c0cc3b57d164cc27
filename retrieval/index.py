"""Everything of a version enters the index in one transaction, and leaves it in one."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.db import connection

from embedding.engine import Vectors
from retrieval import analysis, chunking, dense, lexical
from retrieval.kinds import CODE, kind_of
from retrieval.models import Generation
from retrieval.presets import AUTO, CONTEXT_TOKENS, Preset


@dataclass(frozen=True)
class Cut:
    """A version's text as a tree, and what both legs index of its leaves.

    Each of `indexed` and `inputs` is a context line, a line end, and text.
    """

    text: str
    page_starts: Sequence[int]
    nodes: list[chunking.Node]
    indexed: list[str]  # one for each leaf, in order: what the lexical leg reads
    inputs: list[str]  # what the engine embeds: the same, or where that is much for one vector, pieces of it
    leaf_of: list[int]  # for each input the place of its leaf among the leaves

    @property
    def leaves(self) -> list[chunking.Node]:
        return [node for node in self.nodes if node.kind == chunking.LEAF]

    def pages(self, node: chunking.Node) -> tuple[int, int] | None:
        """First and last page of `node`, from 1; None for a text without pages."""
        if not self.page_starts:
            return None
        last = max(node.start, node.end - 1)
        return bisect_right(self.page_starts, node.start), bisect_right(self.page_starts, last)


def preset_for(
    generation: Generation, text: str, titles: Sequence[str], *, wanted: str = "", is_code: bool = False
) -> str:
    """The name of the preset that cuts this text: `wanted`, else the generation's, else that of the text's kind.

    `is_code`: the kind is known already.
    """
    name = wanted or generation.preset
    if name != AUTO:
        return name
    return CODE if is_code else kind_of(text, titles)


def cut(
    text: str,
    sections: Sequence[chunking.Section],
    page_starts: Sequence[int],
    *,
    title: str,
    preset: Preset,
    count_tokens: chunking.CountTokens,
) -> Cut:
    """Cuts a version's text; what is indexed of a leaf begins with the title and headings that it stands under."""
    cutter = chunking.Cutter(preset.passage_tokens, preset.overlap_tokens, count_tokens, preset.begins, page_starts)
    pieces = chunking.Cutter(preset.piece_tokens, 0, count_tokens) if preset.piece_tokens else None
    result = Cut(text, page_starts, cutter.tree(text, sections), [], [], [])
    contexts: dict[tuple[str, ...], str] = {}
    headers = chunking.table_headers(text)

    def with_context(path: tuple[str, ...], start: int, end: int) -> str:
        if path not in contexts:
            contexts[path] = chunking.context(title, path, CONTEXT_TOKENS, count_tokens)
        header = chunking.table_header(text, headers, start)
        return "\n".join([contexts[path], *([header] if header else []), text[start:end]])

    for place, leaf in enumerate(result.leaves):
        result.indexed.append(with_context(leaf.heading_path, leaf.start, leaf.end))
        spans = pieces.spans(text, leaf.start, leaf.end) if pieces else [(leaf.start, leaf.end)]
        for start, end in spans:
            result.inputs.append(with_context(leaf.heading_path, start, end))
            result.leaf_of.append(place)
    return result


def postings(cut: Cut, keep: Callable[[], None]) -> lexical.Packed:
    """What the lexical leg indexes of `cut`; calls `keep` before each leaf, for a long text takes a minute."""

    def terms() -> Iterator[list[str]]:
        for text in cut.indexed:
            keep()
            yield analysis.terms(text)

    return lexical.pack(terms())


def publish(generation: Generation, version: int, cut: Cut, vectors: Vectors, postings: lexical.Packed) -> None:
    """Adds a version's tree, vectors and postings to `generation`: call it in the transaction that publishes."""
    leaves = _write_tree(generation.pk, version, cut)
    dense.write(generation.pk, version, [leaves[place] for place in cut.leaf_of], vectors)
    lexical.write(generation.pk, version, leaves, postings)


def retire(versions: Sequence[int]) -> None:
    """Takes versions out of every generation; vectors go with their passages, postings with their segments."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM retrieval_passage WHERE version = ANY(%s)", [list(versions)])
        cursor.execute("DELETE FROM retrieval_segment WHERE version = ANY(%s)", [list(versions)])


def _write_tree(generation: int, version: int, cut: Cut) -> list[int]:
    """Writes the nodes; returns the ids of the leaves, in order."""
    columns = (
        'id, generation_id, version, parent_id, kind, ordinal, start, "end", first_page, last_page, heading_path, text'
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('retrieval_passage', 'id')) FROM generate_series(1, %s)",
            [len(cut.nodes)],
        )
        ids = [row[0] for row in cursor.fetchall()]
        with cursor.copy(f"COPY retrieval_passage ({columns}) FROM STDIN") as copy:
            for ordinal, node in enumerate(cut.nodes):
                parent = None if node.parent is None else ids[node.parent]
                text = cut.text[node.start : node.end] if node.kind == chunking.LEAF else ""
                pages = cut.pages(node) or (None, None)
                path = list(node.heading_path)
                copy.write_row(
                    (
                        ids[ordinal],
                        generation,
                        version,
                        parent,
                        node.kind,
                        ordinal,
                        node.start,
                        node.end,
                        *pages,
                        path,
                        text,
                    )
                )
    return [id for id, node in zip(ids, cut.nodes, strict=True) if node.kind == chunking.LEAF]
