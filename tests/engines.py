"""A small engine for tests: the same contract as the real ones, no weights."""

import hashlib
from collections.abc import Sequence

import numpy as np

from embedding.engine import EngineUnavailable, Vectors
from embedding.prompts import Role
from retrieval import terms


class WordsEngine:
    """A vector is a text's bag of terms, hashed to 64 dimensions: texts that share words are near."""

    model = "words"
    fingerprint = "words@1"
    dimensions = 64
    smallest_dimensions = 16
    max_tokens = 120
    languages = frozenset({"en"})
    batch_tokens = 2048
    takes_instructions = False

    def __init__(self) -> None:
        self.embedded: list[str] = []
        self.away = False

    def embed(self, texts: Sequence[str], *, role: Role = Role.DOCUMENT, instruction: str = "") -> Vectors:
        if self.away:
            raise EngineUnavailable("connection refused")
        self.embedded += texts
        vectors = np.full((len(texts), self.dimensions), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for term in terms.terms(text):
                vectors[row, hashlib.sha256(term.encode()).digest()[0] % self.dimensions] += 1
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) + sum("一" <= c <= "鿿" for c in text) for text in texts]
