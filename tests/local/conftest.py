"""Data folders for the tests of kb.local."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.local.account import server_account
from kb.local.folder import DataFolder
from tests.services import open_folder


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty folder that the servers' user may enter. Its name breaks commands that do not quote it."""
    with open_folder(" it's 100% odd; #1") as place:
        yield place


@pytest.fixture
def folder(place: Path) -> DataFolder:
    folder = DataFolder(place / "data")
    folder.create(server_account())
    return folder
