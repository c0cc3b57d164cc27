"""Maps an engine's vectors into the vector space of an index, by truncation or a transform.

A transform belongs to one collection. It is fitted on vectors of one of the collection's indexes, and stored with the
vector space, which only indexes with this transform share.
"""

from functools import lru_cache
from secrets import token_hex

import numpy as np
from django.db import transaction

from embedding.engine import EngineMisconfigured, Vectors
from embedding.transforms import VECTORS_PER_DIMENSION, Kind, Transform, fitted, truncated
from retrieval.indexes import configured
from retrieval.models import FittedTransform, Generation, VectorSpace


def new_space(source: Generation, kind: Kind, dimensions: int | None) -> VectorSpace:
    """A vector space for transformed vectors of the engine of `source`. `fit` will fit the transform.

    `dimensions` is at most that of `source`; None is the same. Raises EngineMisconfigured if there are too few passages
    to fit on, or too many dimensions are wanted.
    """
    original = source.vector_space
    wanted = original.dimensions if dimensions is None else dimensions
    if original.transform:
        raise EngineMisconfigured("The active index has a transform already. Activate one without a transform first.")
    if not 1 <= wanted <= original.dimensions or (kind is Kind.CENTER and wanted != original.dimensions):
        most = f"{original.dimensions} dimensions" + ("" if kind is Kind.CENTER else " at most")
        raise EngineMisconfigured(f"The transform {kind} of this index makes {most}, not {wanted}.")
    fewest = passages_needed(source)
    if source.passage_count < fewest:
        raise EngineMisconfigured(
            f"A transform of {original.dimensions} dimensions is fitted on at least {fewest} passages; "
            f"there are {source.passage_count}."
        )
    space = VectorSpace.objects.create(
        engine_fingerprint=original.engine_fingerprint, dimensions=wanted, transform=f"{kind}:{token_hex(4)}"
    )
    FittedTransform.objects.create(vector_space=space, source=source)
    return space


def passages_needed(source: Generation) -> int:
    return VECTORS_PER_DIMENSION * source.vector_space.dimensions


def fit(space: VectorSpace) -> None:
    """Fits the transform of `space`, unless it has none or is fitted already. Concurrent callers wait.

    Raises EngineMisconfigured if the vectors to fit on are gone.
    """
    if not space.transform or FittedTransform.objects.filter(vector_space=space).exclude(mean=None).exists():
        return
    with transaction.atomic():
        row = FittedTransform.objects.select_for_update().get(vector_space=space)
        if row.mean is not None:
            return
        if row.source_id is None:
            raise EngineMisconfigured(
                "The index whose vectors were to be fitted is gone. Drop this one and build another."
            )
        original = Generation.objects.select_related("vector_space").get(pk=row.source_id).vector_space
        vectors = configured.dense().sample(row.source_id, VECTORS_PER_DIMENSION * original.dimensions)
        if len(vectors) <= original.dimensions:
            raise EngineMisconfigured(
                "Too few passages are left to fit a transform on. Drop this index and build another."
            )
        made = fitted(Kind(space.transform_kind), vectors, space.dimensions)
        row.mean = made.mean.astype("<f4").tobytes()
        row.matrix = b"" if made.matrix is None else made.matrix.astype("<f4").tobytes()
        row.save(update_fields=["mean", "matrix"])


def into(space: VectorSpace, vectors: Vectors) -> Vectors:
    """Maps vectors (..., d) of documents or questions into `space`: (..., space.dimensions)."""
    if not space.transform:
        return truncated(vectors, space.dimensions)
    found = _transform(space.pk, space.dimensions)
    return found.applied(truncated(vectors, len(found.mean)))


def forget_unused() -> None:
    """Deletes transforms that no index uses."""
    VectorSpace.objects.exclude(transform="").filter(generation=None).delete()


@lru_cache(maxsize=16)
def _transform(space: int, dimensions: int) -> Transform:
    """A fitted transform never changes, so it can be cached."""
    row = FittedTransform.objects.get(vector_space=space)
    if row.mean is None:
        raise EngineMisconfigured(
            "The transform of this index is not fitted yet. Wait until its first document is done."
        )
    mean = np.frombuffer(row.mean, dtype="<f4")
    matrix = np.frombuffer(row.matrix, dtype="<f4").reshape(-1, dimensions) if row.matrix else None
    return Transform(mean, matrix)
