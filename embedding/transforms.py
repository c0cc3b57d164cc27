"""Operations on vectors after the model has produced them: truncation, and maps fitted on a corpus.

Mean removal: Mu & Viswanath, "All-but-the-Top", ICLR 2018. PCA and whitening of sentence vectors: Su et al., "Whitening
Sentence Representations for Better Semantics and Faster Retrieval", 2021, https://arxiv.org/abs/2103.15316.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from embedding.engine import Vectors

VECTORS_PER_DIMENSION = 10  # fewer give a covariance that is mostly noise
SMALLEST_VARIANCE = 1e-6  # of the largest: directions with less are not blown up further


class Kind(StrEnum):
    CENTER = "center"  # the mean is removed
    PCA = "pca"  # and the directions of largest variance are kept
    WHITEN = "whiten"  # and each is scaled to the same variance


@dataclass(frozen=True)
class Transform:
    """(vector - mean) @ matrix, then length 1. Without a matrix only the mean is removed."""

    mean: Vectors  # (d,)
    matrix: Vectors | None  # (d, dimensions)

    def applied(self, vectors: Vectors) -> Vectors:
        """Of vectors (..., d)."""
        moved: Vectors = vectors - self.mean
        if self.matrix is not None:
            moved = moved @ self.matrix
        return _unit(moved)


def fitted(kind: Kind, vectors: Vectors, dimensions: int) -> Transform:
    """The transform of `kind` from vectors (n, d) to `dimensions`, which is d for mean removal. Takes O(n d² + d³)."""
    mean: Vectors = vectors.mean(axis=0)
    if kind is Kind.CENTER:
        return Transform(mean, None)
    centred = vectors - mean
    variances, directions = np.linalg.eigh((centred.T @ centred / len(vectors)).astype(np.float64))
    variances, directions = variances[::-1][:dimensions], directions[:, ::-1][:, :dimensions]
    if kind is Kind.WHITEN:
        directions = directions / np.sqrt(np.maximum(variances, SMALLEST_VARIANCE * variances[0]))
    return Transform(mean, directions.astype(np.float32))


def truncated(vectors: Vectors, dimensions: int) -> Vectors:
    """The first `dimensions` values of each vector, normalised to length 1 again: shape (n, dimensions).

    For models trained to put most information in the first dimensions (Matryoshka: Kusupati et al., NeurIPS 2022).
    """
    return vectors if vectors.shape[-1] == dimensions else _unit(vectors[..., :dimensions])


def _unit(vectors: Vectors) -> Vectors:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: Vectors = (vectors / np.where(length == 0, 1, length)).astype(np.float32)
    return unit
