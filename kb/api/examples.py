"""Bodies that the API's documentation shows; a test holds them against the schema."""

from typing import Any

from embedding import instructions

COLLECTION: dict[str, Any] = {
    "id": "7k2m9x4qw8rt",
    "name": "Papers",
    "description": "What we read on retrieval.",
    "everyone_may_read": False,
    "document_count": 2,
    "passage_count": 318,
    "role": "owner",
    "index": {
        "engine": "minilm",
        "model": "all-MiniLM-L6-v2",
        "dimensions": 384,
        "instruction": "",
        "preset": "general",
        "transform": "",
        "state": "active",
    },
}
GENERATION = {
    "id": "12",
    **COLLECTION["index"],
    "preset": "paper",
    "state": "building",
    "paused": False,
    "activate_when_complete": True,
    "progress": {"total": 2, "done": 1, "failed": 0},
    "waits_for": "",
    "passage_count": 214,
    "created_at": "2026-03-02T10:05:00Z",
    "retired_at": None,
}
MEMBER = {"username": "bob", "role": "viewer"}

_FILE = {
    "media_type": "application/pdf",
    "size": 482113,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "status": "ready",
    "progress": {"stage": "ready", "done": 214, "total": 214},
    "error": None,
    "version": 1,
    "page_count": 12,
    "unread_pages": 0,
    "passage_count": 214,
    "created_at": "2026-03-02T09:30:00Z",
    "ready_at": "2026-03-02T09:30:41Z",
}
VERSION = {"filename": "bm25.pdf", **_FILE}
DOCUMENT = {
    "id": "c4n8v2zk6h1p",
    "collection": COLLECTION["id"],
    "name": "bm25.pdf",
    "metadata": {"year": 2009, "tags": ["ranking", "bm25"]},
    "preset": "",
    "split_by": "paper",
    **_FILE,
}
_WAITING = {
    "status": "queued",
    "progress": {"stage": "queued", "done": 0, "total": 0},
    "page_count": None,
    "passage_count": 0,
    "ready_at": None,
}
ACCEPTED = {**DOCUMENT, **_WAITING, "duplicate": False}

PASSAGE = {
    "id": "1204-1611",
    "text": "BM25 rewards rare words and does not let a long document win by its length.",
    "heading_path": ["Ranking", "BM25"],
    "start": 1204,
    "end": 1611,
    "pages": [3, 3],
    "page_labels": ["ii", "ii"],
}
TEXT = {
    "version": 1,
    "text": "Ranking\n\nBM25 rewards rare words.",
    "page_starts": [0],
    "page_labels": ["1"],
    "sections": [{"id": "0", "parent": None, "level": 1, "title": "Ranking", "start": 0, "end": 33}],
}

QUESTION = {
    "query": "why are rare words worth more?",
    "collections": [COLLECTION["id"]],
    "limit": 3,
    "explain": True,
    "filter": {"media_type": ["application/pdf"], "metadata": {"year": [2009, 2010], "tags": "bm25"}},
}
ANSWER = {
    "hits": [
        {
            "rank": 1,
            "score": 0.0328,
            "document": {"id": DOCUMENT["id"], "name": "bm25.pdf", "collection": COLLECTION["id"], "version": 1},
            "passage": PASSAGE,
            "excerpt": {key: PASSAGE[key] for key in ("start", "end", "text")},
            "url": "https://footnote.example/documents/c4n8v2zk6h1p/?version=1&start=1204&end=1611#passage",
            "explanation": {
                "dense": {
                    "rank": 1,
                    "score": 0.71,
                    "weight": 1.0,
                    "instruction": {"name": "technical", "text": instructions.TEXTS["technical"]},
                },
                "lexical": {"rank": 1, "score": 11.4, "weight": 1.0, "terms": ["rare", "words"]},
                "identifiers": [],
            },
        }
    ],
    "took_ms": {"embed": 6.1, "dense": 1.2, "lexical": 0.9, "fuse": 0.3, "total": 8.7},
    "notices": [],
}
TEXTS = {"texts": ["rare words", "long documents"], "task": "document"}
VECTORS = {"model": "a-model-of-two-dimensions", "dimensions": 2, "vectors": [[0.6, 0.8], [1.0, 0.0]]}


def page(item: Any) -> dict[str, Any]:
    return {"results": [item], "next": None}
