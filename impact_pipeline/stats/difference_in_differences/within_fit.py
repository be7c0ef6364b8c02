"""Least squares of an outcome on columns with unit and period effects taken out, and its covariance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.difference_in_differences.fixed_effects import FixedEffects
from impact_pipeline.stats.refusal import Refusal

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
PlainErrors = Literal["classical", "HC1", "CR1"]

NOTHING_LEFT = 1e-8
"""Share of a column's length below which what the effects leave of it is rounding."""
SMALLEST_OWN_SHARE = 1e-9
"""Share of a column's squared length that must be left after the columns before it."""


@dataclass(frozen=True, eq=False)
class WithinFit:
    """Coefficients b of n rows on k columns: `columns`, (k, n), and `residuals`, (n,), have no effects in them.

    `effects` is how many the fixed effects count for, of which `units` are the units'; `inverse` is `(x' w x)^-1`.
    """

    names: tuple[str, ...]
    coefficients: Floats
    columns: Floats
    residuals: Floats
    weights: Floats | None
    inverse: Floats
    effects: int
    units: int

    @property
    def n(self) -> int:
        return len(self.residuals)

    @property
    def free_rows(self) -> int:
        """Rows less coefficients and effects: what errors are told from."""
        return self.n - len(self.names) - self.effects

    @cached_property
    def scores(self) -> Floats:
        """`w x e`, (k, n)."""
        return self.columns * self.weighted(self.residuals)

    def bias_of(self, violation: Floats) -> Floats:
        """What adding a column to the outcome adds to the coefficients, (k,)."""
        return self.inverse @ (self.columns @ self.weighted(violation))

    def weighted(self, values: Floats) -> Floats:
        """Values times their rows' weights."""
        return values if self.weights is None else self.weights * values


def within_fit(effects: FixedEffects, names: tuple[str, ...], columns: Floats, outcome: Floats) -> WithinFit | Refusal:
    """Minimises the sum of `w (y - x b - unit effect - cell effect)^2`; columns are (k, n).

    A column that effects or the columns before it determine is refused by its name, as is an outcome that the columns
    and effects fit exactly.

    >>> effects = FixedEffects(np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 0, 1, 2]), 2, 3)
    >>> fit = within_fit(effects, ("d",), np.array([[0.0, 0, 0, 0, 0, 1]]), np.array([1.0, 2, 4, 3, 5, 9]))
    >>> fit.coefficients.round(9).tolist(), fit.free_rows
    ([2.5], 1)
    """
    inside = effects.within(np.concatenate([columns, outcome[None, :]]))
    x, y = inside[:-1], inside[-1]
    weighted = x if effects.weights is None else x * effects.weights
    gram = weighted @ x.T
    if refusal := _determined(names, columns, gram, effects):
        return refusal
    scale = 1 / np.sqrt(np.diag(gram))
    inverse = np.linalg.inv(gram * scale * scale[:, None]) * scale * scale[:, None]
    b = inverse @ (weighted @ y)
    residuals = y - b @ x
    correction = inverse @ (weighted @ residuals)
    b, residuals = b + correction, residuals - correction @ x
    fit = WithinFit(names, b, x, residuals, effects.weights, inverse, effects.rank, effects.units)
    if fit.free_rows < 1:
        detail = f"{fit.n} rows cannot tell {len(names)} coefficients, {fit.effects} effects and an error"
        return Refusal("too_few_units", detail)
    if np.abs(residuals).max() <= NOTHING_LEFT**2 + NOTHING_LEFT * 1e-4 * np.abs(outcome).max():
        return Refusal("zero_variance", "the outcome does not vary beyond unit and period effects and the columns")
    return fit


def covariance(fit: WithinFit, errors: PlainErrors, cluster: Places, *, nested: bool) -> Floats:
    """Covariance of the coefficients, (k, k), as reghdfe and fixest count degrees of freedom.

    classical: `s^2 (x'x)^-1`; HC1: White's with `n / (n - k)`, k with all effects. CR1: sums of scores by cluster with
    `G / (G - 1) (n - 1) / (n - k)`, where unit effects that are `nested` in clusters do not count but for one
    (Cameron, Miller 2015, Journal of Human Resources 50, section III.B). `cluster` are places.

    >>> effects = FixedEffects(np.repeat(np.arange(3), 3), np.tile(np.arange(3), 3), 3, 3)
    >>> fit = within_fit(effects, ("d",), np.array([[0.0, 0, 0, 0, 0, 0, 0, 0, 1]]), np.arange(9.0) ** 2 % 5)
    >>> covariance(fit, "classical", effects.unit, nested=True).shape
    (1, 1)
    """
    if errors == "classical":
        return fit.inverse * (float(fit.residuals @ fit.weighted(fit.residuals)) / fit.free_rows)
    if errors == "HC1":
        return fit.inverse @ (fit.scores @ fit.scores.T) @ fit.inverse * (fit.n / fit.free_rows)
    sums = _sums(fit.scores, cluster)
    groups = sums.shape[1]
    free = fit.free_rows + (fit.units - 1 if nested else 0)
    spread: Floats = fit.inverse @ (sums @ sums.T) @ fit.inverse
    return np.asarray(spread * (groups / (groups - 1) * (fit.n - 1) / free), dtype=np.float64)


def _sums(scores: Floats, cluster: Places) -> Floats:
    """Scores added up by cluster, (k, G)."""
    if (np.diff(cluster) >= 0).all():
        starts = np.flatnonzero(np.concatenate([[True], cluster[1:] != cluster[:-1]]))
        return np.asarray(np.add.reduceat(scores, starts, axis=1), dtype=np.float64)
    labels, place = np.unique(cluster, return_inverse=True)
    return np.stack([np.bincount(place, row, len(labels)) for row in scores])


def _determined(names: tuple[str, ...], raw: Floats, gram: Floats, effects: FixedEffects) -> Refusal | None:
    """A column that the effects, or the columns before it, leave nothing of."""
    lengths = np.einsum("kn,kn->k", raw if effects.weights is None else raw * effects.weights, raw)
    for name, left, length in zip(names, np.diag(gram), lengths, strict=True):
        if not left > NOTHING_LEFT**2 * length:
            return Refusal("collinear", f"'{name}' does not vary beyond unit and period effects: leave it out")
    scale = 1 / np.sqrt(np.diag(gram))
    for name, own in zip(names, _own_shares(gram * scale * scale[:, None]), strict=True):
        if own <= SMALLEST_OWN_SHARE:
            return Refusal("collinear", f"'{name}' is a combination of the columns before it: leave it out")
    return None


def _own_shares(correlations: Floats) -> Floats:
    """Of each column the share of its square that those before it leave, by Cholesky's steps."""
    left, shares = correlations.copy(), np.ones(len(correlations))
    for place in range(len(left)):
        shares[place] = left[place, place]
        if shares[place] <= SMALLEST_OWN_SHARE:
            break
        left -= np.outer(left[:, place], left[place]) / shares[place]
    return shares
