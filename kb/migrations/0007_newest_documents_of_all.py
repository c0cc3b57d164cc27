from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kb", "0006_when_versions_were_queued")]

    operations = [
        migrations.AddIndex(
            model_name="document",
            index=models.Index(
                fields=["-created_at", "id"], name="document_newest_of_all", condition=models.Q(removed_at=None)
            ),
        ),
    ]
