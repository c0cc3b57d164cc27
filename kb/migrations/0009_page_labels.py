"""What documents call their pages; those that are here already tell it when they are indexed again."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("kb", "0008_presets"),
    ]

    operations = [
        migrations.AddField(
            model_name="versiontext",
            name="page_labels",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
        ),
    ]
