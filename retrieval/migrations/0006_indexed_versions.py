"""Indexing a version in a generation gets a row of its own, and generations can stand beside each other."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("retrieval", "0005_plain_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="generation",
            name="activate_when_complete",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="generation",
            name="passage_count",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="generation",
            name="paused",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="generation",
            name="retired_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="generation",
            name="state",
            field=models.CharField(
                choices=[
                    ("building", "Building"),
                    ("active", "Active"),
                    ("retired", "Retired"),
                    ("dropped", "Dropped"),
                ],
                default="building",
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="passage",
            name="kind",
            field=models.SmallIntegerField(choices=[(0, "DOCUMENT"), (1, "SECTION"), (2, "PASSAGE")]),
        ),
        migrations.CreateModel(
            name="IndexedVersion",
            fields=[
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("processing", "processing"),
                            ("ready", "ready"),
                            ("failed", "failed"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("stage", models.CharField(blank=True, max_length=10)),
                ("done", models.IntegerField(default=0)),
                ("total", models.IntegerField(default=0)),
                ("error_code", models.CharField(blank=True, max_length=20)),
                ("error_detail", models.TextField(blank=True)),
                ("attempt", models.IntegerField(default=0)),
                ("tries", models.IntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("not_before", models.DateTimeField(null=True)),
                (
                    "queued_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="queued"),
                ),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("version", models.BigIntegerField(db_index=True)),
                ("visible", models.BooleanField(default=True)),
                ("preset", models.CharField(blank=True, max_length=32)),
                ("passage_count", models.IntegerField(default=0)),
                ("ready_at", models.DateTimeField(null=True)),
                (
                    "generation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="retrieval.generation",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["queued", "processing"])),
                        fields=["queued_at"],
                        name="indexed_version_unfinished",
                    ),
                    models.Index(
                        condition=models.Q(("status", "failed")), fields=["generation"], name="indexed_version_failed"
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("generation", "version"), name="indexed_version_once")],
            },
        ),
    ]
