"""The Bayesian reading of a look's lifts: what they may be, given how lifts of past studies turned out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.estimators.base import Contrast, Estimate, Interval, Result
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline.stats.bayesian import NormalPrior, Posterior, TooLittleHistory, posterior, prior_from_history


@dataclass(frozen=True, slots=True)
class PastLift:
    """A lift of a metric that an earlier study ended with."""

    study: str
    metric: str
    lift: float
    std_error: float


@dataclass(frozen=True, slots=True)
class BayesianReading:
    """Of a lift, as a share: the prior and where it comes from, the posterior, and what either choice may lose.

    `loss_if_shipped` and `loss_if_kept` are the lift forgone on average by giving everybody the treatment or the
    control. It stands beside the interval and the p-value and decides nothing.
    """

    metric: str
    contrast: Contrast
    prior_mean: float
    prior_std_dev: float
    prior_from: str
    mean: float
    interval: Interval
    probability_better: float
    loss_if_shipped: float
    loss_if_kept: float
    type: Literal["bayesian_reading"] = "bayesian_reading"


@dataclass(frozen=True, slots=True)
class NoBayesianReading:
    """Why there is none."""

    metric: str
    contrast: Contrast
    detail: str
    type: Literal["no_bayesian_reading"] = "no_bayesian_reading"


def read_bayesian(
    study: Study, results: Sequence[Result], history: Sequence[PastLift]
) -> tuple[BayesianReading | NoBayesianReading, ...]:
    """One for each success metric and guardrail with a lift over all units."""
    return tuple(_readings(study, results, history))


def std_error_of_lift(estimate: Estimate) -> float | None:
    """From the interval of the lift, whose half-width is as many standard errors as that of the difference."""
    if estimate.relative is None or estimate.std_error is None:
        return None
    half_width = (estimate.interval.upper - estimate.interval.lower) / 2
    of_lift = (estimate.relative.interval.upper - estimate.relative.interval.lower) / 2
    return of_lift * estimate.std_error / half_width


def _readings(
    study: Study, results: Sequence[Result], history: Sequence[PastLift]
) -> Iterator[BayesianReading | NoBayesianReading]:
    roles = {use.name: use.role for use in study.uses}
    for result in results:
        if result.segment != ALL_UNITS or roles[result.metric] not in ("success", "guardrail"):
            continue
        error = std_error_of_lift(result) if isinstance(result, Estimate) else None
        if not isinstance(result, Estimate) or result.relative is None or not error:
            yield NoBayesianReading(result.metric, result.contrast, "there is no lift to read")
            continue
        prior, told = _prior(study, result.metric, history)
        if isinstance(prior, TooLittleHistory):
            yield NoBayesianReading(result.metric, result.contrast, prior.detail)
        else:
            yield _reading(study, result, prior, told, posterior(result.relative.value, error, prior))


def _prior(study: Study, metric: str, history: Sequence[PastLift]) -> tuple[NormalPrior | TooLittleHistory, str]:
    stated = study.plan.prior
    if stated is not None:
        return NormalPrior(stated.mean_lift, stated.lift_std_dev), "the plan"
    past = [lift for lift in history if lift.metric == metric]
    prior = prior_from_history([lift.lift for lift in past], [lift.std_error for lift in past])
    return prior, f"{len(past)} past lifts of {', '.join(sorted({lift.study for lift in past}))}"


def _reading(
    study: Study, estimate: Estimate, prior: NormalPrior, prior_from: str, found: Posterior
) -> BayesianReading:
    higher = study.metrics_by_name[estimate.metric].better == "higher"
    lower, upper = found.credible_interval(estimate.interval.level)
    return BayesianReading(
        metric=estimate.metric,
        contrast=estimate.contrast,
        prior_mean=prior.mean,
        prior_std_dev=prior.std_dev,
        prior_from=prior_from,
        mean=found.mean,
        interval=Interval(lower, upper, estimate.interval.level),
        probability_better=found.probability_better(higher_is_better=higher),
        loss_if_shipped=found.expected_loss("treatment", higher_is_better=higher),
        loss_if_kept=found.expected_loss("control", higher_is_better=higher),
    )
