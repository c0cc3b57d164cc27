"""An engine that embeds no passage twice, so that a benchmark can be broken off, or repeated with another chunker."""

from collections.abc import Sequence
from typing import Any

from embedding.engine import Vectors
from embedding.prompts import Role
from retrieval import embedding_cache
from retrieval.engines import engine


class Kept:
    """The engine that settings call `name`; every vector of a passage that it made is in the embedding cache."""

    def __init__(self, name: str) -> None:
        self._engine = engine(name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def embed(self, texts: Sequence[str], *, role: Role = Role.DOCUMENT, instruction: str = "") -> Vectors:
        if role is Role.QUERY:
            made: Vectors = self._engine.embed(texts, role=role, instruction=instruction)
            return made
        return embedding_cache.embed(self._engine, texts, lambda done, total: None)
