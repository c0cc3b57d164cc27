"""Generations, the builds of a collection's index, and the versions in each."""

from typing import Self

from django.db import models
from django.db.models import Q

from retrieval.models.work import Status, Work, WorkQuerySet
from retrieval.terms import CUT


class VectorSpace(models.Model):
    """Comparable vectors: of the same engine, number of dimensions and transform."""

    engine_fingerprint = models.CharField(max_length=200)
    dimensions = models.PositiveIntegerField()
    transform = models.CharField(
        max_length=64, blank=True
    )  # "", or a kind of embedding.transforms with ":" and a unique name

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engine_fingerprint", "dimensions", "transform"], name="space_once")
        ]

    def __str__(self) -> str:
        return f"{self.engine_fingerprint} ({self.dimensions})"

    @property
    def model(self) -> str:
        """The model that made the vectors, even if its engine is no longer in the settings."""
        return self.engine_fingerprint.partition("@")[0]

    @property
    def transform_kind(self) -> str:
        """A value of embedding.transforms.Kind, or "" for none."""
        return self.transform.partition(":")[0]


class FittedTransform(models.Model):
    """The parameters of a vector space's transform, little-endian float32; see retrieval.transforms."""

    vector_space = models.OneToOneField(VectorSpace, on_delete=models.CASCADE, primary_key=True)
    source = models.ForeignKey(
        "Generation", on_delete=models.SET_NULL, null=True
    )  # it is fitted on vectors of this generation
    mean = models.BinaryField(null=True)  # None until it is fitted
    matrix = models.BinaryField(default=b"")

    def __str__(self) -> str:
        return self.vector_space.transform


class Generation(models.Model):
    """One build of a collection's index. The collection refers to the active one."""

    class State(models.TextChoices):
        BUILDING = "building"
        ACTIVE = "active"
        RETIRED = "retired"  # no longer searched, kept for a while so that it can be activated again
        DROPPED = "dropped"  # being deleted in batches

    collection = models.CharField(max_length=32, db_index=True)  # the collection's id
    vector_space = models.ForeignKey(VectorSpace, on_delete=models.PROTECT)
    engine = models.CharField(max_length=64)  # a name in settings.ENGINES
    instruction = models.TextField(blank=True)  # the setting for questions, see embedding.instructions
    preset = models.CharField(max_length=32)
    state = models.CharField(max_length=16, choices=State, default=State.BUILDING)
    paused = models.BooleanField(default=False)
    activate_when_complete = models.BooleanField(default=False)
    revision = models.BigIntegerField(default=0)  # changes with whatever can be found in it
    passage_count = models.BigIntegerField(default=0)  # maintained by retrieval.build
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.collection}: {self.engine}, {self.preset}"


class IndexedVersionQuerySet(WorkQuerySet["IndexedVersion"]):
    def claimable(self) -> Self:
        """Rows that are due, of present documents, in generations that are being filled."""
        wanted = [Generation.State.BUILDING, Generation.State.ACTIVE]
        return self.due().filter(visible=True, generation__state__in=wanted, generation__paused=False)

    def of_a_former_cut(self) -> Self:
        """Rows that are searched and whose postings were made by other rules than those of today."""
        ready = self.filter(status=Status.READY, visible=True, cut__lt=CUT)
        return ready.exclude(generation__state=Generation.State.DROPPED)


class IndexedVersion(Work):
    """The state of one version in one generation. Its passages are searched while it is `visible`."""

    id = models.BigAutoField(primary_key=True)
    generation = models.ForeignKey(Generation, on_delete=models.CASCADE, related_name="versions", db_index=False)
    version = models.BigIntegerField(db_index=True)
    visible = models.BooleanField(default=True)  # false: its document was removed, and a task will delete the rows
    preset = models.CharField(max_length=32, blank=True)  # that split it
    passage_count = models.IntegerField(default=0)
    cut = models.PositiveSmallIntegerField(db_default=1)  # the retrieval.terms.CUT that its postings were made with
    ready_at = models.DateTimeField(null=True)

    objects = IndexedVersionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["generation", "version"], name="indexed_version_once")]
        indexes = [
            models.Index(
                fields=["queued_at"],
                name="indexed_version_unfinished",
                condition=Q(status__in=["queued", "processing"]),
            ),
            models.Index(fields=["cut"], name="indexed_version_by_cut"),
            models.Index(fields=["generation"], name="indexed_version_failed", condition=Q(status="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.version} in {self.generation_id}"
