"""What every embedding engine is, and how it fails."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class EngineError(Exception):
    """An engine could not do its work."""


class EngineUnavailable(EngineError):
    """The engine does not answer now; the same call may succeed later."""


class EngineMisconfigured(EngineError):
    """The engine cannot work until somebody changes its installation or settings."""


class EmbeddingEngine(Protocol):
    """Turns texts into vectors that may be compared by their inner product."""

    @property
    def model(self) -> str:
        """The model's name as people know it."""

    @property
    def fingerprint(self) -> str:
        """Same fingerprint, same vectors: changes with the weights and with whatever else changes a vector."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""

    @property
    def smallest_dimensions(self) -> int:
        """How far a vector may be cut (see transforms.truncated); `dimensions` if the model was not trained for it."""

    @property
    def max_tokens(self) -> int:
        """The longest input in tokens, special tokens included."""

    @property
    def languages(self) -> frozenset[str] | None:
        """ISO 639-1 codes of the languages that the model was trained for; None when it is many."""

    @property
    def batch_tokens(self) -> int:
        """How many tokens in one call of `embed` keep it busy, and let progress be seen moving."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dimensions), each of length 1.

        A text over `max_tokens` is cut at its end. Raises EngineError.
        """

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as `embed` would see it, uncut and without special tokens. Raises EngineError."""
