"""Gives the tests a Postgres and a Redis of their own: a pytest plugin, named in pyproject.toml.

It comes before Django reads its settings, which pytest-django does early. The servers are those of `make run`, in a
temporary data folder; they end with pytest, also when that is killed. Any number of sessions may run at once, and
each process of pytest-xdist has servers of its own.
"""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from kb.local import servers
from kb.local.folder import DataFolder
from kb.local.messages import CannotStart

PREFIX = "footnote-tests-"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    options = early_config.known_args_namespace
    only_hands_out = bool(options.numprocesses) and "PYTEST_XDIST_WORKER" not in os.environ
    if not (options.help or options.version or only_hands_out):
        stack = contextlib.ExitStack()
        early_config.add_cleanup(stack.close)
        try:
            os.environ.update(stack.enter_context(running_servers()))
        except CannotStart as problem:
            raise pytest.UsageError(str(problem)) from problem
    return (yield)


@contextlib.contextmanager
def running_servers() -> Iterator[dict[str, str]]:
    """The environment that leads to fresh servers."""
    remove_leftovers()
    with open_folder() as parent, servers.running(DataFolder(parent / "data"), "the tests") as environment:
        yield environment


@contextlib.contextmanager
def open_folder(suffix: str = "") -> Iterator[Path]:
    """A temporary folder that root's servers, which run as another user, may enter too."""
    with tempfile.TemporaryDirectory(prefix=PREFIX, suffix=suffix) as name:
        Path(name).chmod(0o711)
        yield Path(name)


def remove_leftovers() -> None:
    """Take away the folders of sessions that were killed."""
    for parent in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        status = parent.stat()
        if status.st_uid != os.geteuid() or time.time() - status.st_mtime < 60:
            continue
        folder = DataFolder(parent / "data")
        with contextlib.suppress(CannotStart, FileNotFoundError), folder.locked("removal"):
            if folder.children_are_gone(seconds=0):
                shutil.rmtree(parent)
