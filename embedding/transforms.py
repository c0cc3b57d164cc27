"""What happens to vectors after the model."""

import numpy as np

from embedding.engine import Vectors


def truncated(vectors: Vectors, dimensions: int) -> Vectors:
    """The first `dimensions` of each vector, made of length 1 again: shape (n, dimensions).

    For models trained so that the first dimensions say most (Matryoshka, Kusupati et al., NeurIPS 2022).
    """
    if vectors.shape[-1] == dimensions:
        return vectors
    cut = vectors[..., :dimensions]
    length = np.linalg.norm(cut, axis=-1, keepdims=True)
    shortened: Vectors = (cut / np.where(length == 0, 1, length)).astype(np.float32)
    return shortened
