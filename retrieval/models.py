"""What the index is made of.

Rows of a version go by the database's own cascade (see the migration `cascades`), never by Django's collector:
a document may have a million postings. So every foreign key here is DO_NOTHING for Django.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from pgvector.django import HalfVectorField


class Space(models.Model):
    """Vectors that may be compared: made by one engine, cut to one number of dimensions, transformed alike."""

    engine_fingerprint = models.CharField(max_length=200)
    dimensions = models.PositiveIntegerField()
    transform = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engine_fingerprint", "dimensions", "transform"], name="space_once")
        ]

    def __str__(self) -> str:
        return f"{self.engine_fingerprint} ({self.dimensions})"


class Generation(models.Model):
    """One build of one collection's index."""

    class State(models.TextChoices):
        BUILDING = "building"
        ACTIVE = "active"
        RETIRED = "retired"

    collection = models.CharField(max_length=32, db_index=True)  # the collection's id; this room knows no more of it
    space = models.ForeignKey(Space, on_delete=models.PROTECT)
    engine = models.CharField(max_length=64)  # a name in settings.ENGINES
    instruction = models.TextField(blank=True)
    preset = models.CharField(max_length=32)
    state = models.CharField(max_length=16, choices=State, default=State.BUILDING)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.collection}: {self.engine}, {self.preset}"


def belongs_to(model: type[models.Model], related_name: str) -> "models.ForeignKey[models.Model, models.Model]":
    """A foreign key whose constraint and cascade are the database's (migration `cascades`)."""
    return models.ForeignKey(
        model, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name=related_name
    )


class Passage(models.Model):
    """A node of a version's tree: the document, its sections, and the leaves that both legs index.

    `start` and `end` count Unicode code points of the version's text; only leaves keep their text.
    """

    class Kind(models.IntegerChoices):
        DOCUMENT = 0
        SECTION = 1
        LEAF = 2

    generation = belongs_to(Generation, "passages")
    version = models.BigIntegerField()
    parent = models.ForeignKey("self", null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    kind = models.SmallIntegerField(choices=Kind)
    ordinal = models.IntegerField()  # place among the version's nodes, parents before children
    start = models.IntegerField()
    end = models.IntegerField()
    first_page = models.IntegerField(null=True)
    last_page = models.IntegerField(null=True)
    heading_path = ArrayField(models.TextField())
    text = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "generation", "ordinal"], name="passage_once"),
        ]
        indexes = [models.Index(fields=["generation", "kind"], name="passage_by_generation")]

    def __str__(self) -> str:
        return f"{self.version} [{self.start}:{self.end}]"

    @property
    def pages(self) -> tuple[int, int] | None:
        """First and last page, from 1; None if the document has no pages."""
        return None if self.first_page is None or self.last_page is None else (self.first_page, self.last_page)


class PassageVector(models.Model):
    """The vector of a leaf or of one piece of it, apart from its text so that an exact scan reads vectors only."""

    pk = models.CompositePrimaryKey("passage_id", "piece")
    passage = belongs_to(Passage, "vectors")
    piece = models.SmallIntegerField()  # place among those of the leaf
    generation = belongs_to(Generation, "vectors")
    version = models.BigIntegerField()
    vector = HalfVectorField()

    class Meta:
        indexes = [models.Index(fields=["generation", "version"], name="vector_by_generation")]

    def __str__(self) -> str:
        return str(self.passage_id)


class Segment(models.Model):
    """An immutable part of the lexical index: the leaves of one version.

    A leaf is known by its place in `passages`; `lengths` are the same leaves' numbers of terms.
    """

    generation = belongs_to(Generation, "segments")
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
    """Where one term stands in one segment.

    `packed` holds little-endian int32 triples (place in the segment, length of the leaf, term frequency).
    """

    pk = models.CompositePrimaryKey("generation_id", "term", "segment_id")
    generation = belongs_to(Generation, "postings")
    term = models.CharField(max_length=64)
    segment = belongs_to(Segment, "postings")
    document_frequency = models.IntegerField()
    packed = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["segment"], name="posting_by_segment")]

    def __str__(self) -> str:
        return f"{self.term}: {self.document_frequency}"


class Embedded(models.Model):
    """A vector as its engine made it, by the hash of its input: no text is embedded twice."""

    pk = models.CompositePrimaryKey("engine_fingerprint", "digest")
    engine_fingerprint = models.CharField(max_length=200)
    digest = models.BinaryField(max_length=32)  # SHA-256 of the input, UTF-8
    vector = HalfVectorField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return bytes(self.digest).hex()
