"""An engine that embeds nothing twice, so that a benchmark can be broken off, and asked again of another chunker."""

from collections.abc import Sequence
from typing import Any

from embedding.engine import Vectors
from retrieval import embedding_cache
from retrieval.engines import engine


class Kept:
    """The engine that settings call `name`; every vector it made is in the table of embedded texts."""

    def __init__(self, name: str) -> None:
        self._engine = engine(name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def embed(self, texts: Sequence[str]) -> Vectors:
        return embedding_cache.embed(self._engine, texts, lambda done, total: None)
