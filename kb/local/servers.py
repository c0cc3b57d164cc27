"""Prepares and starts Postgres and Redis of a data folder, for `make run` and for tests."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
from redis import Redis
from redis.exceptions import ConnectionError as RedisUnavailable

from kb.local import postgres, redis_server, services
from kb.local.account import server_account
from kb.local.folder import DataFolder
from kb.local.messages import CannotStart
from kb.local.supervision import Program, Supervisor, supervised

START_SECONDS = 300  # after a crash, a large database first replays its log


@dataclass(frozen=True)
class Servers:
    """Both servers, prepared in a data folder, with their addresses."""

    services: services.Services
    postgres: postgres.Postgres
    redis: redis_server.RedisServer

    def programs(self) -> list[Program]:
        return [
            Program(
                name="postgres",
                command=self.postgres.command,
                stop_signal="INT",  # "fast" shutdown: aborts running statements and writes everything to disk
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
        """Starts both and waits until they answer. Raises CannotStart if one does not stay up."""
        for program in self.programs():
            supervisor.start(program.name)
        wait_until_ready(self._database_problem, supervisor)
        wait_until_ready(self._queue_problem, supervisor)

    def _database_problem(self) -> str:
        """Also creates the database and the extension if they are missing."""
        url = self.services.database_url
        try:
            with psycopg.connect(url, dbname="postgres", autocommit=True) as connection:
                known = connection.execute("SELECT FROM pg_database WHERE datname = 'footnote'").fetchone()
                if known is None:
                    connection.execute("CREATE DATABASE footnote")
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise CannotStart(
                    "The database rejects the password in run/services.json of the data folder. Remove that "
                    "file: the next start sets a new password, and everybody must sign in again."
                ) from error
            return f"Postgres does not answer: {error}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        return ""

    def _queue_problem(self) -> str:
        with Redis.from_url(self.services.redis_url) as client:
            try:
                client.ping()
            except RedisUnavailable as error:  # also raised while it is loading its data
                return f"Redis does not answer: {error}"
        return ""


def prepare(folder: DataFolder, web_port: int, durable: bool = True) -> Servers:
    """Prepares a data folder that is not in use, so that both servers can be started.

    Creates what is missing, keeps ports that are still free, writes run/services.json. Raises CannotStart.
    `durable=False` is for tests and benchmarks: a crash of the machine may lose data.
    """
    account = server_account()
    file = folder.run / "services.json"
    known = services.load(file)
    chosen = (known or services.generate()).on_free_ports(web_port)
    database = postgres.prepare(folder, account, durable)
    database.remove_stale_pid()
    database.configure(chosen, durable)
    if known is None:
        database.set_password(chosen.postgres_password)
    queue = redis_server.prepare(database.cluster.parent, account)
    queue.configure(chosen)
    chosen.write(file)
    return Servers(chosen, database, queue)


@contextlib.contextmanager
def running(folder: DataFolder, who: str) -> Iterator[dict[str, str]]:
    """Runs both servers of a data folder, not durable, during the block. Yields the environment for using them.

    `who` is shown to another starter of the same folder. Raises CannotStart.
    """
    folder.create(server_account())
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


def wait_until_ready(problem: Callable[[], str], supervisor: Supervisor, seconds: float = START_SECONDS) -> None:
    """Polls `problem` until it returns "".

    Raises CannotStart if a program does not stay up, or with the last problem when the time is over.
    """
    end = time.monotonic() + seconds
    while reason := problem():
        supervisor.check()
        if time.monotonic() > end:
            raise CannotStart(f"Footnote is not ready after {seconds:.0f} seconds: {reason}.")
        time.sleep(0.05)
