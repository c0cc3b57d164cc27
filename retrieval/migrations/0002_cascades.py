"""What hangs on a generation, a passage or a segment goes with it, by the database itself.

Django's collector would first load a million postings.
"""

from django.db import migrations


def belongs(table: str, column: str, owner: str) -> migrations.RunSQL:
    name = f"{table}_{column}_cascade"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {owner} ON DELETE CASCADE",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("retrieval", "0001_index")]

    operations = [
        belongs("retrieval_passage", "generation_id", "retrieval_generation"),
        belongs("retrieval_passagevector", "passage_id", "retrieval_passage"),
        belongs("retrieval_segment", "generation_id", "retrieval_generation"),
        belongs("retrieval_posting", "segment_id", "retrieval_segment"),
    ]
