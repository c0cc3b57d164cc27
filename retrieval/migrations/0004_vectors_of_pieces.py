"""A leaf may have several vectors, one for each piece of it; those that are there are of the whole leaf."""

import django.db.models.deletion
import pgvector.django.halfvec
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("retrieval", "0003_vectors_in_line")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    """
                    ALTER TABLE retrieval_passagevector ADD COLUMN piece smallint NOT NULL DEFAULT 0;
                    ALTER TABLE retrieval_passagevector ALTER COLUMN piece DROP DEFAULT;
                    ALTER TABLE retrieval_passagevector DROP CONSTRAINT retrieval_passagevector_pkey;
                    ALTER TABLE retrieval_passagevector ADD PRIMARY KEY (passage_id, piece);
                    """,
                    """
                    DELETE FROM retrieval_passagevector WHERE piece > 0;
                    ALTER TABLE retrieval_passagevector DROP CONSTRAINT retrieval_passagevector_pkey;
                    ALTER TABLE retrieval_passagevector ADD PRIMARY KEY (passage_id);
                    ALTER TABLE retrieval_passagevector DROP COLUMN piece;
                    """,
                )
            ],
            # Django cannot change a primary key to a composite one; in its own books it makes the model anew.
            state_operations=[
                migrations.DeleteModel(name="PassageVector"),
                migrations.CreateModel(
                    name="PassageVector",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "passage_id", "piece", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("piece", models.SmallIntegerField()),
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
        )
    ]
