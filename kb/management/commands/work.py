"""`manage.py work`: parses and indexes all waiting documents in this process, then exits."""

from typing import Any

from django.core.management.base import BaseCommand

from kb.indexing.build import build
from kb.indexing.parse import parse
from kb.indexing.recut import recut_version
from kb.models import Version
from retrieval.models import IndexedVersion


class Command(BaseCommand):
    help = "Parse and index all waiting documents without a worker or queue, for example to debug a failure."

    def handle(self, *args: Any, **options: Any) -> None:
        for version in Version.objects.claimable().order_by("created_at").values_list("pk", flat=True):
            parse(version)
        for indexed in IndexedVersion.objects.claimable().order_by("queued_at").values_list("pk", flat=True):
            build(indexed)
        for indexed in IndexedVersion.objects.of_a_former_cut().values_list("pk", flat=True):
            recut_version(indexed)
        for row in IndexedVersion.objects.unfinished().filter(error_code="engine_down"):
            self.stderr.write(f"{row} waits: {row.error_detail}")
