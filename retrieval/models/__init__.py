"""All models of the index, importable from one place."""

from retrieval.models.embedding_cache import CachedEmbedding
from retrieval.models.generations import (
    FittedTransform,
    Generation,
    IndexedVersion,
    IndexedVersionQuerySet,
    VectorSpace,
)
from retrieval.models.passages import Passage, PassageVector
from retrieval.models.postings import Posting, Segment
from retrieval.models.work import Status, Work, WorkQuerySet

__all__ = [
    "CachedEmbedding",
    "FittedTransform",
    "Generation",
    "IndexedVersion",
    "IndexedVersionQuerySet",
    "Passage",
    "PassageVector",
    "Posting",
    "Segment",
    "Status",
    "VectorSpace",
    "Work",
    "WorkQuerySet",
]
