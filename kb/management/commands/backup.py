"""`manage.py backup FILE_OR_FOLDER`: writes database and files to one file, even while Footnote is running."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, OperationalError

from kb.operations.backup.backup import back_up
from kb.operations.backup.errors import BackupError


class Command(BaseCommand):
    help = "Write the database and uploaded files to one file. Footnote may keep running."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "target", type=Path, help="a new file; or a folder, in which the file is named after the time"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.check(tags=[Tags.database], databases=[DEFAULT_DB_ALIAS])
        try:
            path, manifest = back_up(options["target"], self.stdout.write)
        except BackupError as reason:
            raise CommandError(str(reason)) from reason
        except OperationalError as error:
            raise CommandError(f"The database does not answer ({str(error).strip()}). Is Footnote running?") from error
        except OSError as error:
            raise CommandError(f"The backup cannot be written: {error}.") from error
        self.stdout.write(
            f"{path}: {manifest.rows['documents']} documents, {manifest.files.count} files, "
            f"{path.stat().st_size / 1024**2:.1f} MB. Keep it on another machine."
        )
