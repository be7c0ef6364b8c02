"""The point nearest to a target within the convex hull of others, exactly: weights at or above 0 that add up to 1."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.intp]

KKT_TOLERANCE = 1e-10
"""How much a unit of weight moved to another point may still gain, as a share of the greatest squared distance."""
SWEEPS = 50
"""Times the number of points: after so many steps the search would be going around in circles."""


def simplex_weights(points: Floats, target: Floats, ridge: float = 0.0, start: Places | None = None) -> Floats:
    """Minimises `|sum_j w_j points_j - target|^2 + ridge |w|^2` with `w >= 0` and `sum w = 1`; points are (J, k).

    Wolfe's (1976) nearest point in a polytope, Mathematical Programming 11: an active set that ends at the optimum
    after finitely many steps, so that the result depends on no step size or number of iterations. Where several weights
    are optimal (more points than dimensions, the target inside) one of them, always the same. `start` are places of
    points that a similar problem gave weight to.

    >>> simplex_weights(np.array([[0.0], [1.0], [4.0]]), np.array([1.5])).round(6).tolist()
    [0.0, 0.833333, 0.166667]
    """
    away = points - target
    gram = away @ away.T
    if ridge:
        gram[np.diag_indices_from(gram)] += ridge
    return nearest_to_origin(gram, start)


def nearest_to_origin(gram: Floats, start: Places | None = None) -> Floats:
    """Weights of the simplex that minimise `w' gram w`, for a positive semi-definite (J, J).

    >>> nearest_to_origin(np.diag([1.0, 3.0])).round(12).tolist()
    [0.75, 0.25]
    """
    squares = gram.diagonal()
    scale = float(squares.max())
    held, inside = _entered(gram, start, scale)
    for _ in range(SWEEPS * len(gram)):
        slopes = inside @ gram[held]
        enters = int(slopes.argmin())
        if slopes[enters] >= inside @ slopes[held] - KKT_TOLERANCE * scale or enters in held:
            break
        held, inside = _settled(gram, np.append(held, enters), np.append(inside, 0.0), scale)
    weights = np.zeros(len(gram))
    weights[held] = inside
    return weights


def _entered(gram: Floats, start: Places | None, scale: float) -> tuple[Places, Floats]:
    """Where the search begins: the nearest point alone, or the best weights among those of a similar problem."""
    if start is None or not len(start):
        return np.array([gram.diagonal().argmin()]), np.ones(1)
    return _settled(gram, start, np.full(len(start), 1 / len(start)), scale)


def _settled(gram: Floats, held: Places, inside: Floats, scale: float) -> tuple[Places, Floats]:
    """The best weights among some points; those that would go below 0 leave on the way."""
    while True:
        wanted = _balanced(gram[held[:, None], held], scale)
        if wanted.min() > 0:
            return held, wanted
        falls = wanted <= 0
        shares = inside[falls] / np.maximum(inside[falls] - wanted[falls], np.finfo(float).tiny)
        inside = inside + min(1.0, float(shares.min())) * (wanted - inside)
        inside[np.flatnonzero(falls)[shares.argmin()]] = 0.0
        stays = inside > 0
        held, inside = held[stays], inside[stays] / inside[stays].sum()


def _balanced(gram: Floats, scale: float) -> Floats:
    """Weights that add up to 1 and minimise `w' gram w`, of any sign.

    Adding a constant to all of `gram` changes no such minimum and makes it regular.
    """
    if len(gram) == 1:
        return np.ones(1)
    raised = gram + scale
    ones = np.ones(len(gram))
    try:
        found = np.linalg.solve(raised, ones)
    except np.linalg.LinAlgError:
        found = np.linalg.lstsq(raised, ones, rcond=None)[0]
    total = found.sum()
    return np.asarray(found / total)


def kkt_gap(points: Floats, target: Floats, weights: Floats, ridge: float = 0.0) -> float:
    """How much weights miss optimality: what a unit of weight moved could gain, as a share of the largest distance^2.

    >>> kkt_gap(np.array([[0.0], [4.0]]), np.array([1.0]), np.array([0.75, 0.25]))
    0.0
    """
    away = points - target
    slopes = away @ (weights @ away) + ridge * weights
    scale = float(np.einsum("ij,ij->i", away, away).max()) + ridge
    return float(max(weights @ slopes - slopes.min(), 0.0)) / scale if scale else 0.0
