"""The coefficient of one column in a least-squares regression with many others, fast in the number of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.least_squares import Array, summed
from impact_pipeline.stats.partialling import levelled, partialled
from impact_pipeline.stats.refusal import Refusal

Places = NDArray[np.intp]
Errors = Literal["classical", "HC1", "cluster"]

OWN_SHARE = 1e-10
"""Share of a column's variance that the others must leave of it."""
EXACT_FIT = 1e-13
"""What is left of a column below this share of its length is rounding, not variation."""


@dataclass(frozen=True, slots=True, eq=False)
class PartialRegression:
    """`value` and its errors; `classical_error` is the one under equal errors, whatever was asked for.

    `outcome` and `treatment` are what covariates leave of them, (n,); `residuals` what the treatment leaves, too.
    `degrees_of_freedom` are those of a t test, `left` the rows less coefficients.
    """

    value: float
    std_error: float
    classical_error: float
    degrees_of_freedom: float
    left: int
    outcome: Array
    treatment: Array
    residuals: Array
    errors: Errors

    @property
    def t(self) -> float:
        """The classical t statistic."""
        return self.value / self.classical_error

    @property
    def partial_r_squared(self) -> float:
        """Share of what covariates leave of the outcome that the treatment explains, `t^2 / (t^2 + left)`."""
        return self.t**2 / (self.t**2 + self.left)


def partial_regression(
    outcome: Array,
    treatment: Array,
    covariates: Mapping[str, Array],
    *,
    errors: Errors = "HC1",
    cluster: Places | None = None,
    weights: Array | None = None,
) -> PartialRegression | Refusal:
    """Least squares of the outcome on a level, treatment and covariates (Frisch, Waugh 1933; Lovell 1963).

    Errors: `classical`, HC1, or CR1 by `cluster` with one degree of freedom less than there are clusters.

    >>> x = np.array([0.0, 1.0, 2.0, 3.0])
    >>> found = partial_regression(np.array([1.0, 3.0, 4.0, 6.0]), x, {}, errors="classical")
    >>> round(found.value, 12), round(found.std_error, 6), found.left
    (1.6, 0.141421, 2)
    """
    named = {"the outcome": outcome, "the treatment": treatment, **covariates}
    k = 2 + len(covariates)
    if refusal := _not_usable(named, k, errors, cluster):
        return refusal
    roots = None if weights is None else np.sqrt(weights)
    beside = np.stack(list(covariates.values())) if covariates else np.empty((0, len(outcome)))
    targets = np.stack([outcome, treatment])
    found = partialled(targets, beside, tuple(covariates), roots)
    if isinstance(found, Refusal):
        return found
    own, before = _square(found[1]), _square(levelled(targets[1:], roots)[0])
    if own <= OWN_SHARE * before or before <= EXACT_FIT**2 * _square(treatment):
        return Refusal("collinear", "covariates determine the treatment: nothing is left of it to compare")
    residuals = found[0] - float(summed("i,i->", found[1], found[0])) / own * found[1]
    if _square(residuals) <= EXACT_FIT**2 * _square(outcome):
        return Refusal("zero_variance", "the outcome does not vary beyond what treatment and covariates determine")
    return _with_errors(found[0], found[1], residuals, len(outcome) - k, errors, cluster)


def _with_errors(
    outcome: Array, treatment: Array, residuals: Array, left: int, errors: Errors, cluster: Places | None
) -> PartialRegression | Refusal:
    own = _square(treatment)
    value = float(summed("i,i->", treatment, outcome)) / own
    classical = (_square(residuals) / left / own) ** 0.5
    spread = classical**2 if errors == "classical" else _robust(treatment * residuals, left, errors, cluster) / own**2
    if not spread > 0:
        return Refusal("zero_variance", "errors cancel within every cluster: clusters do not vary")
    freedom = float(left if cluster is None or errors != "cluster" else len(np.unique(cluster)) - 1)
    return PartialRegression(
        value, spread**0.5, classical, freedom, left, outcome, treatment, residuals, errors
    )  # fmt: skip


def _robust(scores: Array, left: int, errors: Errors, cluster: Places | None) -> float:
    """Sum of squared scores with its small-sample factor."""
    n = len(scores)
    if errors == "cluster" and cluster is not None:
        groups = len(np.unique(cluster))
        return (
            _square(np.asarray(np.bincount(cluster, scores), dtype=np.float64)) * groups / (groups - 1) * (n - 1) / left
        )
    return _square(scores) * n / left


def _square(values: Array) -> float:
    return float(summed("i,i->", values, values))


def _not_usable(named: Mapping[str, Array], k: int, errors: Errors, cluster: Places | None) -> Refusal | None:
    n = len(named["the outcome"])
    for name, values in named.items():
        if missing := int(np.count_nonzero(~np.isfinite(values))):
            return Refusal("measure_undefined", f"'{name}' has no finite value in {missing} of {n} rows")
    if n <= k:
        return Refusal("too_few_units", f"{n} rows cannot tell {k} coefficients and an error")
    if errors == "cluster" and (cluster is None or len(np.unique(cluster)) < 2):
        found = "none is named" if cluster is None else f"all {n} rows belong to one"
        return Refusal("too_few_clusters", f"errors by cluster need at least two clusters; {found}")
    return None
