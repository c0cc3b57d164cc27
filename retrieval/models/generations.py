"""Generations: builds of a collection's index that stand beside each other, and what each holds."""

from typing import Self

from django.db import models
from django.db.models import Q

from retrieval.models.work import Work, WorkQuerySet


class VectorSpace(models.Model):
    """Vectors that may be compared: made by one engine, cut to one number of dimensions, transformed alike."""

    engine_fingerprint = models.CharField(max_length=200)
    dimensions = models.PositiveIntegerField()
    transform = models.CharField(max_length=64, blank=True)  # "" or a kind of embedding.transforms, ":" and an own name

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engine_fingerprint", "dimensions", "transform"], name="space_once")
        ]

    def __str__(self) -> str:
        return f"{self.engine_fingerprint} ({self.dimensions})"

    @property
    def model(self) -> str:
        """As it was when the vectors were made: the engine may be missing from the settings by now."""
        return self.engine_fingerprint.partition("@")[0]

    @property
    def transform_kind(self) -> str:
        """A value of embedding.transforms.Kind, or "" for none."""
        return self.transform.partition(":")[0]


class FittedTransform(models.Model):
    """The parameters of a vector space's transform, little-endian float32; see retrieval.transforms."""

    vector_space = models.OneToOneField(VectorSpace, on_delete=models.CASCADE, primary_key=True)
    source = models.ForeignKey("Generation", on_delete=models.SET_NULL, null=True)  # whose vectors it is fitted on
    mean = models.BinaryField(null=True)  # None: not fitted yet
    matrix = models.BinaryField(default=b"")

    def __str__(self) -> str:
        return self.vector_space.transform


class Generation(models.Model):
    """One build of one collection's index. The collection says which of them is searched."""

    class State(models.TextChoices):
        BUILDING = "building"
        ACTIVE = "active"
        RETIRED = "retired"  # no longer searched, kept for a while so that it can be taken back
        DROPPED = "dropped"  # being removed, some thousand rows at a time

    collection = models.CharField(max_length=32, db_index=True)  # the collection's id; this room knows no more of it
    vector_space = models.ForeignKey(VectorSpace, on_delete=models.PROTECT)
    engine = models.CharField(max_length=64)  # a name in settings.ENGINES
    instruction = models.TextField(blank=True)  # what its questions are told: a setting, see embedding.instructions
    preset = models.CharField(max_length=32)
    state = models.CharField(max_length=16, choices=State, default=State.BUILDING)
    paused = models.BooleanField(default=False)
    activate_when_complete = models.BooleanField(default=False)
    passage_count = models.BigIntegerField(default=0)  # kept by retrieval.build, so that pages need no sum
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.collection}: {self.engine}, {self.preset}"


class IndexedVersionQuerySet(WorkQuerySet["IndexedVersion"]):
    def claimable(self) -> Self:
        """Due, of documents that are still there and generations that somebody wants."""
        wanted = [Generation.State.BUILDING, Generation.State.ACTIVE]
        return self.due().filter(visible=True, generation__state__in=wanted, generation__paused=False)


class IndexedVersion(Work):
    """One version's way into one generation. What it has there is searched as long as `visible`."""

    id = models.BigAutoField(primary_key=True)
    generation = models.ForeignKey(Generation, on_delete=models.CASCADE, related_name="versions", db_index=False)
    version = models.BigIntegerField(db_index=True)
    visible = models.BooleanField(default=True)  # false: its document was removed, the rows will follow
    preset = models.CharField(max_length=32, blank=True)  # by which it was split
    passage_count = models.IntegerField(default=0)
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
            models.Index(fields=["generation"], name="indexed_version_failed", condition=Q(status="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.version} in {self.generation_id}"
