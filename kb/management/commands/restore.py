"""`manage.py restore FILE`: restores a backup into an empty database and the data folder's files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, OperationalError

from kb.operations.backup.errors import BackupError
from kb.operations.backup.restore import restore


class Command(BaseCommand):
    help = "Restore a backup. Web server, workers and scheduler must be stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, help="a file written by `manage.py backup`")
        parser.add_argument("--replace", action="store_true", help="delete the database's current contents")

    def handle(self, *args: Any, **options: Any) -> None:
        self.check(tags=[Tags.database], databases=[DEFAULT_DB_ALIAS])
        try:
            manifest = restore(options["source"], self.stdout.write, replace=options["replace"])
        except BackupError as reason:
            raise CommandError(str(reason)) from reason
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {str(error).strip()}") from error
        except OSError as error:
            raise CommandError(f"The files cannot be written: {error}. Fix that and restore again.") from error
        self.stdout.write(
            f"Restored the backup of {manifest.made_at}: {manifest.rows['documents']} documents of "
            f"{manifest.rows['collections']} collections, {manifest.rows['users']} accounts. Everybody must sign in "
            "again; passwords and tokens are unchanged."
        )
