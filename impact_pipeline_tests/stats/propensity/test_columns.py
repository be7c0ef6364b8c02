"""Standardised columns and their refusals."""

from __future__ import annotations

import numpy as np

from impact_pipeline.stats.propensity.columns import Columns, columns_of, gram, independent, inverted
from impact_pipeline.stats.refusal import Refusal

RNG = np.random.default_rng(3)
AGE = RNG.uniform(18, 90, size=10_000)


def test_columns_have_mean_zero_and_unit_spread() -> None:
    found = columns_of({"age": AGE, "age^2": AGE**2}, len(AGE))
    assert isinstance(found, Columns)
    np.testing.assert_allclose(found.matrix.mean(axis=0), [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(found.matrix.std(axis=0), [0, 1, 1], atol=1e-12)


def test_gram_adds_blocks_to_the_whole() -> None:
    matrix, weights = RNG.normal(size=(9_001, 4)), RNG.uniform(size=9_001)
    np.testing.assert_allclose(gram(matrix, weights), matrix.T @ (matrix * weights[:, None]), rtol=1e-12)


def test_a_covariate_that_others_determine_is_named() -> None:
    found = columns_of({"age": AGE, "half": AGE / 2 + 1}, len(AGE))
    assert found == Refusal("collinear", "covariate 'half' is a combination of those before it: leave it out")


def test_a_constant_covariate_is_named() -> None:
    found = columns_of({"age": AGE, "country": np.full(len(AGE), 0.1)}, len(AGE))
    assert isinstance(found, Refusal)
    assert "'country'" in found.detail


def test_a_missing_value_is_refused_with_its_count() -> None:
    found = columns_of({"age": np.array([1.0, np.nan, np.inf])}, 3)
    assert found == Refusal("measure_undefined", "covariate 'age' has no finite value in 2 of 3 rows")


def test_independent_keeps_the_first_of_each_kind() -> None:
    kept = independent({"age": AGE, "age in days": 365 * AGE, "age's square": AGE**2}, len(AGE))
    assert list(kept) == ["age", "age's square"]


def test_inverse_is_refused_where_an_arm_does_not_vary() -> None:
    found = inverted(gram(np.column_stack([np.ones(5), np.zeros(5)])), ("the constant", "age"), "among the treated")
    assert isinstance(found, Refusal)
    assert found.detail == "covariate 'age' is a combination of those before it among the treated: leave it out"
