"""A backup of the old product can be restored."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from kb.operations.backup.backup import back_up
from tests.backup.conftest import Place
from tests.backup.conftest import beside as beside  # the fixture
from tests.upgrade.conftest import connected_to, old_sql


@pytest.fixture
def backup(old: str, uploaded: None, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Path:
    """Its form has not changed, so this product can make it from the old one's database."""
    with django_db_blocker.unblock(), connected_to(old):
        path, _manifest = back_up(tmp_path / "old.tar", lambda line: None)
    return path


def names(place: Place) -> set[str]:
    return {name for (name,) in place.rows("SELECT name FROM kb_document WHERE removed_at IS NULL")}


def test_it_is_restored_into_a_new_place(backup: Path, beside: Place, before: dict[str, Any]) -> None:
    done = beside.restore(backup)
    assert done.returncode == 0, done.stderr
    assert before["documents"].keys() <= names(beside)
    assert beside.rows("SELECT count(*) FROM kb_auditentry") == [(before["rows"]["Event"],)]


def test_it_replaces_what_the_old_product_left(backup: Path, beside: Place, before: dict[str, Any]) -> None:
    """Nobody has started the new product there yet, so the tables still have their old names."""
    with psycopg.connect(beside.url, autocommit=True) as connection:
        connection.execute(old_sql())
    done = beside.restore(backup, "--replace")
    assert done.returncode == 0, done.stderr
    assert before["documents"].keys() <= names(beside)
