"""How many pages of a version are pictures that nobody read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("kb", "0008_presets"),
    ]

    operations = [
        migrations.AddField(
            model_name="version",
            name="unread_pages",
            field=models.IntegerField(default=0),
        ),
    ]
