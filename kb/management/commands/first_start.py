"""`manage.py first_start`: creates the administrator and the sample collection in an empty database.

Prints one JSON object: {"admin_password": str | null, "sample": id | null}; null for what existed already.
"""

import json
import os
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand
from django.db import transaction

from kb.library import collections, documents
from kb.models import Collection
from kb.storage import files
from retrieval.chunking.presets import DEFAULT_PRESET

ADMIN = "admin"
HANDBOOK = settings.BASE_DIR / "examples" / "handbook"


class Command(BaseCommand):
    help = "Create the first account and the sample collection, unless accounts exist already."

    def handle(self, *args: Any, **options: Any) -> None:
        password, sample = None, None
        if not User.objects.exists():
            # In one transaction: after an interrupted first start, the next start is a first start again.
            with transaction.atomic():
                password = os.environ.get("FOOTNOTE_ADMIN_PASSWORD") or _random_password()
                admin = User.objects.create_superuser(ADMIN, password=password)
                sample = _add_handbook(admin)
        self.stdout.write(json.dumps({"admin_password": password, "sample": sample and sample.pk}))


def _random_password() -> str:
    """96 bits, in groups that are easy to type."""
    return "-".join(secrets.token_hex(3) for _group in range(4))


def _add_handbook(admin: User) -> Collection:
    collection = collections.create(
        admin,
        engine=settings.DEFAULT_ENGINE,
        preset=DEFAULT_PRESET,
        name="Handbook",
        description="How Footnote works, in English and Chinese. A sample: search it, then remove it.",
        everyone_may_read=True,
    )
    for path in sorted(HANDBOOK.iterdir()):
        with files.copied(path) as incoming:
            documents.add(collection, admin, incoming, batch="handbook")
    return collection
