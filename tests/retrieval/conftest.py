"""Corpora of a few words a passage, written straight into the index."""

from collections.abc import Sequence

import numpy as np

from kb.models import Collection, Document, Version
from retrieval import build
from retrieval.chunking.tree import Kind, Node
from retrieval.engines import engine
from retrieval.models import Generation, Passage


def new_version(collection: Collection) -> Version:
    document = Document.objects.create(collection=collection, name="x")
    return Version.objects.create(document=document, number=1, filename="x", media_type="text/plain", size=1)


def write(
    collection: Collection,
    passages: Sequence[str],
    pieces: Sequence[str] | None = None,
    leaf_of: Sequence[int] | None = None,
) -> Version:
    """A version whose leaves are `passages`, in the collection's generation; embedded whole, or by these pieces."""
    inputs = passages if pieces is None else pieces
    whose = range(len(passages)) if leaf_of is None else leaf_of
    version = new_version(collection)
    text = "\n".join(passages)
    nodes = [Node(Kind.DOCUMENT, None, 0, len(text), ())]
    start = 0
    for passage in passages:
        nodes.append(Node(Kind.PASSAGE, 0, start, start + len(passage), ()))
        start += len(passage) + 1
    cut = build.Cut(text, (), nodes, list(passages), list(inputs), list(whose))
    vectors = engine("words").embed(inputs) if inputs else np.empty((0, 64), dtype=np.float32)
    build.publish(collection.generation, version.pk, cut, vectors, build.postings(cut, lambda: None))
    return version


def leaf_ids(generation: Generation) -> list[int]:
    leaves = Passage.objects.filter(generation=generation, kind=Kind.PASSAGE)
    return list(leaves.order_by("pk").values_list("pk", flat=True))
