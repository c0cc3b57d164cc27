"""The answer of /v1/embeddings as vectors. https://platform.openai.com/docs/api-reference/embeddings"""

import base64
from typing import Any

import numpy as np

from embedding.engine import EngineMisconfigured, Vectors


def vectors_of(answer: Any, count: int, dimensions: int) -> Vectors:
    """Vectors of shape (count, dimensions), each of length 1, in the order of the texts. Raises EngineMisconfigured."""
    try:
        rows = {row["index"]: row["embedding"] for row in answer["data"]}
        if len(answer["data"]) != count or set(rows) != set(range(count)):
            raise EngineMisconfigured(f"The embedding server returned {len(answer['data'])} vectors for {count} texts")
        vectors = np.empty((count, dimensions), dtype=np.float32)
        for index in range(count):
            vector = _decoded(rows[index])
            if vector.shape != (dimensions,):
                raise EngineMisconfigured(
                    f"The embedding server returns vectors of {vector.size} dimensions, not {dimensions}"
                )
            vectors[index] = vector
    except (KeyError, TypeError, ValueError) as error:
        raise EngineMisconfigured(f"The embedding server does not answer as OpenAI's API does ({error!r})") from error
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and lengths.all()):
        raise EngineMisconfigured(
            "The embedding server returns vectors without a direction: some are zero or not finite"
        )
    unit: Vectors = vectors / lengths  # not every compatible server normalises
    return unit


def _decoded(embedding: str | list[float]) -> Vectors:
    """Accepts base64 of little-endian float32, or a list of numbers from servers without base64 support."""
    if isinstance(embedding, str):
        return np.frombuffer(base64.b64decode(embedding, validate=True), dtype="<f4")
    return np.array(embedding, dtype=np.float32)
