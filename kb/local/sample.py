"""Reads the sample collection's progress from the database, because the starter has no web account."""

import psycopg

COUNTS = """
SELECT count(*), count(*) FILTER (WHERE status = 'ready'), count(*) FILTER (WHERE status = 'failed') FROM (
    SELECT CASE version.status WHEN 'ready' THEN indexed.status ELSE version.status END AS status
    FROM kb_document AS document
    JOIN kb_collection AS collection ON collection.id = document.collection_id
    JOIN kb_version AS version ON version.id = document.latest_id
    LEFT JOIN retrieval_indexedversion AS indexed
        ON indexed.version = version.id AND indexed.generation_id = collection.generation_id
    WHERE document.collection_id = %s
) AS documents
"""


class Sample:
    def __init__(self, database_url: str, collection: str) -> None:
        self._database_url = database_url
        self._collection = collection

    def progress(self) -> tuple[str, bool]:
        """(a sentence, whether it is the last one). Raises psycopg.OperationalError while the database is down."""
        with psycopg.connect(self._database_url) as connection:
            total, ready, failed = connection.execute(COUNTS, [self._collection]).fetchone() or (0, 0, 0)
        if ready + failed < total:
            return f"The sample collection is being indexed: {ready + failed} of {total} documents.", False
        if failed:
            return f"The sample collection is indexed, but {failed} of {total} documents failed.", True
        return f"The sample collection is ready for search: {total} documents.", True
