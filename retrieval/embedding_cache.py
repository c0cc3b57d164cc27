"""Embeds texts batch by batch and caches every batch: a crash costs one batch, and no text is embedded twice."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from operator import itemgetter

import numpy as np
from django.db.models.functions import Now
from pgvector import HalfVector

from embedding.engine import EmbeddingEngine, EngineRejected, Vectors
from retrieval.models import CachedEmbedding

COUNTED_AT_ONCE = 1000
PURGE_ROWS = 10_000


def embed(engine: EmbeddingEngine, inputs: Sequence[str], on_progress: Callable[[int, int], None]) -> Vectors:
    """Vectors of `inputs`, float32 (n, dimensions). Calls `on_progress(done, total)` after every batch.

    Errors of `on_progress` and of the engine are propagated, EngineRejected with the place in `inputs` as its index;
    finished batches stay cached.
    """
    vectors = np.empty((len(inputs), engine.dimensions), dtype=np.float32)
    digests = [hashlib.sha256(text.encode()).digest() for text in inputs]
    done = 0
    on_progress(0, len(inputs))
    tokens: list[int] = []
    for start in range(0, len(inputs), COUNTED_AT_ONCE):
        tokens += engine.count_tokens(inputs[start : start + COUNTED_AT_ONCE])
        on_progress(0, len(inputs))
    for batch in _batches(tokens, engine.batch_tokens):
        kept = _kept(engine, [digests[place] for place in batch])
        new = [place for place in batch if digests[place] not in kept]
        if new:
            try:
                made = engine.embed([inputs[place] for place in new])
            except EngineRejected as error:
                raise EngineRejected(str(error), new[error.index]) from error
            _keep(engine, [digests[place] for place in new], made)
            kept |= {digests[place]: vector for place, vector in zip(new, made, strict=True)}
        for place in batch:
            vectors[place] = kept[digests[place]]
        done += len(batch)
        on_progress(done, len(inputs))
    return vectors


def purge(older_than: timedelta, *, keep: Sequence[str] = ()) -> int:
    """Deletes older vectors in batches, except those of engines with the fingerprints `keep`; returns their number."""
    gone = 0
    while True:
        old = CachedEmbedding.objects.filter(created_at__lt=Now() - older_than).exclude(engine_fingerprint__in=keep)
        deleted, _by_model = CachedEmbedding.objects.filter(pk__in=old.values("pk")[:PURGE_ROWS]).delete()
        gone += deleted
        if deleted < PURGE_ROWS:
            return gone


def _batches(tokens: Sequence[int], budget: int) -> Iterator[range]:
    start, total = 0, 0
    for place, count in enumerate(tokens):
        if place > start and total + count > budget:
            yield range(start, place)
            start, total = place, 0
        total += count
    if start < len(tokens):
        yield range(start, len(tokens))


def _kept(engine: EmbeddingEngine, digests: Sequence[bytes]) -> dict[bytes, Vectors]:
    rows = CachedEmbedding.objects.filter(engine_fingerprint=engine.fingerprint, digest__in=digests)
    found = rows.values_list("digest", "vector")
    return {bytes(digest): np.asarray(vector, dtype=np.float32) for digest, vector in found}


def _keep(engine: EmbeddingEngine, digests: Sequence[bytes], vectors: Vectors) -> None:
    CachedEmbedding.objects.bulk_create(
        [
            CachedEmbedding(engine_fingerprint=engine.fingerprint, digest=digest, vector=HalfVector(vector))
            # Sorted, so that two workers with common inputs cannot deadlock.
            for digest, vector in sorted(zip(digests, vectors, strict=True), key=itemgetter(0))
        ],
        ignore_conflicts=True,
    )
