"""Options of `make run` from the environment, and refusals of invalid ones."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.local import environment
from kb.local.folder import DataFolder
from kb.local.messages import CannotStart


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("DATABASE_URL", "REDIS_URL", "FOOTNOTE_DATA", "FOOTNOTE_WORKERS", "PORT"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(environment, "CHECKOUT", Path("/a/checkout"))  # where there is no .env
    umask = os.umask(0)
    yield
    os.umask(umask)


def test_without_options_the_data_is_in_the_checkout_and_the_port_is_8000() -> None:
    options = environment.read()

    assert options.folder == DataFolder(Path("/a/checkout/var"))
    assert options.address == "http://127.0.0.1:8000"


def test_children_learn_the_folder_as_an_absolute_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_DATA", "elsewhere")

    environment.read()

    assert os.environ["FOOTNOTE_DATA"] == str(Path.cwd() / "elsewhere")


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "８０００"])
def test_an_invalid_port_is_refused(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", port)

    with pytest.raises(CannotStart, match=f"PORT is '{port}', and must be a number from 1 to 65535"):
        environment.read()


def test_a_taken_port_is_reported_with_a_free_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        monkeypatch.setenv("PORT", str(taken))

        with pytest.raises(CannotStart, match=rf"Port {taken} .* is taken .* PORT=\d+ make run"):
            environment.read().check_port()


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL"])
def test_other_servers_are_not_touched(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "somewhere")

    with pytest.raises(CannotStart, match=f"env -u {name} make run"):
        environment.read()
