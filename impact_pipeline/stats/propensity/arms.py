"""What every method asks of outcomes and treatment before it looks at covariates."""

from __future__ import annotations

import numpy as np

from impact_pipeline.stats.least_squares import Array
from impact_pipeline.stats.refusal import Refusal

LEAST_UNITS = 2
"""Units of an arm below which nothing tells how its outcomes vary."""


def arms_refusal(outcome: Array, treatment: Array, weights: Array | None = None) -> Refusal | None:
    """Why two arms cannot be compared, or None.

    >>> arms_refusal(np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 0.0])).detail
    '1 unit is treated and 2 are not; each arm needs at least 2 units, or nothing tells how outcomes vary'
    """
    if len(outcome) == 0 or not np.isfinite(outcome).all():
        missing = int(np.count_nonzero(~np.isfinite(outcome)))
        return Refusal("measure_undefined", f"the outcome has no finite value in {missing} of {len(outcome)} rows")
    if other := sorted({float(value) for value in np.unique(treatment)} - {0.0, 1.0}):
        return Refusal("measure_undefined", f"treatment is 0 or 1 for each unit; found {other[0]:g}")
    treated = int(treatment.sum())
    untreated = len(treatment) - treated
    if not treated or not untreated:
        return Refusal("empty_arm", f"{treated} units are treated and {untreated} are not; both arms need units")
    if min(treated, untreated) < LEAST_UNITS:
        return Refusal("too_few_units", _too_few(treated, untreated))
    if np.ptp(outcome) == 0:
        return Refusal("zero_variance", f"the outcome is {outcome[0]:g} for all {len(outcome)} units")
    if weights is not None and not (np.isfinite(weights).all() and (weights > 0).all()):
        return Refusal("measure_undefined", "weights are finite and above 0; leave out rows that should not count")
    return None


def _too_few(treated: int, untreated: int) -> str:
    told = (
        f"{treated} unit is treated and {untreated} are not"
        if treated == 1
        else f"{treated} units are treated and 1 is not"
    )
    return f"{told}; each arm needs at least {LEAST_UNITS} units, or nothing tells how outcomes vary"
