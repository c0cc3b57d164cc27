"""`manage.py password_link NAME`: prints a link for setting a new password."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from kb.people import accounts


class Command(BaseCommand):
    help = "Print a link for setting a user's password. It works once, within three days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the user's name")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["name"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user called {options['name']!r}.")
        self.stdout.write(accounts.site_address() + accounts.password_link(user))
