"""On which clusters Postgres is started."""

import subprocess
from pathlib import Path

import pytest

from kb.local import postgres
from kb.local.account import server_account
from kb.local.folder import DataFolder
from kb.local.messages import CannotStart


@pytest.fixture
def cluster(folder: DataFolder) -> Path:
    """The parts of a cluster that are checked before Postgres starts."""
    cluster = folder.path / "postgres"
    cluster.mkdir(mode=0o700)
    (cluster / "PG_VERSION").write_text(f"{postgres.MAJOR}\n")
    if account := server_account():
        account.own(cluster)
    return cluster


@pytest.mark.parametrize(("version", "advice"), [("19", "Use the newer Footnote"), ("17", "Dump it with")])
def test_a_cluster_of_another_postgres_is_left_alone(
    version: str, advice: str, cluster: Path, folder: DataFolder
) -> None:
    (cluster / "PG_VERSION").write_text(f"{version}\n")

    with pytest.raises(CannotStart, match=rf"created by Postgres {version}, .* contains Postgres 18\. {advice}"):
        postgres.prepare(folder, server_account(), durable=False)


def test_a_cluster_that_went_away_is_not_replaced_by_an_empty_one(folder: DataFolder) -> None:
    (folder.path / "postgres").symlink_to(folder.path / "not there")

    with pytest.raises(CannotStart, match=r"not there, which does not exist\. Put it back"):
        postgres.prepare(folder, server_account(), durable=False)


def test_an_interrupted_initdb_is_repeated(folder: DataFolder) -> None:
    unfinished = folder.path / "postgres.new"
    unfinished.mkdir()
    (unfinished / "half a file").write_text("")

    prepared = postgres.prepare(folder, server_account(), durable=False)

    assert (prepared.cluster / "PG_VERSION").read_text() == "18\n"
    assert not (prepared.cluster / "half a file").exists()
    assert not unfinished.exists()


def test_a_pid_that_now_belongs_to_another_program_is_removed(cluster: Path, folder: DataFolder) -> None:
    prepared = postgres.prepare(folder, server_account(), durable=False)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (cluster / "postmaster.pid").write_text(f"{stranger.pid}\n{cluster}\n")

        prepared.remove_stale_pid()

        assert not (cluster / "postmaster.pid").exists()
        assert stranger.poll() is None
        stranger.kill()


def test_an_unused_pid_is_left_to_postgres(cluster: Path, folder: DataFolder) -> None:
    """Postgres also checks whether a part of the old server is still alive."""
    prepared = postgres.prepare(folder, server_account(), durable=False)
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    (cluster / "postmaster.pid").write_text(f"{gone.pid}\n{cluster}\n")

    prepared.remove_stale_pid()

    assert (cluster / "postmaster.pid").exists()


def test_a_running_server_on_the_cluster_is_refused(cluster: Path, folder: DataFolder) -> None:
    prepared = postgres.prepare(folder, server_account(), durable=False)
    with subprocess.Popen(["sleep", "60"], cwd=cluster) as server:
        (cluster / "postmaster.pid").write_text(f"{server.pid}\n{cluster}\n")

        with pytest.raises(CannotStart, match=f"runs on .*: process {server.pid}. Stop it"):
            prepared.remove_stale_pid()

        server.kill()
