from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("kb", "0005_searches_without_hits")]

    operations = [
        migrations.AddField(
            model_name="version",
            name="queued_at",
            field=models.DateTimeField(db_default=Now(), verbose_name="queued"),
        ),
        migrations.RunSQL("UPDATE kb_version SET queued_at = created_at", migrations.RunSQL.noop, elidable=True),
        migrations.AddIndex(
            model_name="version",
            index=models.Index(fields=["queued_at"], name="version_waiting", condition=models.Q(status="queued")),
        ),
        migrations.AddIndex(
            model_name="version",
            index=models.Index(fields=["queued_at"], name="version_failed", condition=models.Q(status="failed")),
        ),
    ]
