"""Measures what a vector for each whole document would add to the order of documents. Footnote has none, see README.

A document that the engine takes at once is embedded whole. A longer one is its title, its windows, and its two ends,
added by weight: Footnote's own passages say what it is about, the ends and the title what it is.
"""

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.quality.chunkers import Chunked
from embedding.engine import EmbeddingEngine, Vectors
from embedding.prompts import Role
from retrieval import fusion

TITLE, WINDOWS, ENDS = 1.0, 2.0, 1.0  # weights
DEPTH = 100

Reorder = Callable[[Sequence[str], str], list[str]]  # documents, best first, and the question


def vectors(chunked: Sequence[Chunked], titles: Sequence[str], windows: Vectors, engine: EmbeddingEngine) -> Vectors:
    """A unit vector per document, float32 (documents, dimensions); `windows` are those of all texts, in order."""
    wholes = [f"{title}\n{one.split.text}" for title, one in zip(titles, chunked, strict=True)]
    short = [place for place, count in enumerate(engine.count_tokens(wholes)) if count < engine.max_tokens - 2]
    made = engine.embed([wholes[place] for place in short])
    embedded = dict(zip(short, made, strict=True))
    named = engine.embed([title or one.split.text[:200] for title, one in zip(titles, chunked, strict=True)])
    rows = []
    first = 0
    for place, one in enumerate(chunked):
        own = windows[first : first + len(one.split.windows)]
        first += len(own)
        longer = TITLE * _unit(named[place]) + WINDOWS * _unit(own.mean(axis=0)) + ENDS * _unit(own[0] + own[-1])
        rows.append(_unit(embedded.get(place, longer)))
    return np.stack(rows)


def reordering(
    ids: Sequence[str], documents: Vectors, engine: EmbeddingEngine, weight: float, told: Callable[[str], str]
) -> Reorder:
    """Fuses an order of documents with the order by similarity of these vectors to the question, at this weight.

    `told` gives the instruction for a question.
    """
    place_of = {id: place for place, id in enumerate(ids)}

    def reordered(ranked: Sequence[str], question: str) -> list[str]:
        vector = engine.embed([question], role=Role.QUERY, instruction=told(question))[0]
        near = np.argsort(-(documents @ vector), kind="stable")[:DEPTH]
        rankings = [
            fusion.Ranking([place_of[id] for id in ranked]),
            fusion.Ranking([int(place) for place in near], weight),
        ]
        return [ids[one.item] for one in fusion.fuse(rankings)]

    return reordered


def _unit(vector: Vectors) -> Vectors:
    unit: Vectors = vector / max(float(np.linalg.norm(vector)), 1e-9)
    return unit
