"""The probability of treatment given covariates: logit or probit by Newton's method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.columns import Columns, gram, inverted
from impact_pipeline.stats.refusal import Refusal

Link = Literal["logit", "probit"]

MOST_STEPS = 40
CONVERGED = 1e-9
"""Largest step of any coefficient, in standard deviations of its column, that counts as none."""
EXTREME_INDEX = 30.0
"""Linear indices of this size mean scores of exactly 0 or 1: covariates that separate the arms drive them there."""


@dataclass(frozen=True, eq=False)
class BinaryFit:
    """Scores p and what their errors are made from.

    `coefficients` are of the standardised columns; `slopes` are dp / d(index); `pulls` u such that a unit's score
    equation is `w u x`; `inverse` is the inverse of minus its derivative, summed over units.
    """

    link: Link
    columns: Columns
    coefficients: Array
    scores: Array
    slopes: Array
    pulls: Array
    inverse: Array
    weights: Array

    def influence_on(self, direction: Array) -> Array:
        """Influence of each unit on `direction' coefficients`, (n,)."""
        return len(self.scores) * self.weights * self.pulls * (self.columns.matrix @ (self.inverse @ direction))

    @property
    def index(self) -> Array:
        return np.asarray(self.columns.matrix @ self.coefficients, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class _Step:
    scores: Array
    slopes: Array
    pulls: Array
    curvature: Array
    loss: float


def binary_model(columns: Columns, treatment: Array, weights: Array, link: Link = "logit") -> BinaryFit | Refusal:
    """Maximum likelihood; refused where covariates separate the arms: there is no maximum then (Albert, Anderson 1984).

    >>> from impact_pipeline.stats.propensity.columns import columns_of
    >>> x = columns_of({"x": np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])}, 6)
    >>> found = binary_model(x, np.array([0.0, 0.0, 1.0, 0.0, 1.0, 1.0]), np.ones(6))
    >>> found.scores.round(6).tolist()
    [0.333333, 0.333333, 0.333333, 0.666667, 0.666667, 0.666667]
    """
    at, names = LINKS[link], ("the constant", *columns.names)
    share = float(np.average(treatment, weights=weights))
    b = np.zeros(columns.matrix.shape[1])
    b[0] = np.log(share / (1 - share)) if link == "logit" else _normal_quantile(share)
    step = at(columns.matrix @ b, treatment, weights)
    for _ in range(MOST_STEPS):
        inverse = inverted(gram(columns.matrix, weights * step.curvature), names, "where scores are not 0 or 1")
        if isinstance(inverse, Refusal):
            return _separated(columns, treatment, b)
        change = inverse @ (columns.matrix.T @ (weights * step.pulls))
        b, step = _improved(at, columns, treatment, weights, (b, step), change)
        if np.abs(columns.matrix @ b).max() > EXTREME_INDEX:
            return _separated(columns, treatment, b)
        if np.abs(change).max() < CONVERGED:
            return BinaryFit(link, columns, b, step.scores, step.slopes, step.pulls, inverse, weights)
    return _separated(columns, treatment, b)


def _improved(
    at: Callable[[Array, Array, Array], _Step], columns: Columns, treatment: Array, weights: Array,
    now: tuple[Array, _Step], change: Array,
) -> tuple[Array, _Step]:  # fmt: skip
    """A full step, or the first of its halves that does not lose likelihood."""
    b, step = now
    for _ in range(20):
        further = at(columns.matrix @ (b + change), treatment, weights)
        if further.loss <= step.loss + 1e-10 * abs(step.loss):
            break
        change = change / 2
    return b + change, further


def _logit(index: Array, treatment: Array, weights: Array) -> _Step:
    tail = np.exp(-np.abs(index))
    scores = np.where(index >= 0, 1.0, tail) / (1 + tail)
    slopes = tail / (1 + tail) ** 2
    loss = np.log1p(tail) + np.maximum(index, 0) - treatment * index
    return _Step(scores, slopes, treatment - scores, slopes, float(weights @ loss))


def _probit(index: Array, treatment: Array, weights: Array) -> _Step:
    from scipy.special import log_ndtr, ndtr

    sign = 2 * treatment - 1
    log_tail = log_ndtr(sign * index)
    density = -0.5 * index**2 - 0.5 * np.log(2 * np.pi)
    pulls = sign * np.exp(density - log_tail)
    return _Step(ndtr(index), np.exp(density), pulls, pulls * (pulls + index), float(-(weights @ log_tail)))


LINKS: dict[Link, Callable[[Array, Array, Array], _Step]] = {"logit": _logit, "probit": _probit}


def _normal_quantile(share: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(share))


def _separated(columns: Columns, treatment: Array, coefficients: Array) -> Refusal:
    """Names the covariate that splits the arms by itself, or else the one that carries the split."""
    treated = treatment == 1
    for place, name in enumerate(columns.names):
        values = columns.matrix[:, 1 + place]
        one, other = values[treated], values[~treated]
        if one.min() >= other.max() or other.min() >= one.max():
            return Refusal("no_overlap", _told(name, "alone tells treated from untreated units"))
    most = int(np.argmax(np.abs(coefficients[1:]))) if columns.names else 0
    name = columns.names[most] if columns.names else "the constant"
    return Refusal("no_overlap", _told(name, "and those beside it tell some units' treatment with certainty"))


def _told(name: str, what: str) -> str:
    return f"covariate '{name}' {what}: no unit of the other arm is like them; leave it out or narrow the population"
