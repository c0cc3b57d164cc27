"""`manage.py restore FILE`: what `manage.py backup` wrote, into an empty database and the data folder's files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, OperationalError

from kb.operations.backup.errors import BackupError
from kb.operations.backup.restore import restore


class Command(BaseCommand):
    help = "Bring back a backup. Web server, workers and scheduler must be stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, help="a file that `manage.py backup` wrote")
        parser.add_argument("--replace", action="store_true", help="lose what the database holds now")

    def handle(self, *args: Any, **options: Any) -> None:
        self.check(tags=[Tags.database], databases=[DEFAULT_DB_ALIAS])
        try:
            manifest = restore(options["source"], self.stdout.write, replace=options["replace"])
        except BackupError as reason:
            raise CommandError(str(reason)) from reason
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {str(error).strip()}") from error
        except OSError as error:
            raise CommandError(f"The files cannot be written: {error}. Mend that and restore again.") from error
        self.stdout.write(
            f"Restored the backup of {manifest.made_at}: {manifest.rows['documents']} documents of "
            f"{manifest.rows['collections']} collections, {manifest.rows['users']} accounts. Everybody signs in again; "
            "passwords and tokens are as they were."
        )
