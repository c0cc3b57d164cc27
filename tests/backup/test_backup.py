"""A backup during uploads and removals restores the same documents, files and hits."""

import hashlib
import json
import stat
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection

from kb.indexing import parse
from kb.library import documents
from kb.models import Collection, Document, Status, Token, Version
from kb.operations import upkeep
from kb.operations.backup import programs
from kb.operations.backup.backup import back_up
from kb.operations.backup.errors import BackupError
from kb.people import tokens
from kb.storage import files
from tests.backup.answers import answers
from tests.backup.conftest import Place
from tests.conftest import Upload, new_collection

pytestmark = pytest.mark.django_db(transaction=True)

TEXTS = {
    "soup.md": "# Soup\n\nBoil the bones for six hours.\n\n## Salt\n\nA pinch of salt, and of pepper.",
    "汤.txt": "骨头汤要煮六个小时。加一点盐。",
    "kimchi.md": "# Kimchi\n\nCabbage ferments by itself, with salt.",
}


def quietly(_line: str) -> None:
    """Ignores progress."""


def as_json(told: object) -> object:
    return json.loads(json.dumps(told))


@contextmanager
def load(collection: Collection, add: Upload) -> Iterator[Callable[[], int]]:
    """Uploads, ingests and removes documents in the background; counts the uploads."""
    ended = threading.Event()
    come = 0

    def work() -> None:
        nonlocal come
        while not ended.is_set():
            document = add(f"{come}.txt", f"Visitor number {come} came and went.", to=collection)
            parse.parse(document.newest.pk)
            come += 1
            if come % 2:
                documents.remove(Document.objects.filter(pk=document.pk), None)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield lambda: come
    finally:
        ended.set()
        thread.join()


def test_a_backup_under_load_restores_everything(
    collection: Collection, alice: User, ready: Upload, add: Upload, tmp_path: Path, beside: Place
) -> None:
    for name, text in TEXTS.items():
        ready(name, text, metadata={"kind": "recipe"})
    waiting = add("later.txt", "Nobody has read this yet.")
    _token, secret = tokens.create(alice, alice, name="script")
    visitors = new_collection(alice, "Visitors")
    before = as_json(answers(collection.pk))

    with load(visitors, add) as come:
        while come() < 3:
            pass
        at_first = come()
        path, manifest = back_up(tmp_path / "backup.tar", quietly)
        assert come() > at_first, "nothing happened meanwhile"

    done = beside.restore(path)
    assert done.returncode == 0, done.stderr
    assert f"{manifest.rows['documents']} documents of 2 collections, 1 accounts" in done.stdout

    told = beside.answers()
    for part in ("documents", "versions", "hits"):
        assert told["Recipes"][part] == before[part], part  # type: ignore[index]
    named = {row[0] for row in beside.rows("SELECT sha256 FROM kb_version")}
    kept = told["Recipes"]["bytes"]
    assert set(kept) == named
    assert all(name == digest for name, digest in kept.items())
    assert len(kept) == manifest.files.count
    assert beside.rows("SELECT digest FROM kb_token") == [(Token.digest_of(secret),)]
    assert beside.rows(f"SELECT status FROM kb_version WHERE id = {waiting.newest.pk}") == [(Status.QUEUED,)]
    assert beside.rows("SELECT count(*) FROM retrieval_cachedembedding") == [(0,)]


def test_the_restored_copy_continues_by_itself(
    add: Upload, collection: Collection, tmp_path: Path, beside: Place
) -> None:
    """A document that was being parsed during the backup is parsed again; new ones get new ids."""
    document = add("soup.md", TEXTS["soup.md"])
    Version.objects.update(status=Status.PROCESSING, attempt=1, tries=1, lease_until="2020-01-01T00:00:00Z")
    path, _manifest = back_up(tmp_path, quietly)
    assert beside.restore(path).returncode == 0
    script = (
        "import django; django.setup()\n"
        "from django.conf import settings; settings.ENGINES['words'] = {'class': 'tests.engines.WordsEngine'}\n"
        "from kb.indexing import parse; from kb.models import Version\n"
        f"assert list(Version.objects.claimable().values_list('pk', flat=True)) == [{document.newest.pk}]\n"
        f"parse.parse({document.newest.pk}); parse.parser().close()\n"
    )
    done = beside.run("-c", f"import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'kb.settings'\n{script}")
    assert done.returncode == 0, done.stderr
    assert beside.rows("SELECT status, attempt FROM kb_version") == [(Status.READY, 2)]
    assert [hit[2] for hit in beside.answers()["Recipes"]["hits"]["salt"]][:1] == ["A pinch of salt, and of pepper."]


