"""`manage.py create_token USER --name NAME`: prints only the new token on standard output."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from kb.models import Collection
from kb.people import tokens


class Command(BaseCommand):
    help = "Create an API token for a user. It is printed once; only its hash is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="the user's name")
        parser.add_argument("--name", required=True, help="what the token is for")
        parser.add_argument("--read-only", action="store_true", help="allow searching and reading, not changes")
        parser.add_argument(
            "--collection", action="append", metavar="ID", help="limit the token to this collection; may be repeated"
        )
        parser.add_argument("--days", type=int, help="days until it expires")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user called {options['user']!r}.")
        if options["days"] is not None and options["days"] < 1:
            raise CommandError("--days must be 1 or more.")
        _token, secret = tokens.create(
            user,
            None,
            collections=None if options["collection"] is None else self._collections(user, options["collection"]),
            name=options["name"],
            read_only=options["read_only"],
            expires_at=timezone.now() + timedelta(days=options["days"]) if options["days"] else None,
        )
        self.stdout.write(secret)

    def _collections(self, user: User, ids: list[str]) -> list[Collection]:
        found = list(Collection.objects.visible_to(user).filter(pk__in=ids))
        missing = set(ids) - {collection.pk for collection in found}
        if missing:
            raise CommandError(f"{user} has no access to a collection with the id {', '.join(sorted(missing))}.")
        return found
