"""The audit log tells who built, paused, activated and dropped an index, and whose file was read again."""

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
                    ("collection_created", "made a collection"),
                    ("collection_changed", "changed a collection"),
                    ("collection_removed", "removed a collection"),
                    ("index_started", "started building an index"),
                    ("index_paused", "paused building an index"),
                    ("index_resumed", "resumed building an index"),
                    ("index_activated", "activated an index"),
                    ("index_dropped", "dropped an index"),
                    ("member_set", "gave a role"),
                    ("member_removed", "took a role away"),
                    ("document_added", "added a document"),
                    ("document_replaced", "replaced a document's file"),
                    ("document_changed", "changed a document"),
                    ("document_retried", "retried a document"),
                    ("document_reindexed", "indexed a document again"),
                    ("document_parsed", "read a document's file again"),
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
    ]
