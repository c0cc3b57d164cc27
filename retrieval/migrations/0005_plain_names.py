"""Names that the field uses: vector space, cached embedding, and the ordinal of a passage's window."""

import django.db.models.deletion
import pgvector.django.halfvec
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("retrieval", "0004_vectors_of_pieces")]

    operations = [
        migrations.RenameModel("Space", "VectorSpace"),
        migrations.RenameField("Generation", "space", "vector_space"),
        migrations.RenameModel("Embedded", "CachedEmbedding"),
        # Django cannot rename a part of a primary key; in its own books it makes the model anew.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE retrieval_passagevector RENAME COLUMN piece TO ordinal",
                    "ALTER TABLE retrieval_passagevector RENAME COLUMN ordinal TO piece",
                )
            ],
            state_operations=[
                migrations.DeleteModel(name="PassageVector"),
                migrations.CreateModel(
                    name="PassageVector",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "passage_id", "ordinal", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("ordinal", models.SmallIntegerField()),
                        ("version", models.BigIntegerField()),
                        ("vector", pgvector.django.halfvec.HalfVectorField()),
                        (
                            "generation",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="vectors",
                                to="retrieval.generation",
                            ),
                        ),
                        (
                            "passage",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="vectors",
                                to="retrieval.passage",
                            ),
                        ),
                    ],
                    options={"indexes": [models.Index(fields=["generation", "version"], name="vector_by_generation")]},
                ),
            ],
        ),
    ]
