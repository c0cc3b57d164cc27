"""Names that the field uses: audit entry, zero-result search."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("kb", "0010_unread_pages")]

    operations = [
        migrations.RenameModel("Event", "AuditEntry"),
        migrations.RenameModel("Miss", "ZeroResultSearch"),
        migrations.RenameField("Version", "ready_at", "parsed_at"),
        migrations.AlterModelOptions(
            "ZeroResultSearch",
            {
                "ordering": ["-at"],
                "verbose_name": "zero-result search",
                "verbose_name_plural": "zero-result searches",
            },
        ),
    ]
