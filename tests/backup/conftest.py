"""A second environment: an empty database and an empty folder."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Place:
    url: str
    folder: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs Python in a process with only this environment."""
        environment = os.environ | {"DATABASE_URL": self.url, "FOOTNOTE_DATA": str(self.folder)}
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)

    def restore(self, backup: Path, *options: str) -> subprocess.CompletedProcess[str]:
        return self.run("manage.py", "restore", str(backup), *options)

    def answers(self) -> dict[str, Any]:
        done = self.run("-m", "tests.backup.answers")
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[Place]:
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    name = f"beside_{secrets.token_hex(4)}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        folder = tmp_path / "beside"
        folder.mkdir()
        yield Place(f"{server}/{name}", folder)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
