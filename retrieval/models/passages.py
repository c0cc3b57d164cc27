"""Passages and their vectors.

The database's own cascade deletes the rows of a version (see the migration `cascades`), not Django's collector, because
a document may have a million postings. So every foreign key here is DO_NOTHING for Django.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from pgvector.django import HalfVectorField

from retrieval.chunking.tree import Kind
from retrieval.models.generations import Generation


class Passage(models.Model):
    """A node of a version's tree: the document, a section, or a passage, which both retrievers index.

    `start` and `end` count Unicode code points of the version's text. Only passages store their text.
    """

    generation = models.ForeignKey(
        Generation, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="passages"
    )
    version = models.BigIntegerField()
    parent = models.ForeignKey("self", null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    kind = models.SmallIntegerField(choices=[(kind.value, kind.name) for kind in Kind])
    ordinal = models.IntegerField()  # position among the version's nodes, parents before children
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
    """The vector of a window of a passage. In a table without texts, so that an exact scan reads only vectors."""

    pk = models.CompositePrimaryKey("passage_id", "ordinal")
    passage = models.ForeignKey(
        Passage, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="vectors"
    )
    ordinal = models.SmallIntegerField()  # position of its window among those of the passage
    generation = models.ForeignKey(
        Generation, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="vectors"
    )
    version = models.BigIntegerField()
    vector = HalfVectorField()

    class Meta:
        indexes = [models.Index(fields=["generation", "version"], name="vector_by_generation")]

    def __str__(self) -> str:
        return str(self.passage_id)
