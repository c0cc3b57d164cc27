"""Which preset a document is to be cut by, and which one it was."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("kb", "0007_newest_documents_of_all"),
    ]

    operations = [
        migrations.AddField(
            model_name="document",
            name="preset",
            field=models.CharField(blank=True, max_length=32),
        ),
        migrations.AddField(
            model_name="version",
            name="preset",
            field=models.CharField(blank=True, max_length=32),
        ),
    ]
