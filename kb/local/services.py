"""Addresses and passwords of Postgres and Redis, stored in run/services.json, which kb.settings reads."""

import json
import random
import secrets
import socket
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from kb.local.folder import replace_file

HOST = "127.0.0.1"
# Below Linux's range for outgoing connections, which could take the port while a server restarts.
PORTS = range(20_000, 32_000)


@dataclass(frozen=True)
class Services:
    postgres_port: int
    postgres_password: str
    redis_port: int
    redis_password: str
    secret_key: str

    @property
    def database_url(self) -> str:
        return f"postgresql://footnote:{self.postgres_password}@{HOST}:{self.postgres_port}/footnote"

    @property
    def redis_url(self) -> str:
        return f"redis://:{self.redis_password}@{HOST}:{self.redis_port}/0"

    def write(self, file: Path) -> None:
        names = ("database_url", "redis_url", "secret_key")
        replace_file(file, json.dumps({name: getattr(self, name) for name in names}, indent=1))

    def on_free_ports(self, web_port: int) -> "Services":
        """The same services, with new ports for those taken by another program or needed by the web server."""
        services = self
        if services.postgres_port == web_port or not port_is_free(services.postgres_port):
            services = replace(services, postgres_port=_free_port(web_port, services.redis_port))
        if services.redis_port == web_port or not port_is_free(services.redis_port):
            services = replace(services, redis_port=_free_port(web_port, services.postgres_port))
        return services


def load(file: Path) -> Services | None:
    """The services of an earlier start; None at the first start."""
    if not file.exists():
        return None
    known = json.loads(file.read_text())
    postgres, redis = urlsplit(known["database_url"]), urlsplit(known["redis_url"])
    if not (postgres.port and postgres.password and redis.port and redis.password):
        raise ValueError(f"{file} was not written by Footnote")
    return Services(postgres.port, postgres.password, redis.port, redis.password, known["secret_key"])


def generate() -> Services:
    postgres_port = _free_port()
    return Services(
        postgres_port=postgres_port,
        postgres_password=secrets.token_urlsafe(24),
        redis_port=_free_port(postgres_port),
        redis_password=secrets.token_urlsafe(24),
        secret_key=secrets.token_urlsafe(48),
    )


def port_is_free(port: int) -> bool:
    """Whether a server can listen on the port. Raises PermissionError for low ports, which only root may use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: ignore lingering connections
        try:
            probe.bind((HOST, port))
            probe.listen()
        except PermissionError:
            raise
        except OSError:
            return False
    return True


def _free_port(*others: int) -> int:
    candidates = random.SystemRandom().sample(PORTS, len(PORTS))
    return next(port for port in candidates if port not in others and port_is_free(port))
