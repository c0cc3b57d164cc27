"""The connection to the database: given back while something else takes its time, and one state of it for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


def release() -> None:
    """Gives the connection back to the pool before a wait, so that others may use it; the next statement takes one.

    Without a pool nobody else could use it, and inside a transaction it cannot be given away.
    """
    if connection.settings_dict["OPTIONS"].get("pool") and not connection.in_atomic_block:
        connection.close()


@contextmanager
def snapshot() -> Iterator[None]:
    """One state of the database for all statements: a REPEATABLE READ block, or the caller's transaction."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield
