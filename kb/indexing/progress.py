"""Progress of documents: by upload, and counts by status."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Q

from kb.models import Collection, Document, Status, Version
from retrieval.models import Generation, IndexedVersion


@dataclass(frozen=True)
class Batch:
    """Documents uploaded together. The batch without a name has those that were uploaded one by one through the API."""

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
    """The batches with unfinished documents, and those in `remembered`, newest last."""
    versions = Version.objects.filter(document__collection=collection, document__removed_at=None)
    being_indexed = IndexedVersion.objects.unfinished().filter(generation=collection.generation_id, visible=True)
    unfinished = [
        *versions.unfinished().values_list("pk", "batch"),
        *versions.filter(pk__in=being_indexed.values("version")).values_list("pk", "batch"),
    ]
    names = {batch for _id, batch in unfinished} | set(remembered)
    together = Q(batch__in=names - {""})
    alone = Q(pk__in=[id for id, batch in unfinished if not batch])
    rows = (
        versions.filter(together | alone)
        .with_progress()
        .values("batch")
        .annotate(
            n=Count("pk"),
            ready=Count("pk", filter=Q(overall=Status.READY)),
            failed=Count("pk", filter=Q(overall=Status.FAILED)),
        )
    )
    return [Batch(row["batch"], row["n"], row["ready"], row["failed"]) for row in rows.order_by("batch")]


def status_counts(collection: Collection | None = None) -> dict[str, int]:
    """The number of documents in each status, in one collection or in all.

    Most are ready, so their number is computed from the stored total; the others are counted through indexes.
    """
    newest = Version.objects.filter(document__latest=F("pk"), document__removed_at=None)
    indexed = IndexedVersion.objects.filter(visible=True, generation__state=Generation.State.ACTIVE)
    if collection is None:
        total = Document.objects.present().count()
    else:
        newest = newest.filter(document__collection=collection)
        indexed = indexed.filter(generation=collection.generation_id)
        total = collection.document_count
    counts: Counter[str] = Counter()
    for some in (newest.unfinished(), newest.filter(status=Status.FAILED)):
        counts.update(dict(some.order_by().values_list("status").annotate(n=Count("pk"))))
    for rows in (indexed.unfinished(), indexed.filter(status=Status.FAILED)):
        of_newest = rows.filter(version__in=newest.filter(status=Status.READY).values("pk"))
        counts.update(dict(of_newest.order_by().values_list("status").annotate(n=Count("pk"))))
    counts[Status.READY] = max(0, total - counts.total())
    return {status.value: counts[status] for status in Status}
