"""Indexing a version gets a row of its own; a version keeps only how its file became a text.

What is searched is, of each document, the newest version that has a text; it goes on being searched.
"""

from django.db import migrations, models

MOVE = """
INSERT INTO retrieval_indexedversion (
    generation_id, version, visible, preset, passage_count, ready_at,
    status, stage, done, total, error_code, error_detail, attempt, tries, lease_until, not_before, queued_at)
SELECT DISTINCT ON (version.document_id)
    collection.generation_id, version.id, document.removed_at IS NULL, version.preset, version.passage_count,
    version.parsed_at, CASE version.status WHEN 'processing' THEN 'queued' ELSE version.status END,
    '', 0, 0, version.error_code, version.error_detail, 0, 0, NULL, NULL, version.queued_at
FROM kb_version AS version
JOIN kb_versiontext AS text ON text.version_id = version.id
JOIN kb_document AS document ON document.id = version.document_id
JOIN kb_collection AS collection ON collection.id = document.collection_id
ORDER BY version.document_id, version.number DESC;

UPDATE kb_version SET
    status = 'ready', stage = '', done = 0, total = 0, error_code = '', error_detail = '', tries = 0,
    lease_until = NULL, not_before = NULL
WHERE status <> 'ready' AND id IN (SELECT version_id FROM kb_versiontext);

UPDATE kb_collection AS collection SET document_count = counted.n FROM (
    SELECT collection_id, count(*) AS n FROM kb_document WHERE removed_at IS NULL GROUP BY collection_id
) AS counted WHERE counted.collection_id = collection.id;

UPDATE retrieval_generation AS generation SET passage_count = counted.n FROM (
    SELECT generation_id, sum(size) AS n FROM retrieval_segment GROUP BY generation_id
) AS counted WHERE counted.generation_id = generation.id;
"""


class Migration(migrations.Migration):
    dependencies = [("kb", "0011_plain_names"), ("retrieval", "0006_indexed_versions")]

    operations = [
        migrations.AddField(
            model_name="collection",
            name="document_count",
            field=models.IntegerField(default=0, editable=False),
        ),
        migrations.RunSQL(
            """
            ALTER TABLE retrieval_indexedversion ADD CONSTRAINT retrieval_indexedversion_version_cascade
            FOREIGN KEY (version) REFERENCES kb_version ON DELETE CASCADE
            """,
            "ALTER TABLE retrieval_indexedversion DROP CONSTRAINT retrieval_indexedversion_version_cascade",
        ),
        migrations.RunSQL(MOVE, elidable=True),
        migrations.AlterField("Version", "stage", models.CharField(blank=True, max_length=10)),
        migrations.RemoveField("Version", "passage_count"),
        migrations.RemoveField("Version", "preset"),
    ]
