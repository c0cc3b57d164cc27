"""Operations on vectors after the model has produced them."""

import numpy as np

from embedding.engine import Vectors


def truncated(vectors: Vectors, dimensions: int) -> Vectors:
    """The first `dimensions` values of each vector, normalised to length 1 again: shape (n, dimensions).

    For models trained to put most information in the first dimensions (Matryoshka: Kusupati et al., NeurIPS 2022).
    """
    if vectors.shape[-1] == dimensions:
        return vectors
    head = vectors[..., :dimensions]
    length = np.linalg.norm(head, axis=-1, keepdims=True)
    unit: Vectors = (head / np.where(length == 0, 1, length)).astype(np.float32)
    return unit
