"""`manage.py create_user NAME`: creates an account and prints a link for setting its password."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from kb.people import accounts


class Command(BaseCommand):
    help = "Create an account. Give the printed link to its owner, who sets the password there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the name used to sign in")
        parser.add_argument("--email", default="", help="for password reset links")
        parser.add_argument("--admin", action="store_true", help="full access to everything")

    def handle(self, *args: Any, **options: Any) -> None:
        name, email = options["name"], options["email"]
        try:
            User(username=name, email=email, password="!").full_clean()  # noqa: S106  (an unusable password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        user = accounts.create(name, None, email=email, admin=options["admin"])
        self.stdout.write(accounts.site_address() + accounts.password_link(user))
