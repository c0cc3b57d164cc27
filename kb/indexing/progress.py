"""How far the documents of a collection are, one by one and upload by upload."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from kb.models import Collection, Status, Version


@dataclass(frozen=True)
class Batch:
    """Documents uploaded together. An empty name stands for those that came one by one, through the API."""

    name: str
    total: int
    ready: int
    failed: int

    @property
    def done(self) -> int:
        return self.ready + self.failed

    @property
    def finished(self) -> bool:
        return self.done == self.total


def batches_of(collection: Collection, remembered: Sequence[str] = ()) -> list[Batch]:
    """The uploads with unfinished documents, and those of `remembered`, newest last."""
    versions = Version.objects.filter(document__collection=collection, document__removed_at=None)
    running = versions.unfinished().values("batch")
    together = versions.exclude(batch="").filter(Q(batch__in=running) | Q(batch__in=remembered))
    alone = versions.unfinished().filter(batch="")
    rows = (
        (together | alone)
        .values("batch")
        .annotate(
            total=Count("pk"),
            ready=Count("pk", filter=Q(status=Status.READY)),
            failed=Count("pk", filter=Q(status=Status.FAILED)),
        )
    )
    return [Batch(row["batch"], row["total"], row["ready"], row["failed"]) for row in rows.order_by("batch")]


def status_counts(collection: Collection) -> dict[str, int]:
    """How many documents have each status."""
    rows = collection.documents.present().order_by().values("latest__status").annotate(n=Count("pk"))
    return {row["latest__status"]: row["n"] for row in rows}
