"""Rows with instruments, once level and covariates are partialled out: all that the methods of this package look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.least_squares import Array, summed
from impact_pipeline.stats.partialling import levelled, partialled
from impact_pipeline.stats.refusal import Refusal

Places = NDArray[np.intp]
Errors = Literal["classical", "HC1", "cluster"]

OWN_SHARE = 1e-10
"""Share of an instrument's variance that covariates and the instruments before it must leave."""
ROUNDING = 1e-13
"""Columns of this share of their length are what rounding leaves of nothing."""


@dataclass(frozen=True, eq=False)
class Instrumented:
    """n rows: outcome and treatment less covariates, and an orthonormal basis of the instruments less covariates.

    `basis` is (q, n), `inverse_root` the (q, q) matrix T with `basis = T instruments`; `exogenous` counts level and
    covariates. `cluster` are places from 0, or None.
    """

    names: tuple[str, ...]
    outcome: Array
    treatment: Array
    basis: Array
    inverse_root: Array
    exogenous: int
    errors: Errors
    cluster: Places | None = None

    @property
    def n(self) -> int:
        return len(self.outcome)

    @property
    def instruments(self) -> int:
        return len(self.basis)

    @cached_property
    def clusters(self) -> int:
        return 0 if self.cluster is None else len(np.unique(self.cluster))

    @cached_property
    def pulls(self) -> tuple[Array, Array]:
        """Reduced form and first stage in the coordinates of the basis, (q,) each: `Q y` and `Q d`."""
        return summed("qi,i->q", self.basis, self.outcome), summed("qi,i->q", self.basis, self.treatment)

    @cached_property
    def products(self) -> Array:
        """`[y d]'[y d]`, (2, 2)."""
        both = np.stack([self.outcome, self.treatment])
        return summed("ai,bi->ab", both, both)

    @cached_property
    def first_stage_residuals(self) -> Array:
        """The treatment less what instruments and covariates explain, (n,)."""
        return self.treatment - summed("qi,q->i", self.basis, self.pulls[1])

    @cached_property
    def reduced_form_residuals(self) -> Array:
        """The outcome less what instruments and covariates explain, (n,)."""
        return self.outcome - summed("qi,q->i", self.basis, self.pulls[0])

    def spread(self, coefficients: int) -> float:
        """Degrees of freedom of a t test after `coefficients` beside level and covariates: rows', or clusters' - 1."""
        return float(self.clusters - 1 if self.errors == "cluster" else self.n - self.exogenous - coefficients)

    def meat(self, columns: Array, residuals: Array, coefficients: int) -> Array:
        """Covariance of `columns residuals`, (m, m), under the errors that were asked for, for (m, n) columns.

        `classical`: `s^2 columns columns'`; HC1: sum of squared scores, times n / (n - k); `cluster`: of scores added
        up within clusters, times `G / (G - 1) (n - 1) / (n - k)`. k counts level, covariates and `coefficients`.
        """
        left = self.n - self.exogenous - coefficients
        if self.errors == "classical":
            return summed("ai,bi->ab", columns, columns) * (float(summed("i,i->", residuals, residuals)) / left)
        scores = columns * residuals
        return self.score_products(scores, scores) * self.correction(coefficients)

    def score_products(self, left: Array, right: Array) -> Array:
        """Sums over rows, or over clusters of sums within them, of products of scores: (a, n) by (b, n) to (a, b)."""
        if self.errors == "cluster" and self.cluster is not None:
            left, right = _added(left, self.cluster), _added(right, self.cluster)
        return summed("ai,bi->ab", left, right)

    def only(self, names: Sequence[str]) -> Instrumented:
        """The same rows with some of the instruments, in this order."""
        places = [self.names.index(name) for name in names]
        chosen = np.linalg.inv(self.inverse_root)[places]
        turned, triangle = np.linalg.qr(chosen.T)
        basis = summed("qj,qi->ji", np.asarray(turned, dtype=np.float64), self.basis)
        inverse = np.asarray(np.linalg.inv(triangle.T), dtype=np.float64)
        return replace(self, names=tuple(names), basis=basis, inverse_root=inverse)

    def correction(self, coefficients: int) -> float:
        """The small-sample factor of sums of squared scores."""
        left = self.n - self.exogenous - coefficients
        if self.errors == "cluster":
            return self.clusters / (self.clusters - 1) * (self.n - 1) / left
        return self.n / left


