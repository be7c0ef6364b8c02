"""Which combination of columns is estimated: the outcome freed of covariates, or over the treatment of a fuzzy design.

Covariates enter with one slope on both sides, so the effect stays that of the outcome alone: Calonico, Cattaneo,
Farrell, Titiunik (2019), Review of Economics and Statistics 101.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from impact_pipeline.stats.discontinuity.local_polynomial import LocalFit
from impact_pipeline.stats.discontinuity.sides import Floats
from impact_pipeline.stats.least_squares import summed

OWN_SHARE = 1e-10
"""A covariate with less of its own than this share, such as one that is constant on a side, explains nothing."""


def freed(fits: Sequence[LocalFit], targets: int) -> Floats:
    """Combinations of the columns, (targets, k), that take from each of the first `targets` what covariates explain.

    Slopes are those of least squares on the fits' rows, weighted by `K(u) / h`, beside a polynomial for each fit.
    """
    columns = fits[0].near.columns.shape[0]
    found = np.eye(targets, columns)
    if columns > targets:
        cross = np.sum([_within(fit, targets) for fit in fits], axis=0)
        slopes = np.linalg.lstsq(cross[:, targets:], cross[:, :targets], rcond=OWN_SHARE)[0]
        found[:, targets:] = -slopes.T
    return found


def _within(fit: LocalFit, targets: int) -> Floats:
    """Cross products of covariates with all columns, after the polynomial, (covariates, k)."""
    columns = fit.near.columns
    plain = summed("in,n,kn->ik", columns[targets:], fit.weights, columns)
    along = summed("ij,jl,kl->ik", fit.crossed[targets:], fit.bread, fit.crossed)
    return np.asarray((plain - along) / fit.bandwidth, dtype=np.float64)


def ratio_contrast(values: Floats) -> Floats:
    """First-order weights of numerator and denominator in their ratio, from their values.

    >>> ratio_contrast(np.array([2.0, 4.0])).tolist()
    [0.25, -0.125]
    """
    above, below = values
    return np.array([1 / below, -above / below**2])


def own_contrast(fit: LocalFit, power: int, *, fuzzy: bool) -> Floats:
    """The combination of columns, (k,), whose coefficient of a power one side's fit estimates."""
    combinations = freed([fit], 2 if fuzzy else 1)
    if not fuzzy:
        return np.asarray(combinations[0], dtype=np.float64)
    values = summed("tk,k->t", combinations, fit.coefficients[power])
    return summed("t,tk->k", ratio_contrast(values), combinations)
