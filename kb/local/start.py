"""Starts Footnote on one machine, step by step."""

import http.client
import json
import os
import sys
import time

from kb.local import environment, servers
from kb.local.account import NAME, server_account
from kb.local.environment import Options
from kb.local.folder import DataFolder
from kb.local.manage import ManageCommand
from kb.local.messages import CannotStart, say
from kb.local.sample import Sample
from kb.local.services import HOST
from kb.local.supervision import Program, Supervisor, supervised
from kb.local.watch import watch

LAST_RUN_SECONDS = 120  # longer than all programs together may take to stop
READY_SECONDS = 180


def run() -> None:
    """Starts everything, prints the address, and watches until a KeyboardInterrupt. Raises CannotStart."""
    began = time.monotonic()
    options = environment.read()
    folder = options.folder
    folder.create(server_account())
    with folder.locked(options.address):
        wait_for_last_run(folder)
        options.check_port()
        say(f"Starting Footnote; its data is in {folder.path}")
        say("  1/4 database and queue")
        prepared = servers.prepare(folder, options.port)
        say_where_the_database_is(folder, prepared)
        own = own_programs(options)
        with supervised(folder, [*prepared.programs(), *own]) as supervisor:
            try:
                start_servers(folder, prepared, supervisor)
                say("  3/4 web server, worker and scheduler")
                for program in own:
                    supervisor.start(program.name)
                sample = prepare_first_use(folder, prepared)
                servers.wait_until_ready(lambda: why_not_ready(options.port), supervisor, READY_SECONDS)
                say(f"Footnote is ready after {time.monotonic() - began:.0f} seconds: {options.address}")
                say("Press Ctrl-C to stop it; nothing is lost.")
                watch(supervisor, sample)
            except KeyboardInterrupt:
                say("Stopping Footnote ... (Ctrl-C again to stop at once)")
                raise


def wait_for_last_run(folder: DataFolder) -> None:
    """Waits for processes that a killed starter left behind."""
    if folder.children_are_gone(seconds=0.5):
        return
    say("Waiting for the programs of the last run to end ...")
    if not folder.children_are_gone(LAST_RUN_SECONDS):
        raise CannotStart(
            f"Programs of the last run still use {folder.path}: {', '.join(folder.children())}. "
            "Stop them (kill with their number) and start again."
        )


def start_servers(folder: DataFolder, prepared: servers.Servers, supervisor: Supervisor) -> None:
    with ManageCommand(folder, "collectstatic", "--noinput", "--verbosity=0") as static_files:
        prepared.start(supervisor)
        say("  2/4 tables and static files")
        with ManageCommand(folder, "migrate", "--noinput", "--verbosity=0") as migration:
            migration.result()
        static_files.result()


def own_programs(options: Options) -> list[Program]:
    """Footnote's own programs; the last is stopped first. They lose nothing if they are killed."""
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "kb"]  # the banner does not belong in a log
    # There is one worker, so it need not look for others, which takes a second.
    alone = ["--without-gossip", "--without-mingle"]
    counters = ["env", f"PROMETHEUS_MULTIPROC_DIR={options.folder.run / 'metrics'}"]  # shared by the worker's processes
    worker = [*counters, *celery, "worker", "--concurrency", str(options.workers), "--loglevel", "INFO", *alone]
    uvicorn = ["env", "FOOTNOTE_DB_POOL=1", sys.executable, "-m", "uvicorn", "--no-access-log"]
    # Streamed responses may take minutes.
    timeout = ["--timeout-graceful-shutdown", "3"]
    web = [*uvicorn, "--host", HOST, "--port", str(options.port), *timeout, "kb.asgi:application"]
    commands = {"worker": worker, "beat": [*celery, "beat", "--loglevel", "INFO"], "web": web}
    return [
        Program(name, command, stop_signal="TERM", orphan_signal="KILL", stop_seconds=10)
        for name, command in commands.items()
    ]


def prepare_first_use(folder: DataFolder, prepared: servers.Servers) -> Sample | None:
    """If there is no account yet, creates the first account and the sample collection, and prints the password."""
    say("  4/4 account and sample collection")
    with ManageCommand(folder, "first_start") as first_start:
        created = json.loads(first_start.result())
    if created["admin_password"] is not None:
        given = os.environ.get("FOOTNOTE_ADMIN_PASSWORD")
        password = "the one in FOOTNOTE_ADMIN_PASSWORD" if given else created["admin_password"]
        say(f"      sign in as  admin\n      password    {password}")
        if not given:
            say("      (shown this once; `.venv/bin/python manage.py changepassword admin` sets another)")
    return Sample(prepared.services.database_url, created["sample"]) if created["sample"] else None


def say_where_the_database_is(folder: DataFolder, prepared: servers.Servers) -> None:
    home = prepared.postgres.cluster.parent
    if home != folder.path:
        say(f"      stored in {home}, because their user '{NAME}' cannot enter {folder.path}")


def why_not_ready(port: int) -> str:
    """The problems that /readyz reports; "" when all parts are ready."""
    name = (os.environ.get("FOOTNOTE_HOSTS") or HOST).split(",")[0].strip("*. ") or HOST
    connection = http.client.HTTPConnection(HOST, port, timeout=60)
    try:
        connection.request("GET", "/readyz?all=1", headers={"Host": name})
        response = connection.getresponse()
        if response.status == 200:
            return ""
        parts = json.loads(response.read()).get("parts", {})
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"the web server does not answer ({error})"
    finally:
        connection.close()
    reasons = [f"{name}: {reason}" for name, reason in parts.items() if reason != "ok"]
    return ", ".join(reasons) or f"/readyz answers {response.status}"
