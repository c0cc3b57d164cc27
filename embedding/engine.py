"""The protocol of embedding engines, and the errors they raise."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from embedding.prompts import Role

Vectors = NDArray[np.float32]


class EngineError(Exception):
    """An engine could not do its work."""


class EngineUnavailable(EngineError):
    """The engine does not answer at the moment. The same call may succeed later."""


class EngineMisconfigured(EngineError):
    """The engine cannot work until its installation or settings are changed."""


class EngineRejected(EngineError):
    """The engine works, but fails on one of the texts every time."""

    def __init__(self, message: str, index: int) -> None:
        """`index`: the text's place among those of the call."""
        super().__init__(message)
        self.index = index


class EmbeddingEngine(Protocol):
    """Turns texts into vectors that can be compared by inner product."""

    @property
    def model(self) -> str:
        """The model's public name."""

    @property
    def fingerprint(self) -> str:
        """Identifies the vectors: changes with the weights and with anything else that affects a vector."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""

    @property
    def smallest_dimensions(self) -> int:
        """The shortest useful truncation (see transforms.truncated); `dimensions` if not trained for truncation."""

    @property
    def max_tokens(self) -> int:
        """The longest text in tokens, special tokens included, without what the engine puts before it."""

    @property
    def languages(self) -> frozenset[str] | None:
        """ISO 639-1 codes of the languages the model was trained for; None for a multilingual model."""

    @property
    def batch_tokens(self) -> int:
        """Tokens per call of `embed`: enough to keep the engine busy, few enough for progress to be visible."""

    @property
    def takes_instructions(self) -> bool:
        """Whether `instruction` changes the vector of a question."""

    def embed(self, texts: Sequence[str], *, role: Role = Role.DOCUMENT, instruction: str = "") -> Vectors:
        """Vectors of shape (len(texts), dimensions), of length 1 or, for a document, a little less.

        The engine puts what its model expects before each text; `instruction` is for questions, and ignored by a
        model that takes none. A text longer than `max_tokens` is truncated at its end. Raises EngineError.
        """

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Token count of each text, without truncation and special tokens. Raises EngineError."""
