"""Parses the tests' files in this process."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kb.parsing.media_type import detect
from kb.parsing.parsed import Parsed
from kb.parsing.registry import parse

Parse = Callable[[str, bytes], Parsed]


@pytest.fixture
def parsed(tmp_path: Path) -> Parse:
    """Parses bytes as a file with that name."""

    def parse_bytes(name: str, data: bytes) -> Parsed:
        path = tmp_path / name
        path.write_bytes(data)
        return parse(path, name, detect(path, name), 100_000, lambda done, total: None)

    return parse_bytes
