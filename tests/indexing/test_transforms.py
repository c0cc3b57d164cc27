"""An index whose vectors are transformed by what was fitted on the collection's own."""

from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User

from embedding.transforms import Kind, fitted
from kb.indexing import activation, generations
from kb.indexing.activation import GenerationError
from kb.models import Collection, Status
from retrieval import transforms
from retrieval.indexes import configured
from retrieval.models import FittedTransform, Generation, IndexedVersion, VectorSpace
from retrieval.options import Mode, SearchOptions
from retrieval.search import Notice, search
from tests.conftest import Upload, work
from tests.engines import WordsEngine

FRUITS = ["apple", "berry", "cherry", "date", "elder", "fig", "grape", "hazel"]


@pytest.fixture(autouse=True)
def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transforms, "VECTORS_PER_DIMENSION", 2)


@pytest.fixture
def shelf(collection: Collection, ready: Upload) -> Collection:
    """Enough passages to fit on: each tells of two fruits."""
    sections = [
        f"## Part {number}\n\n" + " ".join([FRUITS[number % 8], FRUITS[number // 8 % 8], f"word{number}"] * 4)
        for number in range(140)
    ]
    ready("fruits.md", "# Fruits\n\n" + "\n\n".join(sections))
    collection.generation.refresh_from_db()
    assert collection.generation.passage_count > 128
    return collection


def built(collection: Collection, **wanted: Any) -> Generation:
    made = generations.start(collection, None, **wanted)
    work()
    return Generation.objects.select_related("vector_space").get(pk=made.pk)


@pytest.mark.parametrize(("kind", "dimensions"), [(Kind.CENTER, None), (Kind.PCA, 10), (Kind.WHITEN, 10)])
def test_documents_and_questions_are_transformed_alike(
    shelf: Collection, engine: WordsEngine, kind: Kind, dimensions: int | None
) -> None:
    made = built(shelf, transform=kind, dimensions=dimensions)
    assert (made.vector_space.transform_kind, made.vector_space.dimensions) == (kind, dimensions or 64)
    plain = configured.dense().sample(shelf.generation_id, 128)
    expected = fitted(kind, plain, dimensions or 64).applied(plain)
    np.testing.assert_allclose(transforms.into(made.vector_space, plain), expected, atol=1e-4)
    question = "cherry grape word50"
    (first, *_others) = search([made], question, SearchOptions(mode=Mode.DENSE, limit=3)).hits
    vectors = np.array(list(made.vectors.values_list("vector", flat=True)))
    best = np.max(vectors @ transforms.into(made.vector_space, engine.embed([question])[0]))
    assert first.dense is not None
    assert first.dense.score == pytest.approx(best, abs=1e-3)


def test_the_next_index_keeps_the_transform_unless_told_otherwise(shelf: Collection, alice: User) -> None:
    made = built(shelf, transform=Kind.WHITEN, dimensions=16)
    activation.activate(shelf, made, alice)
    assert built(shelf, preset="legal").vector_space == made.vector_space
    assert built(shelf, transform="").vector_space.transform == ""
    with pytest.raises(GenerationError, match="has a transform already"):
        generations.start(shelf, alice, transform=Kind.PCA)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"transform": Kind.PCA, "dimensions": 65}, "at most, not 65"),
        ({"transform": Kind.CENTER, "dimensions": 16}, "makes 64 dimensions, not 16"),
    ],
)
def test_impossible_transforms_are_refused(shelf: Collection, wanted: dict[str, Any], sentence: str) -> None:
    with pytest.raises(GenerationError, match=sentence):
        generations.start(shelf, None, **wanted)
    assert not FittedTransform.objects.exists()


def test_too_few_passages_to_fit_on_are_refused(collection: Collection, ready: Upload) -> None:
    ready("tea.md", "Green tea.")
    with pytest.raises(GenerationError, match="at least 128 passages; there are 1"):
        generations.start(collection, None, transform=Kind.PCA)


def test_if_the_vectors_to_fit_on_are_gone_the_index_says_so_and_nothing_fails(shelf: Collection) -> None:
    made = generations.start(shelf, None, transform=Kind.PCA)
    FittedTransform.objects.update(source=None)
    work()
    assert IndexedVersion.objects.get(generation=made).status == Status.QUEUED
    assert "is gone. Drop this one" in generations.building(made).waits_for


def test_an_index_whose_transform_is_not_fitted_answers_by_words(shelf: Collection) -> None:
    made = generations.start(shelf, None, transform=Kind.PCA, dimensions=10)
    results = search([made], "cherry grape", SearchOptions())
    assert (results.hits, results.notices) == ([], [Notice.ENGINE_DOES_NOT_FIT])


def test_a_dropped_index_takes_its_transform_along(shelf: Collection, alice: User) -> None:
    made = built(shelf, transform=Kind.PCA, dimensions=16)
    generations.drop(shelf, made, alice)
    generations.purge_dropped()
    assert not FittedTransform.objects.exists()
    assert list(VectorSpace.objects.values_list("transform", flat=True)) == [""]
