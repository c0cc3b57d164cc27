"""What the environment (or .env) asks of `make run`."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from environs import Env

from kb.local.folder import DataFolder
from kb.local.services import HOST, port_is_free
from kb.local.supervision import CHECKOUT
from kb.local.words import CannotStart


@dataclass(frozen=True)
class Wishes:
    folder: DataFolder
    port: int
    workers: int

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    def check_port(self) -> None:
        """Raises CannotStart if the web server could not listen on its port."""
        try:
            free = port_is_free(self.port)
        except PermissionError as error:
            raise CannotStart(
                f"Port {self.port} is for root alone. Choose one above 1023: PORT=8000 make run"
            ) from error
        if not free:
            other = next((port for port in range(self.port + 1, 65536) if port_is_free(port)), 8000)
            raise CannotStart(
                f"Port {self.port} on {HOST} is taken by another program. Choose another one: PORT={other} make run"
            )


def read() -> Wishes:
    """Also settles the environment that every child process inherits. Raises CannotStart."""
    Env().read_env(str(CHECKOUT / ".env"), recurse=False)
    for name in ("DATABASE_URL", "REDIS_URL"):
        if os.environ.get(name):
            raise CannotStart(
                f"{name} is set, but `make run` brings its own Postgres and Redis and leaves yours alone. "
                f"Start without it: env -u {name} make run (or take it out of .env)."
            )
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]  # libpq reads them, and they mean another database
    folder = Path(os.environ.get("FOOTNOTE_DATA") or CHECKOUT / "var").resolve()
    os.environ["FOOTNOTE_DATA"] = str(folder)
    os.umask(0o077)
    return Wishes(
        folder=DataFolder(folder),
        port=_number("PORT", 8000, lambda port: 0 < port < 65536, "a number from 1 to 65535"),
        workers=_number("FOOTNOTE_WORKERS", min(2, os.cpu_count() or 1), lambda n: n > 0, "1 or more"),
    )


def _number(name: str, default: int, fits: Callable[[int], bool], wanted: str) -> int:
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and fits(int(text))):
        raise CannotStart(f"{name} is '{text}', and must be {wanted}.")
    return int(text)
