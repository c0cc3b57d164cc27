"""What a search may find. Postgres decides this, wherever the index is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Exists, OuterRef, QuerySet

from retrieval.models import IndexedVersion, Passage

_NOTHING = "SELECT 0::bigint AS generation_id, 0::bigint AS version WHERE false"


@dataclass(frozen=True)
class Scope:
    """The passages of visible versions in these generations, limited to versions that `filter` selects."""

    generations: Sequence[int]
    filter: "QuerySet[Any, Any] | None" = None

    @property
    def unfiltered(self) -> "Scope":
        """For the statistics of BM25, so that a filter does not change the order of the remaining hits."""
        return Scope(self.generations)

    def versions(self) -> QuerySet[IndexedVersion]:
        found = IndexedVersion.objects.filter(generation__in=self.generations, visible=True)
        return found if self.filter is None else found.filter(version__in=self.filter)

    def passages(self) -> QuerySet[Passage]:
        """The passages that may be found. Used to look up hits of a store outside of Postgres by id."""
        return Passage.objects.filter(
            Exists(self.versions().filter(generation=OuterRef("generation"), version=OuterRef("version")))
        )

    def sql(self) -> tuple[str, tuple[Any, ...]]:
        """A SELECT of generation_id and version for joins, and its parameters."""
        try:
            return self.versions().values("generation_id", "version").query.sql_with_params()
        except EmptyResultSet:  # the filter selects nothing, or there are no generations
            return _NOTHING, ()
