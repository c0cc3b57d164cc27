"""What a search may keep for the next one that is like it."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Protocol

from retrieval.indexes.protocols import IndexHit
from retrieval.indexes.scope import Scope


class Cache(Protocol):
    """Caches bytes for a while. It may lose them, but never fails. `kind` says what they are: "vector" or "hits"."""

    def get(self, kind: str, key: str) -> bytes | None: ...

    def put(self, kind: str, key: str, value: bytes) -> None: ...


def key_of(parts: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def hits(
    cache: Cache | None,
    scope: Scope,
    revisions: dict[int, int],
    asked: Sequence[object],
    search: Callable[[], list[IndexHit]],
) -> list[IndexHit]:
    """What `search` finds, or found the last time if nothing has changed since.

    `asked`: everything but the scope that determines the hits. `revisions`: of the generations, read before the search:
    then hits may be newer than their key says, but never older. What a filter selects may change without a new
    revision, so filtered hits are not cached.
    """
    if cache is None or scope.filter is not None:
        return search()
    key = key_of([sorted((one, revisions[one]) for one in scope.generations), *asked])
    kept = cache.get("hits", key)
    if kept is not None:
        return [IndexHit(item, passage, score, tuple(terms)) for item, passage, score, terms in json.loads(kept)]
    found = search()
    cache.put("hits", key, json.dumps([[one.item, one.passage, one.score, one.terms] for one in found]).encode())
    return found
