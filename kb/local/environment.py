"""Options of `make run`, from the environment or .env."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from environs import Env

from kb.local.folder import DataFolder
from kb.local.messages import CannotStart
from kb.local.services import HOST, port_is_free
from kb.local.supervision import CHECKOUT


@dataclass(frozen=True)
class Options:
    folder: DataFolder
    port: int
    workers: int

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    def check_port(self) -> None:
        """Raises CannotStart if the web server cannot listen on its port."""
        try:
            free = port_is_free(self.port)
        except PermissionError as error:
            raise CannotStart(
                f"Only root may use port {self.port}. Choose one above 1023: PORT=8000 make run"
            ) from error
        if not free:
            other = next((port for port in range(self.port + 1, 65536) if port_is_free(port)), 8000)
            raise CannotStart(
                f"Port {self.port} on {HOST} is taken by another program. Choose another port: PORT={other} make run"
            )


def read() -> Options:
    """Also prepares the environment that every child process inherits. Raises CannotStart."""
    Env().read_env(str(CHECKOUT / ".env"), recurse=False)
    for name in ("DATABASE_URL", "REDIS_URL"):
        if os.environ.get(name):
            raise CannotStart(
                f"{name} is set, but `make run` starts its own Postgres and Redis and does not use yours. "
                f"Start without it: env -u {name} make run (or remove it from .env)."
            )
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]  # libpq would read them, and they refer to another database
    folder = Path(os.environ.get("FOOTNOTE_DATA") or CHECKOUT / "var").resolve()
    os.environ["FOOTNOTE_DATA"] = str(folder)
    os.umask(0o077)
    return Options(
        folder=DataFolder(folder),
        port=_number("PORT", 8000, lambda port: 0 < port < 65536, "a number from 1 to 65535"),
        workers=_number("FOOTNOTE_WORKERS", min(2, os.cpu_count() or 1), lambda n: n > 0, "1 or more"),
    )


def _number(name: str, default: int, is_valid: Callable[[int], bool], expected: str) -> int:
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and is_valid(int(text))):
        raise CannotStart(f"{name} is '{text}', and must be {expected}.")
    return int(text)
