"""A search sees one state of the database, and holds no connection while it waits for the engine."""

from collections.abc import Iterator, Sequence
from threading import Thread
from typing import Any

import pytest
from django.db import connection

from embedding.engine import Vectors
from kb.models import Collection
from retrieval.indexes.postgres_lexical import PostgresLexical
from retrieval.search import search
from tests.engines import WordsEngine
from tests.retrieval.conftest import write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pool_of_one(transactional_db: None) -> Iterator[None]:
    """The database as the web process has it, with one connection for all threads."""
    database = connection.settings_dict
    before = {name: database[name] for name in ("OPTIONS", "CONN_MAX_AGE")}
    connection.close()
    pool = {"min_size": 1, "max_size": 1, "timeout": 2}
    database.update(OPTIONS={**before["OPTIONS"], "pool": pool}, CONN_MAX_AGE=0)
    yield
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # of the Postgres backend only
    database.update(before)


def test_while_the_engine_works_others_use_the_connection(
    collection: Collection, pool_of_one: None, engine: WordsEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(collection, ["green tea"])
    embed, answers = engine.embed, []

    def somebody_else() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            answers.append(cursor.fetchone())
        connection.close()

    def slow(texts: Sequence[str], **how: Any) -> Vectors:
        meanwhile = Thread(target=somebody_else)
        meanwhile.start()
        meanwhile.join()
        return embed(texts, **how)

    monkeypatch.setattr(engine, "embed", slow)
    collection.refresh_from_db()  # takes the connection, as a request's first statement does
    assert len(search([collection.generation], "tea").hits) == 1
    assert answers == [(1,)]


def test_all_statements_see_one_state_of_the_database(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another connection deletes everything between the retrievers; the search finds what existed at its start."""
    write(collection, ["green tea"])
    lexical = PostgresLexical.search

    def remove_all() -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM retrieval_passage; DELETE FROM retrieval_segment")
        connection.close()

    def removed_meanwhile(*args: Any) -> object:
        thread = Thread(target=remove_all)
        thread.start()
        thread.join()
        return lexical(*args)

    monkeypatch.setattr(PostgresLexical, "search", removed_meanwhile)
    results = search([collection.generation], "tea")
    assert results.hits[0].lexical is not None
    assert search([collection.generation], "tea").hits == []
