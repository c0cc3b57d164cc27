from datetime import timedelta

import numpy as np
import pytest
from django.db.models.functions import Now

from retrieval import embedding_cache
from retrieval.models import CachedEmbedding
from tests.engines import WordsEngine

pytestmark = pytest.mark.django_db
texts = [f"text number {n} " + "word " * 30 for n in range(200)]


def nothing(done: int, total: int) -> None:
    pass


def test_vectors_come_in_the_order_of_their_inputs(engine: WordsEngine) -> None:
    vectors = embedding_cache.embed(engine, texts, nothing)
    np.testing.assert_allclose(vectors, WordsEngine().embed(texts), atol=1e-3)


def test_progress_moves_with_every_batch_and_ends_at_the_total(engine: WordsEngine) -> None:
    seen: list[tuple[int, int]] = []
    embedding_cache.embed(engine, texts, lambda done, total: seen.append((done, total)))
    assert seen[0] == (0, 200)
    assert seen[-1] == (200, 200)
    assert len(seen) > 3


def test_after_a_crash_only_the_batch_in_hand_is_embedded_again(engine: WordsEngine) -> None:
    class CutOff(Exception):
        pass

    def crash(done: int, total: int) -> None:
        if done > 100:
            raise CutOff

    with pytest.raises(CutOff):
        embedding_cache.embed(engine, texts, crash)
    before = len(engine.embedded)
    embedding_cache.embed(engine, texts, nothing)
    assert before < 200
    assert len(engine.embedded) == 200


def test_the_same_text_twice_is_embedded_once_the_second_time(engine: WordsEngine) -> None:
    embedding_cache.embed(engine, ["tea"], nothing)
    embedding_cache.embed(engine, ["tea", "milk"], nothing)
    assert engine.embedded == ["tea", "milk"]


def test_old_vectors_are_forgotten(engine: WordsEngine) -> None:
    embedding_cache.embed(engine, ["old", "new"], nothing)
    old = CachedEmbedding.objects.order_by("digest").first()
    assert old is not None
    CachedEmbedding.objects.filter(digest=old.digest).update(created_at=Now() - timedelta(days=8))
    assert embedding_cache.purge(timedelta(days=7), keep=[engine.fingerprint]) == 0
    assert embedding_cache.purge(timedelta(days=7), keep=["another"]) == 1
    assert CachedEmbedding.objects.count() == 1
