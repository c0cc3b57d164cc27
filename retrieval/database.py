"""Database connections: returning one to the pool before a wait, and snapshots."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


def release() -> None:
    """Returns the connection to the pool before a wait. The next statement takes one again.

    Does nothing without a pool, or inside a transaction.
    """
    if connection.settings_dict["OPTIONS"].get("pool") and not connection.in_atomic_block:
        connection.close()


@contextmanager
def snapshot() -> Iterator[None]:
    """All statements in the block see the same state of the database, unless a transaction is already open."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield
