"""Few clusters: the difference of two arms' means with the p-value and interval of the wild cluster bootstrap."""

from __future__ import annotations

import numpy as np

from impact_pipeline.analysis.metric_questions import MetricQuestion
from impact_pipeline.analysis.units import Numbers
from impact_pipeline.estimators.base import Estimate, Interval, NotEstimable, Reason, Result
from impact_pipeline.estimators.conclusion import ESTIMAND
from impact_pipeline.estimators.question import Question
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline.stats.cluster_randomized import CONTRAST
from impact_pipeline.stats.cluster_robust import clustered
from impact_pipeline.stats.least_squares import Fit, least_squares
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.wild_cluster_bootstrap import BootstrapTest, wild_cluster_bootstrap

METHOD = "difference_in_means by clusters, wild bootstrap"
NO_LIFT = "the wild bootstrap gives an interval of the difference alone"


def bootstrap_results(
    metric: MetricQuestion, question: Question, numbers: Numbers, rng: np.random.Generator
) -> tuple[Result, ...]:
    """The one result over all units, with Webb's weights. Cameron, Gelbach, Miller (2008)."""
    arms, contrast = numbers.labels.arm, question.contrast
    treated, control = arms.has(contrast.treatment), arms.has(contrast.control)
    units = {contrast.control: int(control.sum()), contrast.treatment: int(treated.sum())}
    found = _tested(question, numbers, treated, control, rng)
    if isinstance(found, Refusal):
        reason = Reason(found.reason)
        return (NotEstimable(metric.name, contrast, ALL_UNITS, METHOD, reason, found.detail, units),)
    fit, test = found
    return (
        Estimate(
            metric=metric.name,
            contrast=contrast,
            segment=ALL_UNITS,
            method=METHOD,
            estimand=ESTIMAND,
            value=test.value,
            std_error=test.std_error,
            interval=Interval(test.lower, test.upper, 1 - question.alpha),
            p_value=test.p_value,
            degrees_of_freedom=None,
            means={contrast.control: float(fit.coefficients[1]), contrast.treatment: float(fit.coefficients[0])},
            n_per_arm=units,
            relative=None,
            relative_refused=NO_LIFT,
            cap=question.cap,
        ),
    )


def _tested(
    question: Question,
    numbers: Numbers,
    treated: np.ndarray[tuple[int], np.dtype[np.bool_]],
    control: np.ndarray[tuple[int], np.dtype[np.bool_]],
    rng: np.random.Generator,
) -> tuple[Fit, BootstrapTest] | Refusal:
    assert numbers.labels.cluster is not None
    pair = treated | control
    if not treated.any() or not control.any():
        return Refusal("empty_arm", "an arm has no unit")
    x = [values[pair] - values[pair].mean() for values in numbers.x]
    columns = np.column_stack([treated[pair], control[pair], *x]).astype(np.float64)
    fit = least_squares(columns, numbers.y[pair], names=("treatment", "control", *numbers.x_names))
    if isinstance(fit, Refusal):
        return fit
    rows = clustered(fit, numbers.labels.cluster[pair])
    if isinstance(rows, Refusal):
        return rows
    contrast = np.concatenate([CONTRAST, np.zeros(len(x))])
    test = wild_cluster_bootstrap(rows, contrast, question.alpha, rng)
    return test if isinstance(test, Refusal) else (fit, test)
