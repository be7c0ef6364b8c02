"""Whether estimators that rest on different models say the same, by the influences of their difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.propensity.potential_means import PotentialMeans, covariance, std_error
from impact_pipeline.stats.samples.cross_section import Places

ALPHA = 0.01
"""Level at which differences count as more than chance."""
LEAST_SHIFT = 0.5
"""Differences below this share of the effect's standard error hardly move its interval: it covers 92 % at least."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """`differences` from the reference and their standard errors by name; `p_value` that all of them are 0.

    `error` is the reference's own standard error.
    """

    differences: Mapping[str, float]
    std_errors: Mapping[str, float]
    p_value: float
    error: float

    @property
    def farthest(self) -> str:
        return max(self.differences, key=lambda name: abs(self.differences[name]))

    @property
    def holds(self) -> bool:
        """Whether differences are chance, or too small to matter."""
        return self.p_value >= ALPHA or abs(self.differences[self.farthest]) <= LEAST_SHIFT * self.error


def agreement(
    reference: PotentialMeans, others: Mapping[str, PotentialMeans], cluster: Places | None = None
) -> Agreement:
    """Wald's test that every estimator has the reference's limit (Hausman 1978, with the joint covariance).

    >>> rng = np.random.default_rng(1)
    >>> zero, noise = np.zeros(400), rng.normal(size=400)
    >>> far = PotentialMeans(0.0, 1.0, zero, noise)
    >>> found = agreement(PotentialMeans(0.0, 0.0, zero, zero), {"far": far})
    >>> round(found.std_errors["far"], 2), found.p_value < 1e-6
    (0.05, True)
    """
    from scipy.special import gammaincc

    names = tuple(others)
    differences = np.array([others[name].effect - reference.effect for name in names])
    influences = np.column_stack([others[name].influence - reference.influence for name in names])
    spread = covariance(influences, cluster)
    errors = np.sqrt(np.diag(spread))
    inverse, rank = _inverse(spread)
    statistic = float(differences @ inverse @ differences)
    return Agreement(
        dict(zip(names, differences.tolist(), strict=True)), dict(zip(names, errors.tolist(), strict=True)),
        float(gammaincc(rank / 2, statistic / 2)) if rank else 1.0, std_error(reference.influence, cluster),
    )  # fmt: skip


SMALLEST_SHARE = 1e-8


def _inverse(spread: Array) -> tuple[Array, int]:
    """Of the correlations' part that is not rounding, and its rank."""
    size = np.sqrt(np.diag(spread))
    scale = np.where(size > 0, size, 1.0)
    values, axes = np.linalg.eigh(spread / np.outer(scale, scale))
    real = values > SMALLEST_SHARE
    inverse = (axes[:, real] / values[real]) @ axes[:, real].T
    return np.asarray(inverse / np.outer(scale, scale), dtype=np.float64), int(real.sum())