def instrumented(
    outcome: Array,
    treatment: Array,
    instruments: Mapping[str, Array],
    covariates: Mapping[str, Array],
    *,
    errors: Errors = "HC1",
    cluster: Places | None = None,
    weights: Array | None = None,
) -> Instrumented | Refusal:
    """Rows whose covariates (and a level) are partialled out of everything (Frisch, Waugh 1933; Lovell 1963).

    >>> rng = np.random.default_rng(0)
    >>> z, x = rng.normal(size=(2, 50))
    >>> rows = instrumented(x + z, z + rng.normal(size=50), {"z": z}, {"x": x}, errors="classical")
    >>> rows.names, rows.exogenous, bool(abs(rows.basis[0] @ x) < 1e-12)
    (('z',), 2, True)
    """
    named = {"the outcome": outcome, "the treatment": treatment, **instruments, **covariates}
    if refusal := _not_usable(named, instruments, 2 + len(covariates) + len(instruments), errors, cluster):
        return refusal
    roots = None if weights is None else np.sqrt(weights)
    targets = np.stack([outcome, treatment, *instruments.values()])
    beside = np.stack(list(covariates.values())) if covariates else np.empty((0, len(outcome)))
    left = partialled(targets, beside, tuple(covariates), roots)
    if isinstance(left, Refusal):
        return left
    if refusal := _nothing_left(left[:2], targets[:2], roots):
        return refusal
    found = _orthonormal(left[2:], levelled(targets[2:], roots))
    if isinstance(found, int):
        name = tuple(instruments)[found]
        return Refusal("collinear", f"instrument '{name}' is determined by covariates and instruments before it")
    return Instrumented(tuple(instruments), left[0], left[1], *found, 1 + len(covariates), errors, cluster)


def _not_usable(
    named: Mapping[str, Array], instruments: Mapping[str, Array], least: int, errors: Errors, cluster: Places | None
) -> Refusal | None:
    n = len(named["the outcome"])
    if not instruments:
        return Refusal("not_identified", "there is no instrument: name at least one under `instruments`")
    if n <= least:
        return Refusal("too_few_units", f"{n} rows cannot tell {least} coefficients and an error")
    for name, values in named.items():
        if missing := int(np.count_nonzero(~np.isfinite(values))):
            return Refusal("measure_undefined", f"'{name}' has no finite value in {missing} of {n} rows")
    if errors == "cluster" and (cluster is None or len(np.unique(cluster)) < 2):
        found = "none is named" if cluster is None else f"all {n} rows belong to one"
        return Refusal("too_few_clusters", f"errors by cluster need at least two clusters; {found}")
    return None


def _added(scores: Array, cluster: Places) -> Array:
    """Scores, (m, n), added up within clusters, (m, G)."""
    return np.stack([np.bincount(cluster, row) for row in scores])


def _nothing_left(left: Array, columns: Array, roots: Array | None) -> Refusal | None:
    before = levelled(columns, roots)
    for name, own, was, column in zip(("outcome", "treatment"), left, before, columns, strict=True):
        spread = float(np.sqrt(summed("i,i->", was, was)))
        if spread <= ROUNDING * float(np.sqrt(summed("i,i->", column, column))) or not spread:
            return Refusal("zero_variance", f"the {name} is the same in all rows")
        if float(np.sqrt(summed("i,i->", own, own))) <= OWN_SHARE**0.5 * spread:
            detail = f"covariates determine the {name}: nothing is left for instruments to explain"
            return Refusal("zero_variance" if name == "outcome" else "collinear", detail)
    return None


def _orthonormal(columns: Array, before: Array) -> tuple[Array, Array] | int:
    """Orthonormal rows (q, n) and T with `rows = T columns`, by Gram-Schmidt twice; or the first that adds nothing."""
    basis, turned = columns.copy(), np.eye(len(columns))
    for j in range(len(columns)):
        for _ in range(2):
            along = summed("ki,i->k", basis[:j], basis[j])
            basis[j] -= summed("k,ki->i", along, basis[:j])
            turned[j] -= summed("k,kl->l", along, turned[:j])
        length = float(np.sqrt(summed("i,i->", basis[j], basis[j])))
        if length**2 <= OWN_SHARE * float(summed("i,i->", before[j], before[j])) or not length:
            return j
        basis[j] /= length
        turned[j] /= length
    return basis, turned
