"""A removed version takes its passages and postings along, however it was removed.

retrieval knows versions by number only, so the foreign keys are added here.
"""

from django.db import migrations


def belongs_to_version(table: str) -> migrations.RunSQL:
    name = f"{table}_version_cascade"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (version) REFERENCES kb_version ON DELETE CASCADE",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("kb", "0001_people_and_documents"), ("retrieval", "0002_cascades")]

    operations = [belongs_to_version("retrieval_passage"), belongs_to_version("retrieval_segment")]
