"""A regression of each metric on any treatments: least squares with the errors asked for, or quantile regression."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.analysis.answer import Coefficient
from impact_pipeline.analysis.labels import Codes
from impact_pipeline.analysis.metric_questions import MetricQuestion, QuantileMetric
from impact_pipeline.analysis.specification import RegressionDesign, Specification
from impact_pipeline.analysis.table import Table
from impact_pipeline.analysis.units import Floats, Numbers
from impact_pipeline.estimators.base import Interval
from impact_pipeline.stats import cluster_robust, least_squares
from impact_pipeline.stats.inference import quantile, upper_tail
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.two_way_clusters import two_way
from impact_pipeline.stats.wild_cluster_bootstrap import wild_cluster_bootstrap

Array = NDArray[np.float64]
INTERCEPT = "intercept"
MOST_ITERATIONS = 5000
NO_ERROR = Refusal("zero_variance", "its standard error is 0 or cannot be computed: too few rows (or clusters) tell it")


def regressed(
    table: Table,
    asked: Specification,
    design: RegressionDesign,
    metric: MetricQuestion,
    numbers: Numbers,
    treatments: Sequence[Floats],
) -> tuple[Coefficient, ...]:
    """Intercept and one coefficient for each treatment (a value for each of the metric's rows) and covariate."""
    names = (INTERCEPT, *design.treatments, *metric.covariates)
    columns = np.column_stack([np.ones(len(numbers)), *treatments, *numbers.x])
    fit = least_squares.least_squares(columns, numbers.y, names=names)
    if isinstance(fit, Refusal):
        return tuple(_refused(metric, names, fit, len(numbers)))
    if isinstance(metric, QuantileMetric):
        return tuple(_quantile_regression(metric, asked.alpha, numbers.y, columns, names))
    clusters = [table.places(name, "design.clusters")[numbers.rows] for name in design.clusters]
    if design.errors == "wild_bootstrap":
        return tuple(_bootstrapped(metric, asked, fit, clusters[0]))
    return tuple(_coefficients(metric, asked.alpha, design, fit, clusters))


def _bootstrapped(
    metric: MetricQuestion, asked: Specification, fit: least_squares.Fit, clusters: Codes
) -> Iterator[Coefficient]:
    """Each coefficient tested by draws of its own."""
    rows = cluster_robust.clustered(fit, clusters)
    if isinstance(rows, Refusal):
        yield from _refused(metric, fit.names, rows, fit.n)
        return
    for name, contrast in zip(fit.names, np.eye(fit.k), strict=True):
        found = wild_cluster_bootstrap(rows, contrast, asked.alpha, np.random.default_rng(asked.seed))
        if isinstance(found, Refusal):
            yield from _refused(metric, (name,), found, fit.n)
            continue
        interval = Interval(found.lower, found.upper, 1 - asked.alpha)
        yield Coefficient(
            metric.name, name, found.value, found.std_error, interval, found.p_value, None,
            "least squares, wild cluster bootstrap", fit.n,
        )  # fmt: skip


def _coefficients(
    metric: MetricQuestion,
    alpha: float,
    design: RegressionDesign,
    fit: least_squares.Fit,
    clusters: list[Codes],
) -> Iterator[Coefficient]:
    found = _spread(design, fit, clusters)
    if isinstance(found, Refusal):
        yield from _refused(metric, fit.names, found, fit.n)
        return
    spread, degrees, method = found
    for place, name in enumerate(fit.names):
        value, error = float(fit.coefficients[place]), float(np.sqrt(max(0.0, spread[place, place])))
        if not error > 0:
            yield from _refused(metric, (name,), NO_ERROR, fit.n)
            continue
        half_width = float(quantile(1 - alpha / 2, degrees[place])) * error
        p_value = float(2 * upper_tail(abs(value) / error, degrees[place]))
        interval = Interval(value - half_width, value + half_width, 1 - alpha)
        yield Coefficient(metric.name, name, value, error, interval, p_value, float(degrees[place]), method, fit.n)


def _spread(
    design: RegressionDesign, fit: least_squares.Fit, clusters: list[Codes]
) -> tuple[Array, Array, str] | Refusal:
    """Covariance of the coefficients, degrees of freedom of each, and the method's name."""
    if len(clusters) == 2:
        both = two_way(fit, *clusters)
        if isinstance(both, Refusal):
            return both
        groups = min(len(np.unique(labels)) for labels in clusters)
        return both.covariance, np.full(fit.k, groups - 1.0), "least squares, errors clustered two ways, CR1"
    if len(clusters) == 1:
        grouped = cluster_robust.clustered(fit, clusters[0])
        if isinstance(grouped, Refusal):
            return grouped
        name = cast(cluster_robust.CovarianceName, design.errors)
        spread = cluster_robust.covariance(grouped, name)
        return spread, _clustered_degrees(grouped, fit, name, clusters[0]), f"least squares, clustered errors, {name}"
    plain = least_squares.covariance(fit, cast(least_squares.CovarianceName, design.errors))
    if isinstance(plain, Refusal):
        return plain
    return plain, np.full(fit.k, float(fit.n - fit.k)), f"least squares, {design.errors} errors"


def _clustered_degrees(
    grouped: cluster_robust.ClusteredFit, fit: least_squares.Fit, name: str, clusters: Codes
) -> Array:
    """Satterthwaite's where the errors are CR2's, else clusters less one."""
    if name != "CR2":
        return np.full(fit.k, len(np.unique(clusters)) - 1.0)
    return np.array([cluster_robust.satterthwaite(grouped, row) for row in np.eye(fit.k)])


def _quantile_regression(
    metric: QuantileMetric, alpha: float, y: Array, columns: Array, names: tuple[str, ...]
) -> Iterator[Coefficient]:
    """Koenker, Bassett (1978), Econometrica 46, by statsmodels; robust errors with Hall and Sheather's bandwidth."""
    from statsmodels.regression.quantile_regression import QuantReg

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        fit = QuantReg(y, columns).fit(q=metric.quantile, max_iter=MOST_ITERATIONS)
        bounds = np.asarray(fit.conf_int(alpha))
    for place, name in enumerate(names):
        if not np.isfinite([fit.bse[place], fit.pvalues[place], *bounds[place]]).all() or not fit.bse[place] > 0:
            yield from _refused(metric, (name,), NO_ERROR, len(y))
            continue
        interval = Interval(float(bounds[place, 0]), float(bounds[place, 1]), 1 - alpha)
        yield Coefficient(
            metric.name, name, float(fit.params[place]), float(fit.bse[place]), interval, float(fit.pvalues[place]),
            float(fit.df_resid), "quantile regression", len(y),
        )  # fmt: skip


def _refused(metric: MetricQuestion, names: tuple[str, ...], refusal: Refusal, n: int) -> Iterator[Coefficient]:
    for name in names:
        yield Coefficient(
            metric.name, name, None, None, None, None, None, "regression", n, refusal.reason, refusal.detail
        )
