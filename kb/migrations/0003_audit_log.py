"""Who changed what."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("kb", "0002_index_belongs_to_versions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="when")),
                ("actor_name", models.CharField(blank=True, max_length=150, verbose_name="who")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("collection_created", "made a collection"),
                            ("collection_changed", "changed a collection"),
                            ("collection_removed", "removed a collection"),
                            ("member_set", "gave a role"),
                            ("member_removed", "took a role away"),
                            ("document_added", "added a document"),
                            ("document_replaced", "replaced a document's file"),
                            ("document_changed", "changed a document"),
                            ("document_retried", "retried a document"),
                            ("document_reindexed", "indexed a document again"),
                            ("document_removed", "removed a document"),
                            ("token_made", "made a token"),
                            ("token_revoked", "revoked a token"),
                            ("password_link_sent", "asked for a link to set a password"),
                            ("password_changed", "changed a password"),
                            ("user_created", "made an account"),
                            ("user_changed", "changed an account"),
                            ("user_removed", "removed an account"),
                        ],
                        max_length=20,
                        verbose_name="what",
                    ),
                ),
                ("subject", models.CharField(max_length=150)),
                ("subject_name", models.CharField(max_length=255, verbose_name="of")),
                ("collection", models.CharField(blank=True, max_length=12)),
                ("details", models.JSONField(default=dict, verbose_name="details")),
            ],
            options={
                "verbose_name": "audit log entry",
                "verbose_name_plural": "audit log",
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.AddField(
            model_name="event",
            name="actor",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["-at", "-id"], name="event_newest_first"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["collection", "-at"], name="event_of_collection"),
        ),
    ]
