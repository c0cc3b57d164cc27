"""Everything that a restore must bring back, in a comparable form: `python -m tests.backup.answers`."""

import hashlib
import json
import sys
from dataclasses import asdict
from typing import Any

import django
from django.conf import settings

QUESTIONS = ["how long do bones boil", "salt", "a pinch of pepper", "骨头 汤", "who ferments cabbage"]


def answers(collection: str) -> dict[str, Any]:
    from kb.models import Collection, Document, Version
    from kb.storage import files
    from retrieval.search import search

    versions = Version.objects.filter(document__collection=collection).order_by("pk").select_related("text")
    generation = Collection.objects.select_related("generation").get(pk=collection).generation
    hits = {question: search([generation], question).hits for question in QUESTIONS}
    documents = Document.objects.filter(collection=collection).order_by("pk")
    return {
        "documents": list(documents.values_list("id", "name", "metadata", "latest")),
        "versions": [
            [version.pk, version.status, version.sha256, version.text.text, version.text.sections]
            for version in versions.filter(status="ready")
        ],
        "bytes": {sha256: hashlib.sha256(files.path_of(sha256).read_bytes()).hexdigest() for sha256 in files.kept()},
        "hits": {
            question: [
                [
                    hit.score,
                    hit.passage.pk,
                    hit.passage.text,
                    *(found and asdict(found) for found in (hit.dense, hit.lexical)),
                ]
                for hit in hits_of
            ]
            for question, hits_of in hits.items()
        },
    }


if __name__ == "__main__":
    django.setup()
    settings.ENGINES["words"] = {"class": "tests.engines.WordsEngine"}
    from kb.models import Collection

    told = {collection.name: answers(collection.pk) for collection in Collection.objects.all()}
    sys.stdout.write(json.dumps(told))
