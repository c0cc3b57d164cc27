"""How many pages of a version are pictures that nobody read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("kb", "0009_page_labels"),
    ]

    operations = [
        migrations.AddField(
            model_name="version",
            name="unread_pages",
            field=models.IntegerField(default=0),
        ),
    ]
