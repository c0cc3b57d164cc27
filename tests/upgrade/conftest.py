"""The old data folder, migrated once. Every test has its own copy."""

import json
import os
import secrets
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from pytest_django import DjangoDbBlocker

HERE = Path(__file__).parent
ARCHIVE = HERE / "before.tar.xz"


@pytest.fixture(scope="session")
def before() -> dict[str, Any]:
    """What the old product showed and answered."""
    noted: dict[str, Any] = json.loads((HERE / "before.json").read_text())
    return noted


@pytest.fixture(scope="session")
def old() -> Iterator[str]:
    """The name of the database that the old product filled."""
    with new_database() as name:
        with psycopg.connect(f"{server()}/{name}", autocommit=True) as restoring:
            restoring.execute(old_sql())
        yield name


@pytest.fixture(scope="session")
def migrated(old: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    with new_database(template=old) as name:
        with django_db_blocker.unblock(), connected_to(name):
            call_command("migrate", verbosity=0)
        yield name


@pytest.fixture
def uploaded(data: Path) -> None:
    """The files of the old product are in their places."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(data, [file for file in archive if file.name.startswith("files/")], filter="data")


@pytest.fixture
def upgraded(migrated: str, uploaded: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Django's database is a copy of the migrated one."""
    with new_database(template=migrated) as name, django_db_blocker.unblock(), connected_to(name):
        yield


@pytest.fixture
def alice(upgraded: None) -> User:
    return User.objects.get(username="alice")


def old_sql() -> bytes:
    with tarfile.open(ARCHIVE) as archive:
        dump = archive.extractfile("database.sql")
        assert dump is not None
        return dump.read()


def server() -> str:
    return os.environ["DATABASE_URL"].rpartition("/")[0]


@contextmanager
def new_database(template: str = "template1") -> Iterator[str]:
    name = f"upgrade_{secrets.token_hex(4)}"
    with psycopg.connect(f"{server()}/postgres", autocommit=True) as administrator:
        administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield name
        administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Django's own connection, for code that knows of no other."""
    connection.close()
    before = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
