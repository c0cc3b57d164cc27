"""Every command and health check of docker-compose.yml, run as written, but outside of containers.

Only what containers provide is replaced: addresses and ports by the environment, /data by a folder.
"""

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from kb.local import postgres
from kb.local.redis_server import find_program
from kb.local.supervision import CHECKOUT
from tests.deployment import compose
from tests.embedding import server as tiny

SECONDS = 60  # for one step
QUEUE = 7  # the tests' Redis has others for others


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


class Host:
    """Runs services of the compose file on this machine."""

    def __init__(self, folder: Path, told: Mapping[str, str], addresses: Mapping[str, str]) -> None:
        self._services = compose.read({**compose.SECRETS, **told})["services"]
        self._folder = folder
        self._told = told
        self._addresses = addresses
        self.port = int(told["PORT"])

    def environment(self, name: str) -> dict[str, str]:
        inherited = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOSTNAME": socket.gethostname()}
        own = {key: str(value) for key, value in self._services[name]["environment"].items()}
        # env_file goes before environment, as in Compose.
        return {**inherited, **self._told, **own, **self._addresses, "FOOTNOTE_DATA": str(self._folder)}

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        """Runs a service that finishes."""
        return subprocess.run(
            self._services[name]["command"],
            cwd=CHECKOUT,
            env=self.environment(name),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    @contextlib.contextmanager
    def running(self, name: str) -> Iterator[None]:
        """Runs a long-running service and stops it as Docker does."""
        # A container has its own /tmp.
        command = [part.replace("/tmp/", f"{self._folder}/") for part in self._services[name]["command"]]
        with (self._folder / f"{name}.log").open("w") as log:
            process = subprocess.Popen(command, cwd=CHECKOUT, env=self.environment(name), stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=SECONDS)
            finally:
                process.kill()

    def health(self, name: str) -> int:
        check = subprocess.run(
            compose.health_check(self._services[name]),
            cwd=CHECKOUT,
            env=self.environment(name),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        return check.returncode

    def wait_until_healthy(self, name: str) -> None:
        end = time.monotonic() + SECONDS
        while self.health(name):
            assert time.monotonic() < end, (self._folder / f"{name}.log").read_text()
            time.sleep(0.2)

    def wait_until_ready(self) -> None:
        """Waits for every part, including the worker and the embedding server."""
        end = time.monotonic() + SECONDS
        while self.status("/readyz?all=1") != 200:
            assert time.monotonic() < end, (self._folder / "web.log").read_text()
            time.sleep(0.2)

    def status(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Host": "kb.example.org", "X-Forwarded-Proto": "https"})
            return connection.getresponse().status


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """A separate, empty database."""
    url = urlsplit(os.environ["DATABASE_URL"])
    name = sql.Identifier("footnote_deployment")
    with psycopg.connect(urlunsplit(url), dbname="postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        yield urlunsplit(url._replace(path="/footnote_deployment"))
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture(scope="module")
def embedder() -> Iterator[tiny.EmbeddingServer]:
    with tiny.running() as server:
        server.key = "sesame"
        yield server


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, database: str, embedder: tiny.EmbeddingServer) -> Host:
    """With tables, static files and an account, as `migrate` leaves it."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "run").mkdir()  # the image has it
    told = {
        "PORT": str(free_port()),
        "FOOTNOTE_HOSTS": "kb.example.org",
        "FOOTNOTE_HTTPS": "true",
        "FOOTNOTE_WORKERS": "1",
        "FOOTNOTE_VLLM_URL": embedder.url,
        "FOOTNOTE_VLLM_MODEL": tiny.MODEL,
        "FOOTNOTE_VLLM_MODEL_DIMENSIONS": str(tiny.DIMENSIONS),
        "FOOTNOTE_VLLM_DIMENSIONS": str(tiny.DIMENSIONS),
        "FOOTNOTE_VLLM_MAX_TOKENS": str(tiny.WINDOW),
        "FOOTNOTE_VLLM_API_KEY": "sesame",
    }
    queue = urlunsplit(urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{QUEUE}"))
    host = Host(folder, told, {"DATABASE_URL": database, "REDIS_URL": queue})
    done = host.run("migrate")
    assert done.returncode == 0, done.stderr
    assert compose.SECRETS["FOOTNOTE_ADMIN_PASSWORD"] not in done.stdout + done.stderr
    return host


def test_migrate_creates_what_the_others_need_and_is_repeatable(host: Host, database: str) -> None:
    assert host.run("migrate").returncode == 0
    with psycopg.connect(database) as connection:
        made = connection.execute(
            "SELECT (SELECT array_agg(username::text) FROM auth_user),"
            " (SELECT array_agg(engine) FROM retrieval_generation)"
        ).fetchone()
    assert made == (["admin"], ["vllm"])
    assert (Path(host.environment("web")["FOOTNOTE_DATA"]) / "static" / "staticfiles.json").exists()


def test_without_its_database_migrate_fails_and_the_others_wait(host: Host) -> None:
    gone = Host(
        Path(host.environment("web")["FOOTNOTE_DATA"]),
        {"PORT": "1"},
        {"DATABASE_URL": "postgresql://footnote@127.0.0.1:1/footnote", "REDIS_URL": "redis://127.0.0.1:1/0"},
    )
    assert gone.run("migrate").returncode != 0


def test_web_and_worker_are_healthy_while_they_run_and_all_parts_answer(host: Host) -> None:
    assert host.health("web") != 0
    assert host.health("worker") != 0
    with host.running("web"), host.running("worker"):
        host.wait_until_healthy("web")
        host.wait_until_healthy("worker")
        host.wait_until_ready()
        assert host.status("/sign-in/") == 200
    assert host.health("web") != 0
    assert host.health("worker") != 0


def test_beat_is_healthy_as_long_as_it_writes_its_schedule(host: Host) -> None:
    assert host.health("beat") != 0
    with host.running("beat"):
        host.wait_until_healthy("beat")
    long_ago = time.time() - 900
    for notes in (Path(host.environment("beat")["FOOTNOTE_DATA"]) / "run").glob("beat*"):
        os.utime(notes, (long_ago, long_ago))
    assert host.health("beat") != 0


def test_the_queue_runs_with_its_configuration_and_answers_its_check(tmp_path: Path) -> None:
    """Uses the tests' Redis, which is older than the image's but has the same configuration syntax."""
    file = compose.read()
    program, port = find_program(None), free_port()
    (tmp_path / "redis.conf").write_text(file["configs"]["redis"]["content"])
    # The check uses the default port, which may be taken here.
    wrapper = tmp_path / "redis-cli"
    wrapper.write_text(f'#!/bin/sh\nexec "{program.with_name("redis-cli")}" -p {port} "$@"\n')
    wrapper.chmod(0o755)
    secret = file["services"]["redis"]["environment"]["REDISCLI_AUTH"]
    check = compose.health_check(file["services"]["redis"])

    def health(password: str) -> int:
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "REDISCLI_AUTH": password}
        return subprocess.run(check, env=environment, capture_output=True, check=False).returncode

    command = [str(program), str(tmp_path / "redis.conf"), "--port", str(port), "--bind", "127.0.0.1"]
    with (tmp_path / "log").open("w") as log, subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log) as redis:
        try:
            end = time.monotonic() + SECONDS
            while health(secret):
                assert time.monotonic() < end, (tmp_path / "log").read_text()
                time.sleep(0.05)
            assert health("wrong") != 0
            assert (tmp_path / "appendonlydir").exists() or (tmp_path / "appendonly.aof").exists()
        finally:
            redis.terminate()
    assert health(secret) != 0


def test_the_database_answers_its_check(host: Host) -> None:
    program = postgres.find_program(None).with_name("pg_isready")
    check = compose.health_check(compose.read()["services"]["db"])
    assert check[0] == program.name

    def health(port: int) -> int:
        return subprocess.run([program, *check[1:]], env={"PGPORT": str(port)}, check=False).returncode

    url = urlsplit(os.environ["DATABASE_URL"])
    assert url.port is not None
    assert health(url.port) == 0
    assert health(1) != 0


def test_the_engines_check_detects_a_missing_server(tmp_path: Path) -> None:
    """vLLM itself needs a GPU. Its check runs against a port where a server answers 200, then nothing."""
    check: list[Any] = compose.health_check(compose.read()["services"]["vllm"])
    assert shutil.which(check[0])
    port = free_port()
    here = [word.replace(":8000/", f":{port}/") for word in check]
    assert here != check
    (tmp_path / "health").touch()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            end = time.monotonic() + SECONDS
            while subprocess.run(here, capture_output=True, check=False).returncode:
                assert time.monotonic() < end
                time.sleep(0.1)
        finally:
            server.terminate()
    assert subprocess.run(here, capture_output=True, check=False).returncode != 0
