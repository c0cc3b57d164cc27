"""Questions that found nothing."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("kb", "0004_removed_documents"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Miss",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="when")),
                ("question", models.CharField(max_length=2000, verbose_name="question")),
            ],
            options={
                "verbose_name": "search without hits",
                "verbose_name_plural": "searches without hits",
                "ordering": ["-at"],
            },
        ),
        migrations.AddField(
            model_name="miss",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="who",
            ),
        ),
        migrations.AddIndex(
            model_name="miss",
            index=models.Index(fields=["-at"], name="miss_newest_first"),
        ),
    ]
