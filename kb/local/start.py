"""The start of Footnote on one machine, step by step."""

import http.client
import json
import os
import sys
import time

from kb.local import environment, servers
from kb.local.account import NAME, server_account
from kb.local.environment import Wishes
from kb.local.folder import DataFolder
from kb.local.manage import ManageCommand
from kb.local.sample import Sample
from kb.local.services import HOST
from kb.local.supervision import Program, Supervisor, supervised
from kb.local.watch import watch
from kb.local.words import CannotStart, say

LAST_RUN_SECONDS = 120  # longer than all programs together may take to stop
READY_SECONDS = 180


def run() -> None:
    """Start everything, say where it is, and watch it until a KeyboardInterrupt. Raises CannotStart."""
    began = time.monotonic()
    wishes = environment.read()
    folder = wishes.folder
    folder.make(server_account())
    with folder.locked(wishes.address):
        wait_for_last_run(folder)
        wishes.check_port()
        say(f"Footnote starts; what it keeps is in {folder.path}")
        say("  1/4 database and queue")
        prepared = servers.prepare(folder, wishes.port)
        say_where_the_database_is(folder, prepared)
        own = own_programs(wishes)
        with supervised(folder, [*prepared.programs(), *own]) as supervisor:
            try:
                start_servers(folder, prepared, supervisor)
                say("  3/4 web server, worker and scheduler")
                for program in own:
                    supervisor.start(program.name)
                sample = prepare_first_use(folder, prepared)
                servers.wait_until_nothing(lambda: why_not_ready(wishes.port), supervisor, READY_SECONDS)
                say(f"Footnote is ready after {time.monotonic() - began:.0f} seconds: {wishes.address}")
                say("Ctrl-C stops it, and nothing is lost.")
                watch(supervisor, sample)
            except KeyboardInterrupt:
                say("Footnote stops ... (Ctrl-C again to hurry)")
                raise


def wait_for_last_run(folder: DataFolder) -> None:
    """Let what a killed starter left behind come to its end."""
    if folder.children_are_gone(seconds=0.5):
        return
    say("Waiting for the programs of the last run to end ...")
    if not folder.children_are_gone(LAST_RUN_SECONDS):
        raise CannotStart(
            f"Programs of the last run still use {folder.path}: {', '.join(folder.children())}. "
            "End them (kill and their number) and start again."
        )


def start_servers(folder: DataFolder, prepared: servers.Servers, supervisor: Supervisor) -> None:
    with ManageCommand(folder, "collectstatic", "--noinput", "--verbosity=0") as static_files:
        prepared.start(supervisor)
        say("  2/4 tables and static files")
        with ManageCommand(folder, "migrate", "--noinput", "--verbosity=0") as migration:
            migration.result()
        static_files.result()


def own_programs(wishes: Wishes) -> list[Program]:
    """Footnote's own programs, the last to be stopped first. Killed at any point they lose nothing."""
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "kb"]  # its banner is no line of a log
    # There is one worker: it need not look for others, which takes a second.
    alone = ["--without-gossip", "--without-mingle"]
    counters = ["env", f"PROMETHEUS_MULTIPROC_DIR={wishes.folder.run / 'metrics'}"]  # of the worker's processes
    worker = [*counters, *celery, "worker", "--concurrency", str(wishes.workers), "--loglevel", "INFO", *alone]
    uvicorn = ["env", "FOOTNOTE_DB_POOL=1", sys.executable, "-m", "uvicorn", "--no-access-log"]
    # Answers that are being streamed may take minutes.
    impatient = ["--timeout-graceful-shutdown", "3"]
    web = [*uvicorn, "--host", HOST, "--port", str(wishes.port), *impatient, "kb.asgi:application"]
    commands = {"worker": worker, "beat": [*celery, "beat", "--loglevel", "INFO"], "web": web}
    return [
        Program(name, command, stop_signal="TERM", orphan_signal="KILL", stop_seconds=10)
        for name, command in commands.items()
    ]


def prepare_first_use(folder: DataFolder, prepared: servers.Servers) -> Sample | None:
    """Make the first account and the sample collection if there is no account yet, and say the password."""
    say("  4/4 account and sample collection")
    with ManageCommand(folder, "first_start") as first_start:
        made = json.loads(first_start.result())
    if made["admin_password"] is not None:
        given = os.environ.get("FOOTNOTE_ADMIN_PASSWORD")
        password = "the one in FOOTNOTE_ADMIN_PASSWORD" if given else made["admin_password"]
        say(f"      sign in as  admin\n      password    {password}")
        if not given:
            say("      (shown this once; `.venv/bin/python manage.py changepassword admin` sets another)")
    return Sample(prepared.services.database_url, made["sample"]) if made["sample"] else None


def say_where_the_database_is(folder: DataFolder, prepared: servers.Servers) -> None:
    home = prepared.postgres.cluster.parent
    if home != folder.path:
        say(f"      which are in {home}, since their user '{NAME}' may not enter {folder.path}")


def why_not_ready(port: int) -> str:
    """What /readyz still complains of; "" when all parts are ready."""
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