def test_files_removed_during_a_backup_stay_until_the_next_tidy(ready: Upload, tmp_path: Path) -> None:
    document = ready("soup.md", TEXTS["soup.md"])
    sha256 = document.newest.sha256
    removed = []

    def remove_after_the_dump(line: str) -> None:
        if "files" in line:
            in_a_thread(lambda: removed.append(documents.remove(Document.objects.all(), None)))

    path, _manifest = back_up(tmp_path, remove_after_the_dump)
    assert removed == [1]
    assert files.path_of(sha256).exists(), "held back"
    with tarfile.open(path) as tar:
        stream = tar.extractfile(f"files/{sha256}")
        assert stream is not None
        assert hashlib.sha256(stream.read()).hexdigest() == sha256
    upkeep.tidy()
    assert not files.path_of(sha256).exists()


def test_only_one_backup_at_a_time(db: None, tmp_path: Path) -> None:
    def try_another(line: str) -> None:
        with pytest.raises(BackupError, match="Another backup of this database is running"):
            in_a_thread(lambda: back_up(tmp_path, quietly))

    held = files.removal_paused
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "removal_paused", lambda: held("100ms"))
        path, _manifest = back_up(tmp_path, try_another)
    assert [file.name for file in tmp_path.glob("*.tar*")] == [path.name]


def in_a_thread(work: Callable[[], object]) -> None:
    """Runs with its own connection; exceptions are raised here."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BackupError as error:
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


class TestRefused:
    def test_a_file_that_is_missing_or_damaged(self, ready: Upload, tmp_path: Path) -> None:
        path = files.path_of(ready("soup.md", TEXTS["soup.md"]).newest.sha256)
        path.write_bytes(b"rotten")
        with pytest.raises(BackupError, match=r"is damaged, .* from an older backup"):
            back_up(tmp_path, quietly)
        path.unlink()
        with pytest.raises(BackupError, match=r"is missing, .* Upload it again, or remove its document"):
            back_up(tmp_path, quietly)
        assert list(tmp_path.glob("*.tar*")) == [], "nothing half done is left"

    def test_an_existing_file(self, db: None, tmp_path: Path) -> None:
        (tmp_path / "taken.tar").write_bytes(b"something dear")
        with pytest.raises(BackupError, match=r"The file .*taken\.tar exists already"):
            back_up(tmp_path / "taken.tar", quietly)

    def test_a_pg_dump_that_is_too_old(self, db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        old = program(tmp_path / "pg_dump", "pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)")
        monkeypatch.setattr(programs, "_candidates", lambda name: iter([old]))
        with pytest.raises(BackupError, match=r"of Postgres 18 or newer .*pg_dump has version 15\. Install"):
            back_up(tmp_path, quietly)

    def test_no_pg_dump_at_all(self, db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(programs, "_candidates", lambda name: iter([]))
        with pytest.raises(CommandError, match=r"pg_dump was not found\. Install postgresql-client-18"):
            call_command("backup", str(tmp_path))

    def test_a_pg_dump_that_fails(self, db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        broken = program(tmp_path / "pg_dump", "pg_dump (PostgreSQL) 18.4", "echo 'no space left' >&2; exit 1")
        monkeypatch.setattr(programs, "_candidates", lambda name: iter([broken]))
        with pytest.raises(BackupError, match="pg_dump failed: no space left"):
            back_up(tmp_path, quietly)
        assert list(tmp_path.glob("*.tar*")) == []


def program(path: Path, version: str, otherwise: str = "exit 1") -> Path:
    path.write_text(f"#!/bin/sh\n[ \"$1\" = --version ] && {{ echo '{version}'; exit 0; }}\n{otherwise}\n")
    path.chmod(0o755)
    return path


def test_the_program_closest_to_the_servers_version_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newer pg_dump may write what an older Postgres does not understand."""
    places = [program(tmp_path / f"pg_dump{n}", f"pg_dump (PostgreSQL) {n}.1") for n in (18, 16, 17)]
    monkeypatch.setattr(programs, "_candidates", lambda name: iter(places))
    assert programs.find("pg_dump", 16).path == tmp_path / "pg_dump16"
    assert programs.find("pg_dump", 15).path == tmp_path / "pg_dump16"
    assert programs.find("pg_dump", 18).path == tmp_path / "pg_dump18"


def test_a_backup_is_for_its_owner_alone(db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("backup", str(tmp_path))
    (path,) = tmp_path.glob("footnote-*.tar")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert f"{path}: 0 documents, 0 files" in capsys.readouterr().out
