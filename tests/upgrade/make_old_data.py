"""Makes `before.tar.xz`, a data folder as the old product leaves it, and `before.json`, what the product shows of it.

It runs in a checkout of commit a2ae180, the last one in which parsing and indexing were one step, and uses the modules
of that commit. It starts the servers that it needs:

    PYTHONPATH=. python <this checkout>/tests/upgrade/make_old_data.py <this checkout>/tests/upgrade

Ids, times and the token are new each time, so both files are always made together. To look into the first one:
`tar -xOf before.tar.xz database.sql`.
"""

# mypy: ignore-errors

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import django

from tests.services import running_servers


def main(target: Path) -> None:
    with running_servers() as environment:
        os.environ.update(environment, DJANGO_SETTINGS_MODULE="kb.settings")
        django.setup()

        import old_documents
        import old_pages

        token = old_documents.make()
        noted = {"token": token, **old_pages.note()}
        # Afterwards, as the old product counts words of removed documents until they are gone.
        old_documents.make_removed()
        noted["rows"] = old_pages.rows()
        (target / "before.json").write_text(json.dumps(noted, ensure_ascii=False, indent=1) + "\n")
        write_archive(target / "before.tar.xz")
        old_documents.tasks.parser().close()


def write_archive(path: Path) -> None:
    """The database as SQL that any client may run, and the files that were uploaded."""
    from django.conf import settings

    with tarfile.open(path, "w:xz", preset=9) as archive:
        put(archive, "database.sql", dumped_sql())
        for file in sorted(settings.FILES_DIR.glob("??/*")):
            put(archive, f"files/{file.parent.name}/{file.name}", file.read_bytes())


def dumped_sql() -> bytes:
    from kb.backup import programs

    pg_dump = programs.find("pg_dump", programs.server_version())
    options = ["--inserts", "--no-owner", "--no-privileges", "--no-comments", "--dbname", os.environ["DATABASE_URL"]]
    done = subprocess.run([pg_dump.path, *options], check=True, capture_output=True, text=True)
    only_psql_knows = ("\\restrict", "\\unrestrict")
    lines = done.stdout.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(only_psql_knows)).encode()


def put(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
