"""Questions to indexes of Qwen3-Embedding get the model's own default instruction: so far they were asked with none.

Vectors of passages do not depend on it. Nobody could choose an instruction before, so none is lost.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def tell(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    generations = apps.get_model("retrieval", "Generation").objects.filter(instruction="")
    generations.filter(vector_space__engine_fingerprint__icontains="qwen3-embedding").update(instruction="web")


class Migration(migrations.Migration):
    dependencies = [
        ("retrieval", "0007_transforms"),
    ]

    operations = [
        migrations.RunPython(tell, migrations.RunPython.noop),
    ]
