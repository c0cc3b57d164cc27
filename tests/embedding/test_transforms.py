"""Vectors after the model: shortened, or mapped by what was fitted on others."""

import numpy as np
import pytest

from embedding.engine import Vectors
from embedding.transforms import Kind, fitted, truncated


@pytest.fixture
def vectors() -> Vectors:
    """A cloud away from the origin, long in some directions."""
    random = np.random.default_rng(7)
    cloud = random.normal(size=(2000, 8)) * np.array([5, 4, 3, 2, 1, 0.5, 0.2, 0.1]) + 3
    rotation, _upper = np.linalg.qr(random.normal(size=(8, 8)))
    return np.asarray(cloud @ rotation, dtype=np.float32)


def lengths(vectors: Vectors) -> Vectors:
    return np.asarray(np.linalg.norm(vectors, axis=-1), dtype=np.float32)


def test_truncated_vectors_have_length_one(vectors: Vectors) -> None:
    np.testing.assert_allclose(lengths(truncated(vectors, 3)), 1, rtol=1e-6)
    unit = truncated(vectors, 3)
    np.testing.assert_array_equal(truncated(unit, 3), unit)


@pytest.mark.parametrize("kind", Kind)
def test_a_transform_gives_unit_vectors_of_a_question_as_of_many_documents(kind: Kind, vectors: Vectors) -> None:
    made = fitted(kind, vectors, 8)
    mapped = made.applied(vectors)
    assert mapped.dtype == np.float32
    np.testing.assert_allclose(lengths(mapped), 1, rtol=1e-5)
    np.testing.assert_allclose(made.applied(vectors[5]), mapped[5], atol=1e-6)


def test_the_mean_is_removed(vectors: Vectors) -> None:
    made = fitted(Kind.CENTER, vectors, 8)
    assert (
        np.linalg.norm(made.applied(vectors).mean(axis=0)) < 0.05 < np.linalg.norm(truncated(vectors, 8).mean(axis=0))
    )


def test_principal_components_keep_the_angles_and_the_first_ones_keep_most(vectors: Vectors) -> None:
    centred = fitted(Kind.CENTER, vectors, 8).applied(vectors)
    whole = fitted(Kind.PCA, vectors, 8).applied(vectors)
    np.testing.assert_allclose(whole @ whole[:9].T, centred @ centred[:9].T, atol=1e-4)
    some = fitted(Kind.PCA, vectors, 4).applied(vectors)
    assert some.shape == (2000, 4)
    assert np.abs(some @ some[:9].T - centred @ centred[:9].T).mean() < 0.1


def test_whitened_directions_weigh_alike(vectors: Vectors) -> None:
    made = fitted(Kind.WHITEN, vectors, 8)
    assert made.matrix is not None
    covariance = np.cov(((vectors - made.mean) @ made.matrix).T)
    np.testing.assert_allclose(covariance, np.eye(8), atol=0.02)


def test_a_direction_without_variance_is_not_blown_up() -> None:
    flat = np.random.default_rng(1).normal(size=(500, 4)).astype(np.float32)
    flat[:, 3] = 1
    assert np.isfinite(fitted(Kind.WHITEN, flat, 4).applied(flat)).all()
