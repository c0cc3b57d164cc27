"""An engine that embeds no text twice, so that a benchmark can be broken off, or repeated with another chunker."""

import hashlib
from collections.abc import Sequence
from typing import Any, cast

from embedding.engine import EmbeddingEngine, Vectors
from embedding.prompts import Role
from retrieval import embedding_cache
from retrieval.engines import engine


class Kept:
    """The engine that settings call `name`; every vector that it made is in the embedding cache."""

    def __init__(self, name: str) -> None:
        self._engine = engine(name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def embed(self, texts: Sequence[str], *, role: Role = Role.DOCUMENT, instruction: str = "") -> Vectors:
        asked = self._engine if role is Role.DOCUMENT else cast(EmbeddingEngine, _Asked(self._engine, instruction))
        return embedding_cache.embed(asked, texts, lambda done, total: None)


class _Asked:
    """The engine as it embeds questions with one instruction: the same text as a document has another vector."""

    def __init__(self, engine: EmbeddingEngine, instruction: str) -> None:
        self._engine = engine
        self._instruction = instruction if engine.takes_instructions else ""
        told = hashlib.sha256(self._instruction.encode()).hexdigest()[:16]
        self.fingerprint = f"{engine.fingerprint}?{told}"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._engine.embed(texts, role=Role.QUERY, instruction=self._instruction)
