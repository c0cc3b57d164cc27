"""Postgres and Redis of a data folder, from nothing to answering, for `make run` and the tests alike."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
from redis import Redis
from redis.exceptions import ConnectionError as RedisIsAway

from kb.local import postgres, redis_server, services
from kb.local.account import server_account
from kb.local.folder import DataFolder
from kb.local.supervision import Program, Supervisor, supervised
from kb.local.words import CannotStart

START_SECONDS = 300  # a large database that was killed replays its log first


@dataclass(frozen=True)
class Servers:
    """Both servers, prepared in a data folder, and where they listen."""

    services: services.Services
    postgres: postgres.Postgres
    redis: redis_server.RedisServer

    def programs(self) -> list[Program]:
        return [
            Program(
                name="postgres",
                command=self.postgres.command,
                stop_signal="INT",  # "fast": it breaks off what runs and writes everything down
                orphan_signal="INT",
                stop_seconds=60,
                account=self.postgres.account,
                directory=self.postgres.cluster,
            ),
            Program(
                name="redis",
                command=self.redis.command,
                stop_signal="TERM",
                orphan_signal="TERM",
                stop_seconds=10,
                account=self.redis.account,
                directory=self.redis.folder,
            ),
        ]

    def start(self, supervisor: Supervisor) -> None:
        """Start both and wait until they answer. Raises CannotStart if one does not stay up."""
        for program in self.programs():
            supervisor.start(program.name)
        wait_until_nothing(self._why_database_is_away, supervisor)
        wait_until_nothing(self._why_queue_is_away, supervisor)

    def _why_database_is_away(self) -> str:
        """Also makes what is missing in it."""
        url = self.services.database_url
        try:
            with psycopg.connect(url, dbname="postgres", autocommit=True) as connection:
                known = connection.execute("SELECT FROM pg_database WHERE datname = 'footnote'").fetchone()
                if known is None:
                    connection.execute("CREATE DATABASE footnote")
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise CannotStart(
                    "The database refuses the password in run/services.json of the data folder. Remove that "
                    "file: the next start makes another password, and everybody signs in again."
                ) from error
            return f"Postgres does not answer: {error}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        return ""

    def _why_queue_is_away(self) -> str:
        with Redis.from_url(self.services.redis_url) as client:
            try:
                client.ping()
            except RedisIsAway as error:  # or it still loads its data
                return f"Redis does not answer: {error}"
        return ""


def prepare(folder: DataFolder, web_port: int, durable: bool = True) -> Servers:
    """Bring a data folder in which nothing runs to where both servers can be started.

    Makes what is missing, keeps the ports that are still free, writes run/services.json. Raises CannotStart.
    `durable=False` is for tests and benchmarks: a crash of the machine may then lose data.
    """
    account = server_account()
    file = folder.run / "services.json"
    known = services.recall(file)
    chosen = (known or services.invent()).on_free_ports(web_port)
    database = postgres.prepare(folder, account, durable)
    database.forget_stale_pid()
    database.configure(chosen, durable)
    if known is None:
        database.set_password(chosen.postgres_password)
    queue = redis_server.prepare(database.cluster.parent, account)
    queue.configure(chosen)
    chosen.write(file)
    return Servers(chosen, database, queue)


@contextlib.contextmanager
def running(folder: DataFolder, who: str) -> Iterator[dict[str, str]]:
    """Both servers of a data folder, not durable, for as long as the block lasts: the environment that leads to them.

    `who` is told to another starter of the same folder. Raises CannotStart.
    """
    folder.make(server_account())
    with folder.locked(who):
        prepared = prepare(folder, web_port=0, durable=False)
        with supervised(folder, prepared.programs()) as supervisor:
            prepared.start(supervisor)
            yield {
                "DATABASE_URL": prepared.services.database_url,
                "REDIS_URL": prepared.services.redis_url,
                "FOOTNOTE_DATA": str(folder.path),
                "FOOTNOTE_SECRET_KEY": prepared.services.secret_key,
            }


def wait_until_nothing(wrong: Callable[[], str], supervisor: Supervisor, seconds: float = START_SECONDS) -> None:
    """Ask again and again what is wrong, until it is "".

    Raises CannotStart if a program does not stay up, or with the last answer when the time is over.
    """
    end = time.monotonic() + seconds
    while reason := wrong():
        supervisor.check()
        if time.monotonic() > end:
            raise CannotStart(f"Footnote is not ready after {seconds:.0f} seconds: {reason}.")
        time.sleep(0.05)
