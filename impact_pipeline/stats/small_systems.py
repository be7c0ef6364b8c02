"""Small symmetric systems of equations, many at once, by elementary operations: the same bits on every machine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from impact_pipeline.stats.moments import Real, square, triangle

SMALLEST_PIVOT = 1e-12
"""Share of a variable's own spread that must be left after the variables before it, or it says nothing of its own."""


def solve(upper: Sequence[Real], right: Sequence[Real]) -> tuple[Real, ...]:
    """`b` of `A b = right` for a positive semi-definite A, given by its upper triangle row by row.

    A variable that the ones before it determine (or that never varies) gets the coefficient 0. By `L D L'`, elementwise
    over arrays. Golub, Van Loan (2013), Matrix Computations, section 4.1.

    >>> [round(float(b), 12) for b in solve([4.0, 2.0, 3.0], [10.0, 8.0])]
    [1.75, 1.5]
    """
    size = len(right)
    lower: dict[tuple[int, int], Real] = {}
    pivots: list[Real] = []
    for j in range(size):
        own = upper[triangle(size, j, j)]
        left = own - _dot([(square(lower[j, k]), pivots[k]) for k in range(j)])
        pivots.append(np.where(left > SMALLEST_PIVOT * own, left, np.inf))
        for i in range(j + 1, size):
            across = upper[triangle(size, j, i)] - _dot([(lower[i, k] * lower[j, k], pivots[k]) for k in range(j)])
            lower[i, j] = across / pivots[j]
    return _back(lower, _forward(lower, right, pivots))


def _dot(terms: Sequence[tuple[Real, Real]]) -> Real:
    """Sum of products with pivots; a dropped variable's infinite pivot counts as 0."""
    total: Real = 0.0
    for factor, pivot in terms:
        total = total + factor * np.where(np.isinf(pivot), 0.0, pivot)
    return total


def _forward(lower: dict[tuple[int, int], Real], right: Sequence[Real], pivots: Sequence[Real]) -> list[Real]:
    found: list[Real] = []
    for i, value in enumerate(right):
        for k in range(i):
            value = value - lower[i, k] * found[k]
        found.append(np.where(np.isinf(pivots[i]), 0.0, value))
    return [value / pivot for value, pivot in zip(found, pivots, strict=True)]


def _back(lower: dict[tuple[int, int], Real], scaled: list[Real]) -> tuple[Real, ...]:
    found = list(scaled)
    for i in reversed(range(len(found))):
        for k in range(i + 1, len(found)):
            found[i] = found[i] - lower[k, i] * found[k]
    return tuple(found)
