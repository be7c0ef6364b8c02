"""The Bayesian reading of lifts over all units, by the prior that a specification states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from impact_pipeline.catalog.plan import Prior
from impact_pipeline.estimators.base import Estimate, Interval, Result
from impact_pipeline.estimators.bayesian_reading import BayesianReading, NoBayesianReading, std_error_of_lift
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline.stats.bayesian import NormalPrior, posterior

Reading = BayesianReading | NoBayesianReading


def readings(
    prior: Prior | None, higher_is_better: Mapping[str, bool], results: Sequence[Result]
) -> tuple[Reading, ...]:
    """One for each comparison over all units; none without a prior. `higher_is_better` by metric."""
    return () if prior is None else tuple(_readings(prior, higher_is_better, results))


def _readings(prior: Prior, higher_is_better: Mapping[str, bool], results: Sequence[Result]) -> Iterator[Reading]:
    for result in results:
        if result.segment != ALL_UNITS:
            continue
        error = std_error_of_lift(result) if isinstance(result, Estimate) else None
        if isinstance(result, Estimate) and result.relative is not None and error:
            yield _reading(prior, result, result.relative.value, error, higher_is_better[result.metric])
        else:
            yield NoBayesianReading(result.metric, result.contrast, "there is no lift to read")


def _reading(prior: Prior, estimate: Estimate, lift: float, error: float, higher: bool) -> BayesianReading:
    found = posterior(lift, error, NormalPrior(prior.mean_lift, prior.lift_std_dev))
    level = estimate.interval.level
    return BayesianReading(
        metric=estimate.metric,
        contrast=estimate.contrast,
        prior_mean=prior.mean_lift,
        prior_std_dev=prior.lift_std_dev,
        prior_from="the specification",
        mean=found.mean,
        interval=Interval(*found.credible_interval(level), level),
        probability_better=found.probability_better(higher_is_better=higher),
        loss_if_shipped=found.expected_loss("treatment", higher_is_better=higher),
        loss_if_kept=found.expected_loss("control", higher_is_better=higher),
    )
