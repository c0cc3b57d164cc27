"""Vectors stay in their rows: an exact scan that fetched each from a TOAST table would take nearly three times as long."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("retrieval", "0002_cascades")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE retrieval_passagevector ALTER COLUMN vector SET STORAGE PLAIN",
            "ALTER TABLE retrieval_passagevector ALTER COLUMN vector SET STORAGE EXTERNAL",
        )
    ]
