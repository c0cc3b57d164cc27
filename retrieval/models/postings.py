"""The lexical index: immutable segments and their postings. Deletion works as in passages.py."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from retrieval.models.generations import Generation


class Segment(models.Model):
    """The passages of one version in the lexical index, identified by their place in `passages`."""

    generation = models.ForeignKey(
        Generation, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="segments"
    )
    version = models.BigIntegerField()
    passages = ArrayField(models.BigIntegerField())
    total_length = models.BigIntegerField()
    size = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "generation"], name="segment_once")]
        indexes = [
            models.Index(fields=["generation"], include=["size", "total_length"], name="segment_statistics"),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.size} passages"


class Posting(models.Model):
    """The occurrences of a term in a segment.

    `packed` holds little-endian int32 triples (place in the segment, length of the passage, term frequency).
    """

    pk = models.CompositePrimaryKey("generation_id", "term", "segment_id")
    generation = models.ForeignKey(
        Generation, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="postings"
    )
    term = models.CharField(max_length=64)
    segment = models.ForeignKey(
        Segment, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="postings"
    )
    document_frequency = models.IntegerField()
    packed = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["segment"], name="posting_by_segment")]

    def __str__(self) -> str:
        return f"{self.term}: {self.document_frequency}"
