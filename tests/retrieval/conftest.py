"""Corpora with a few words per passage, written directly into the index."""

from collections.abc import Iterator, Sequence
from itertools import accumulate

import numpy as np
import pytest
from pytest_django import Settings

from kb.models import Collection, Document, Version
from retrieval import build
from retrieval.chunking.split import Split, Window
from retrieval.chunking.tree import Kind, Node
from retrieval.engines import engine_for
from retrieval.indexes import configured
from retrieval.models import Generation, IndexedVersion, Passage, Status
from retrieval.terms import CUT

INDEXES = {
    "memory": {
        "dense": {"class": "tests.memory_index.MemoryDense"},
        "lexical": {"class": "tests.memory_index.MemoryLexical"},
    }
}


@pytest.fixture(params=["postgres", "memory"])
def index(request: pytest.FixtureRequest, settings: Settings) -> Iterator[str]:
    """Runs a test on both index implementations."""
    settings.INDEXES = {**settings.INDEXES, **INDEXES.get(request.param, {})}
    configured.dense.cache_clear()
    configured.lexical.cache_clear()
    yield request.param
    configured.dense.cache_clear()
    configured.lexical.cache_clear()


def new_version(collection: Collection) -> Version:
    document = Document.objects.create(collection=collection, name="x")
    return Version.objects.create(document=document, number=1, filename="x", media_type="text/plain", size=1)


def write(
    collection: Collection,
    passages: Sequence[str],
    windows: Sequence[Window] | None = None,
    *,
    sections: Sequence[int] | None = None,
    version: Version | None = None,
) -> Version:
    """Writes a version with these passages into the collection's generation.

    They are embedded whole or as `windows`, directly in the document or in numbered sections.
    """
    version = version or new_version(collection)
    result = split_of(passages, windows, sections)
    inputs = [window.text for window in result.windows]
    made_by = engine_for(collection.generation)
    vectors = made_by.embed(inputs) if inputs else np.empty((0, made_by.dimensions), dtype=np.float32)
    build.publish(
        collection.generation, version.pk, result, vectors, build.postings(result.text, result.indexed, lambda: None)
    )
    fields = {"status": Status.READY, "visible": True, "passage_count": len(passages), "cut": CUT}
    IndexedVersion.objects.update_or_create(generation=collection.generation, version=version.pk, defaults=fields)
    return version


def split_of(
    passages: Sequence[str], windows: Sequence[Window] | None = None, sections: Sequence[int] | None = None
) -> Split:
    """A text with one passage per line."""
    starts = list(accumulate((len(passage) + 1 for passage in passages), initial=0))
    text = "\n".join(passages)
    nodes = [Node(Kind.DOCUMENT, None, 0, len(text), ())]
    nodes += [Node(Kind.SECTION, 0, 0, len(text), (str(number),)) for number in range(max(sections or [-1]) + 1)]
    for place, passage in enumerate(passages):
        parent = sections[place] + 1 if sections else 0
        nodes.append(Node(Kind.PASSAGE, parent, starts[place], starts[place] + len(passage), ()))
    whole = [Window(place, passage) for place, passage in enumerate(passages)]
    return Split(text, (), nodes, list(passages), whole if windows is None else list(windows))


def passage_ids(generation: Generation) -> list[int]:
    passages = Passage.objects.filter(generation=generation, kind=Kind.PASSAGE)
    return list(passages.order_by("pk").values_list("pk", flat=True))
