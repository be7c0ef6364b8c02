from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impact_pipeline.stats.small_systems import solve
from impact_pipeline_tests.small_studies import Array

SIZES = st.integers(1, 5)
SEEDS = st.integers(0, 2**32 - 1)
CONDITION = 1e-9
"""Two solvers of a well-conditioned system, each with rounding errors of its own."""


def covariances(rng: np.random.Generator, size: int) -> Array:
    """Of variables that are apart from one another: a tenth of each varies by itself."""
    data = rng.normal(size=(40, size))
    return np.asarray(np.cov(data.T).reshape(size, size) + 0.1 * np.eye(size))


def triangle(matrix: Array) -> list[float]:
    return [float(value) for value in matrix[np.triu_indices(len(matrix))]]


def solution(matrix: Array, right: Sequence[float]) -> list[float]:
    return [float(b) for b in solve(triangle(matrix), list(right))]


@given(size=SIZES, seed=SEEDS)
def test_solution_is_that_of_numpy(size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix, right = covariances(rng, size), rng.normal(size=size)
    assert solution(matrix, right.tolist()) == pytest.approx(np.linalg.solve(matrix, right).tolist(), rel=CONDITION)


@given(size=SIZES, seed=SEEDS)
def test_many_systems_at_once_have_the_bits_of_each_alone(size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrices = [covariances(rng, size) for _ in range(4)]
    matrices[2][-1] = matrices[2][:, -1] = 0.0
    rights = rng.normal(size=(4, size))
    rights[2, -1] = 0.0
    upper = [np.array(column) for column in zip(*map(triangle, matrices), strict=True)]
    together = solve(upper, list(rights.T))
    alone = [solution(matrix, right.tolist()) for matrix, right in zip(matrices, rights, strict=True)]
    assert np.array(together).T.tolist() == alone


def test_a_multiple_of_a_variable_before_it_gets_no_coefficient() -> None:
    x = np.random.default_rng(3).normal(size=(2, 50))
    matrix = np.cov(np.stack([x[0], x[1], 3 * x[0] - 2 * x[1]]))
    right = matrix @ [1.0, -2.0, 0.5]
    first, second, third = solution(matrix, right.tolist())
    assert third == 0.0
    assert [first, second] == pytest.approx(np.linalg.solve(matrix[:2, :2], right[:2]).tolist(), rel=CONDITION)


def test_a_variable_that_never_varies_gets_no_coefficient_and_changes_no_other() -> None:
    matrix = np.array([[4.0, 0.0, 2.0], [0.0, 0.0, 0.0], [2.0, 0.0, 3.0]])
    assert solution(matrix, [10.0, 0.0, 8.0]) == pytest.approx([1.75, 0.0, 1.5])


def test_variables_of_very_different_sizes_are_all_kept() -> None:
    matrix = np.diag([1e-12, 1.0, 1e12])
    assert solution(matrix, [2e-12, 3.0, 4e12]) == pytest.approx([2.0, 3.0, 4.0])


@pytest.mark.parametrize("right", [[0.0], [5.0]])
def test_a_system_that_is_zero_has_the_solution_zero(right: list[float]) -> None:
    assert solution(np.zeros((1, 1)), right) == [0.0]


def test_no_variables_have_no_coefficients() -> None:
    assert solve([], []) == ()
