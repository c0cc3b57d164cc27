"""The audit log records who built, paused, activated and dropped an index, and who parsed a file again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("kb", "0012_indexed_versions"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditentry",
            name="action",
            field=models.CharField(
                choices=[
                    ("collection_created", "created a collection"),
                    ("collection_changed", "changed a collection"),
                    ("collection_removed", "removed a collection"),
                    ("index_started", "started building an index"),
                    ("index_paused", "paused building an index"),
                    ("index_resumed", "resumed building an index"),
                    ("index_activated", "activated an index"),
                    ("index_dropped", "dropped an index"),
                    ("member_set", "set a member's role"),
                    ("member_removed", "removed a member"),
                    ("document_added", "added a document"),
                    ("document_replaced", "replaced a document's file"),
                    ("document_changed", "changed a document"),
                    ("document_retried", "retried a document"),
                    ("document_reindexed", "indexed a document again"),
                    ("document_parsed", "parsed a document again"),
                    ("document_removed", "removed a document"),
                    ("token_made", "created a token"),
                    ("token_revoked", "revoked a token"),
                    ("password_link_sent", "requested a password link"),
                    ("password_changed", "changed a password"),
                    ("user_created", "created an account"),
                    ("user_changed", "changed an account"),
                    ("user_removed", "removed an account"),
                ],
                max_length=20,
                verbose_name="what",
            ),
        ),
    ]
