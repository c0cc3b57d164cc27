"""How a question is asked: one value from whoever asks to the indexes."""

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
    """What comes once each among the hits: a passage, or a section or document, shown by its best passage."""

    PASSAGE = "passage"
    SECTION = "section"
    DOCUMENT = "document"


@dataclass(frozen=True)
class SearchOptions:
    """Hits `offset` to `offset + limit` of those that the retrievers of `mode` find together.

    `filter`: a query for ids of versions; only their passages are found.
    """

    mode: Mode = Mode.HYBRID
    grain: Grain = Grain.PASSAGE
    limit: int = 10
    offset: int = 0
    filter: "QuerySet[Any, Any] | None" = None
    depth: int = 100  # how many hits each retriever brings to the fusion
    dense_weight: float = 1.0
    lexical_weight: float = 1.0
    k: int = fusion.K
