"""Measures actions of the admin panel on many documents, with the target of one second per request.

    python -m benchmarks.admin_actions [--documents 1000] [--others 20000]

It starts its own Postgres and Redis, which do not wait for the disk, and calls the panel in this process; only the
network is left out. The database also contains `--others` documents. Each action is timed three times on new documents,
and the slowest time counts.
"""

import argparse
import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from retrieval.chunking.tree import Kind
from tests.services import running_servers

LIMIT_SECONDS = 1.0
TIMES = 3
PASSAGES = 20  # of each ready document


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--others", type=int, default=20_000)
    options = parser.parse_args()
    with running_servers() as environment:
        os.environ.update(environment, DJANGO_SETTINGS_MODULE="kb.settings", FOOTNOTE_LOG_LEVEL="ERROR")
        prepare()
        measure(options.documents, options.others)


def prepare() -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    settings.ENGINES = {"words": {"class": "tests.engines.WordsEngine"}}
    settings.DEFAULT_ENGINE = "words"
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "servestatic" not in name]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    call_command("migrate", verbosity=0)


def measure(documents: int, others: int) -> None:
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client

    from kb.library import collections
    from kb.models import Status

    ada = User.objects.create_superuser("ada")
    panel = Client()
    panel.force_login(ada)
    panel.get("/admin/")  # a running server has loaded its modules
    other = collections.create(ada, engine="words", preset="general", name="Others")
    fill(other, others, Status.READY)
    connection.cursor().execute("ANALYZE")

    print(f"{documents} documents, {others} beside them; the slowest of {TIMES} against {LIMIT_SECONDS:.0f} s")
    print(f"{'request':44}{'seconds':>9}{'of the limit':>14}")
    for name, kind, status, fields in (
        ("documents: try again", "document", Status.FAILED, {"action": "retry"}),
        ("documents: index again", "document", Status.READY, {"action": "reindex"}),
        ("documents: remove, the question", "document", Status.READY, {"action": "remove"}),
        ("documents: remove, the answer", "document", Status.READY, {"action": "remove", "confirmed": str(documents)}),
        ("collection: try all failed again", "collection", Status.FAILED, {"action": "retry_failed"}),
        ("collection: index all again", "collection", Status.READY, {"action": "reindex"}),
        ("collection: remove", "collection", Status.READY, {"action": "remove", "confirmed": "1"}),
    ):
        seconds = []
        for number in range(TIMES):
            collection = collections.create(ada, engine="words", preset="general", name=f"{name} {number}")
            fill(collection, documents, status)
            path = f"/admin/kb/document/?collection__id__exact={collection.pk}"
            chosen = {"select_across": "1", "_selected_action": "-"}
            if kind == "collection":
                path, chosen = "/admin/kb/collection/", {"_selected_action": collection.pk}
            seconds.append(timed(partial(panel.post, path, {**chosen, **fields})))
        show(name, max(seconds))
    connection.cursor().execute("ANALYZE")  # autovacuum does this within a minute
    for name, path in (
        ("first page", "/admin/"),
        ("list of documents", "/admin/kb/document/"),
        ("list of documents, last page", f"/admin/kb/document/?p={others // 50}"),
        ("search of documents", "/admin/kb/document/?q=number+777"),
        ("list of collections", "/admin/kb/collection/"),
        ("audit log", "/admin/kb/auditentry/"),
    ):
        show(name, max(timed(partial(panel.get, path)) for _time in range(TIMES)))


def timed(request: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    answer = request()
    seconds = time.perf_counter() - begun
    if answer.status_code not in (200, 302):
        raise SystemExit(f"{answer.request['PATH_INFO']} answers {answer.status_code}")
    return seconds


def show(name: str, seconds: float) -> None:
    print(f"{name:44}{seconds:9.3f}{seconds / LIMIT_SECONDS:14.2f}")


def fill(collection: Any, n: int, status: Any) -> None:
    """Creates documents with one version each, and with passages if they are ready."""
    from django.db.models import OuterRef, Subquery

    from kb.models import Document, Status, Version
    from retrieval.models import IndexedVersion, Passage

    documents = Document.objects.bulk_create(
        [Document(collection=collection, name=f"number {number}.md") for number in range(n)], batch_size=5000
    )
    given = {"number": 1, "filename": "x.md", "media_type": "text/markdown", "size": 1, "sha256": "0" * 64}
    code = "no_text" if status == Status.FAILED else ""
    versions = Version.objects.bulk_create(
        [Version(document=document, status=status, error_code=code, **given) for document in documents],
        batch_size=5000,
    )
    own = Version.objects.filter(document=OuterRef("pk")).values("pk")
    Document.objects.filter(collection=collection).update(latest=Subquery(own))
    type(collection).objects.filter(pk=collection.pk).update(document_count=n)
    if status == Status.READY:
        IndexedVersion.objects.bulk_create(
            [IndexedVersion(generation=collection.generation, version=one.pk, status=status) for one in versions],
            batch_size=5000,
        )
        passage = {"generation": collection.generation, "kind": Kind.PASSAGE, "end": 4, "heading_path": []}
        Passage.objects.bulk_create(
            [
                Passage(version=version.pk, ordinal=place, start=0, text="tea.", **passage)
                for version in versions[:1000]
                for place in range(PASSAGES)
            ],
            batch_size=5000,
        )


if __name__ == "__main__":
    main()
