"""Notes by which rules the postings of each version were made. Those that are there were made by the first ones.

They are brought up to date in the background, see kb.indexing.recut.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("retrieval", "0009_revisions"),
    ]

    operations = [
        migrations.AddField(
            model_name="indexedversion",
            name="cut",
            field=models.PositiveSmallIntegerField(db_default=1),
        ),
        migrations.AddIndex(
            model_name="indexedversion",
            index=models.Index(fields=["cut"], name="indexed_version_by_cut"),
        ),
    ]
