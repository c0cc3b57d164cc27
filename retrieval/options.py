"""The options of a search, passed as one value from the caller to the indexes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet

from retrieval import fusion


class Mode(StrEnum):
    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"


class Grain(StrEnum):
    """What each hit stands for: a passage, or a section or document, shown by its best passage."""

    PASSAGE = "passage"
    SECTION = "section"
    DOCUMENT = "document"


@dataclass(frozen=True)
class SearchOptions:
    """The hits from `offset` to `offset + limit`, found by the retrievers of `mode`.

    `filter` is a query for ids of versions; only their passages are searched.
    """

    mode: Mode = Mode.HYBRID
    grain: Grain = Grain.PASSAGE
    limit: int = 10
    offset: int = 0
    filter: "QuerySet[Any, Any] | None" = None
    depth: int = 100  # hits of each retriever that are fused
    dense_weight: float = 1.0
    lexical_weight: float = 1.0
    k: int = fusion.K
