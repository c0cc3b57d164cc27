"""Coverage: a generation contains the newest parsed version of each document.

A newly parsed version is added to every active or building generation, and a new generation is filled with all existing
versions. An advisory lock on the collection ensures that no version falls between the two.
"""

from django.db import connection

from retrieval.models import Generation, IndexedVersion

_LOCK = 0x464F  # with a hash of the collection's id: shared to add a version, exclusive to change all

# The lock on rows ensures that no version is added of a document that is being removed.
_NEWEST = """
SELECT version.id FROM kb_version AS version JOIN kb_document AS document ON document.id = version.document_id
WHERE document.collection_id = %(collection)s AND document.removed_at IS NULL AND version.status = 'ready'
  AND NOT EXISTS (
    SELECT 1 FROM kb_version AS newer
    WHERE newer.document_id = version.document_id AND newer.status = 'ready' AND newer.number > version.number)
"""


def lock(collection: str, *, alone: bool) -> None:
    """Holds the lock until the transaction ends."""
    function = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, hashtext(%s))", [_LOCK, collection])


def add(collection: str, version: int) -> list[int]:
    """Adds a parsed version; returns the rows' ids. Call it in the transaction that stores the text."""
    lock(collection, alone=False)
    live = [Generation.State.ACTIVE, Generation.State.BUILDING]
    generations = Generation.objects.filter(collection=collection, state__in=live)
    rows = IndexedVersion.objects.bulk_create(
        IndexedVersion(generation=generation, version=version) for generation in generations
    )
    return [row.pk for row in rows]


def fill(generation: Generation) -> list[int]:
    """Adds all missing versions to `generation`; returns the new rows' ids.

    Call it in a transaction that holds the exclusive lock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO retrieval_indexedversion (
                generation_id, version, visible, preset, passage_count,
                status, stage, done, total, error_code, error_detail, attempt, tries)
            SELECT %(generation)s, newest.id, true, '', 0, 'queued', '', 0, 0, '', '', 0, 0
            FROM ({_NEWEST} FOR KEY SHARE OF version) AS newest
            ON CONFLICT (generation_id, version) DO NOTHING
            RETURNING id
            """,  # noqa: S608
            {"generation": generation.pk, "collection": generation.collection},
        )
        return [id for (id,) in cursor.fetchall()]


def missing(generation: Generation) -> int:
    """The number of versions missing in a generation. Only retired ones can lack any."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*) FROM ({_NEWEST}) AS newest WHERE NOT EXISTS (
                SELECT 1 FROM retrieval_indexedversion AS held
                WHERE held.generation_id = %(generation)s AND held.version = newest.id)
            """,  # noqa: S608
            {"generation": generation.pk, "collection": generation.collection},
        )
        return int(cursor.fetchone()[0])
