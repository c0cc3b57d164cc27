"""`manage.py create_user NAME`: makes an account and prints a link with which its owner sets the password."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from kb.people import accounts


class Command(BaseCommand):
    help = "Make an account. Hand the link that is printed to its owner, who sets the password there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what the person signs in with")
        parser.add_argument("--email", default="", help="for when they forget their password")
        parser.add_argument("--admin", action="store_true", help="they see and may change everything")

    def handle(self, *args: Any, **options: Any) -> None:
        name, email = options["name"], options["email"]
        try:
            User(username=name, email=email, password="!").full_clean()  # noqa: S106  (no password can equal it)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        user = accounts.create(name, None, email=email, admin=options["admin"])
        self.stdout.write(accounts.site_address() + accounts.password_link(user))
