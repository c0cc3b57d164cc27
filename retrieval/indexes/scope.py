"""What a question may find. Postgres decides it, wherever the index itself is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Exists, OuterRef, QuerySet

from retrieval.models import IndexedVersion, Passage

_NOTHING = "SELECT 0::bigint AS generation_id, 0::bigint AS version WHERE false"


@dataclass(frozen=True)
class Scope:
    """Passages of these generations whose version is visible there, and among those that `filter` selects."""

    generations: Sequence[int]
    filter: "QuerySet[Any, Any] | None" = None

    @property
    def unfiltered(self) -> "Scope":
        """What the statistics of BM25 are of: else a filter would change the order of what it leaves."""
        return Scope(self.generations)

    def versions(self) -> QuerySet[IndexedVersion]:
        found = IndexedVersion.objects.filter(generation__in=self.generations, visible=True)
        return found if self.filter is None else found.filter(version__in=self.filter)

    def passages(self) -> QuerySet[Passage]:
        """Those that may be found. What a store outside Postgres finds is looked up here by its id."""
        return Passage.objects.filter(
            Exists(self.versions().filter(generation=OuterRef("generation"), version=OuterRef("version")))
        )

    def sql(self) -> tuple[str, tuple[Any, ...]]:
        """A SELECT of generation_id and version, to be joined, and its parameters."""
        try:
            return self.versions().values("generation_id", "version").query.sql_with_params()
        except EmptyResultSet:  # a filter that selects nothing, or no generation
            return _NOTHING, ()
