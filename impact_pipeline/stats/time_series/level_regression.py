"""A series as level, regression and irregular, given how much the level moves: everything then is linear and Gaussian.

`outcome_t = level_t + x_t b + s e_t`. Coefficients in the order of columns: flat ones have no prior (season, steps),
shrunk ones are Normal(0, (s x ridge)^2) (controls). The level is integrated out by its band matrix, b by least squares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.least_squares import Array, summed
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.time_series.level_path import Bands, LevelPath

SMALLEST_SQUARES = 1e-200
"""Rounding may leave a sum of squares at or below 0 where the columns fit exactly; it is refused later."""
SMALLEST_PIVOT = 1e-9
"""Share of a flat column's sum of squares that must be left after the level and the flat columns before it."""


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """A regular series: outcome 0 where `seen` is 0, columns (periods, k) for every period, the last ones `shrunk`.

    Without a path the level is fixed, and a column of ones stands among the flat ones.
    """

    outcome: Array
    seen: Array
    columns: Array
    names: tuple[str, ...]
    shrunk: int
    path: LevelPath | None

    @property
    def flat(self) -> int:
        return int(self.columns.shape[1]) - self.shrunk

    @property
    def degrees_of_freedom(self) -> float:
        """Periods seen, less one for each direction without a prior."""
        return float(self.seen.sum()) - self.flat - (self.path.diffuse if self.path else 0)

    @property
    def degrees_of_freedom_unshrunk(self) -> float:
        """The same where no column has a prior."""
        return self.degrees_of_freedom - self.shrunk


@dataclass(frozen=True, slots=True, eq=False)
class GivenPath:
    """What the outcome says of coefficients once the level's ratios are given.

    `level` is the expected level without regression, (periods,), `pulls` what each column takes from it, (periods, k);
    coefficients solve `gram b = along` (plus the ridge), `rest` is the sum of squares that they start from.
    """

    factor: Bands
    level: Array
    pulls: Array
    gram: Array
    along: Array
    rest: float
    log_determinant: float


@dataclass(frozen=True, slots=True, eq=False)
class Coefficients:
    """Given the ridge too: coefficients' mean and root of their covariance in units of s, and what is left.

    `log_evidence` is that of the outcome given s = 1 except for `exp(-squares / 2)`.
    """

    mean: Array
    root: Array
    squares: float
    log_evidence: float


def given_path(observed: Observed, ratios: tuple[float, ...]) -> GivenPath:
    """Integrates the level out; the level's precision is factorised once for all columns."""
    x = observed.columns * observed.seen[:, None]
    both = np.column_stack([observed.outcome, x])
    if observed.path is None:
        factor: Bands = ()
        left, states, determinant = both, np.zeros_like(both), 0.0
    else:
        factor = observed.path.factor(observed.seen, ratios)
        states = observed.path.levels(observed.path.solve(factor, both))
        left = both - states * observed.seen[:, None]
        determinant = observed.path.log_determinant(ratios) - float(np.log(factor[0]).sum())
    moments = summed("ij,ik->jk", both, left)
    return GivenPath(
        factor, states[:, 0], states[:, 1:], moments[1:, 1:], moments[1:, 0], float(moments[0, 0]), determinant
    )


def coefficients(observed: Observed, given: GivenPath, ridge: float) -> Coefficients:
    """Least squares on what the level left, with the prior's weight on shrunk columns.

    >>> rows = np.column_stack([np.ones(4), [0.0, 1.0, 2.0, 3.0]])
    >>> observed = Observed(np.array([1.0, 3.0, 4.0, 6.0]), np.ones(4), rows, ("one", "x"), 0, None)
    >>> coefficients(observed, given_path(observed, ()), 1.0).mean.round(12).tolist()
    [1.1, 1.6]
    """
    return coefficients_of_pairs(observed, [given], [ridge])[0]


def coefficients_of_pairs(
    observed: Observed, given: Sequence[GivenPath], ridges: Sequence[float]
) -> tuple[Coefficients, ...]:
    """Those of each path with its own ridge."""
    k = observed.columns.shape[1]
    if k == 0:
        none = np.empty(0), np.empty((0, 0))
        return tuple(Coefficients(*none, one.rest, one.log_determinant / 2) for one in given)
    sizes = np.array(ridges)
    prior = np.where(np.arange(k) >= observed.flat, sizes[:, None] ** -2, 0.0)
    lower = np.linalg.cholesky(np.array([one.gram for one in given]) + prior[:, None, :] * np.eye(k))
    roots = np.linalg.inv(lower).transpose(0, 2, 1)
    turned = summed("uji,uj->ui", roots, np.array([one.along for one in given]))
    own = np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1) + observed.shrunk * np.log(sizes)
    squares, means = np.sum(turned**2, axis=1), summed("uij,uj->ui", roots, turned)
    return tuple(
        Coefficients(
            means[place], roots[place], one.rest - float(squares[place]), one.log_determinant / 2 - float(own[place])
        )
        for place, one in enumerate(given)
    )


def evidences(observed: Observed, given: Sequence[GivenPath], ridges: Array) -> tuple[Array, Array]:
    """Log evidences and squares as in `Coefficients`, of every path with every ridge at once, (paths, ridges).

    >>> rows = np.column_stack([np.ones(4), [0.0, 1.0, 2.0, 3.0]])
    >>> observed = Observed(np.array([1.0, 3.0, 4.0, 6.0]), np.ones(4), rows, ("one", "x"), 1, None)
    >>> given = given_path(observed, ())
    >>> one = coefficients(observed, given, 2.0)
    >>> both = evidences(observed, [given], np.array([2.0]))
    >>> bool(np.isclose(both[0][0, 0], one.log_evidence)), bool(np.isclose(both[1][0, 0], one.squares))
    (True, True)
    """
    halves = np.array([one.log_determinant for one in given])[:, None] / 2
    rest = np.array([one.rest for one in given])[:, None]
    if observed.columns.shape[1] == 0:
        return halves, rest
    shrunk = np.arange(observed.columns.shape[1]) >= observed.flat
    prior = ridges[:, None] ** -2 * shrunk
    grams = np.array([one.gram for one in given])[:, None] + prior[:, None, :] * np.eye(len(shrunk))
    lower = np.linalg.cholesky(grams)
    along = np.array([one.along for one in given])[:, None, :, None]
    turned = np.linalg.solve(lower, np.broadcast_to(along, (*lower.shape[:3], 1)))[..., 0]
    own = np.log(np.diagonal(lower, axis1=2, axis2=3)).sum(axis=2) + observed.shrunk * np.log(ridges)
    return np.asarray(halves - own), np.asarray(rest - np.sum(turned**2, axis=2))


def not_identified(observed: Observed) -> Refusal | None:
    """Flat columns that the level and the columns before them determine, by name."""
    if observed.flat == 0:
        return None
    gram = given_path(observed, (1.0,) * (observed.path.diffuse if observed.path else 0)).gram
    left = gram[: observed.flat, : observed.flat].copy()
    size = np.sum((observed.columns * observed.seen[:, None]) ** 2, axis=0)
    for j in range(observed.flat):
        if left[j, j] <= SMALLEST_PIVOT * size[j]:
            detail = f"'{observed.names[j]}' cannot be told from the level and the columns before it"
            return Refusal("collinear", f"{detail} in the periods that were seen: leave it out")
        left[j + 1 :, j:] -= np.outer(left[j + 1 :, j] / left[j, j], left[j, j:])
    return None
