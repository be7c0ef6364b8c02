from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.estimators.base import Contrast, Estimate, Interval, NotEstimable, Reason, Relative
from impact_pipeline.estimators.bayesian_reading import (
    BayesianReading,
    NoBayesianReading,
    PastLift,
    read_bayesian,
    std_error_of_lift,
)
from impact_pipeline.estimators.difference_in_means import DifferenceInMeans
from impact_pipeline.stats.bayesian import NormalPrior, posterior, prior_from_history
from impact_pipeline.stats.inference import AlwaysValid
from impact_pipeline_tests.estimators.questions import estimated, question
from impact_pipeline_tests.small_studies import mean_metric, moments, study

RNG = np.random.default_rng(1)
ARMS = moments(RNG.poisson(110, 500)), moments(RNG.poisson(100, 500))
ESTIMATE = estimated(DifferenceInMeans(), question("mean", ARMS))
PRIOR = {"mean_lift": 0.01, "lift_std_dev": 0.03}
HISTORY = [PastLift(f"ranker_v{i}", "orders", lift, 0.01) for i, lift in enumerate((0.03, -0.01, 0.02, 0.05, -0.03))]


def planned(role: str = "success", better: str = "higher", **plan: Any) -> Study:
    margin = {"margin": {"relative": 0.02}} if role == "guardrail" else {}
    metric = mean_metric(better=better)
    return study(metric, uses=[{"metric": "orders", "role": role, **margin}], **plan)


def test_the_standard_error_of_a_lift_is_about_that_of_the_delta_method() -> None:
    treatment, control = ARMS
    t, c = float(treatment.mean("y")), float(control.mean("y"))
    variances = [float(arm.covariance("y", "y")) / arm.n for arm in ARMS]
    expected = np.sqrt(variances[0] / c**2 + t**2 * variances[1] / c**4)
    assert std_error_of_lift(ESTIMATE) == pytest.approx(expected, rel=1e-3)


def test_the_standard_error_of_a_lift_does_not_depend_on_the_inference() -> None:
    always = estimated(DifferenceInMeans(), question("mean", ARMS, inference=AlwaysValid(1000.0)))
    assert std_error_of_lift(always) == pytest.approx(std_error_of_lift(ESTIMATE), rel=1e-3)


def test_a_stated_prior_is_updated_by_the_lift() -> None:
    [found] = read_bayesian(planned(prior=PRIOR), [ESTIMATE], HISTORY)
    assert isinstance(found, BayesianReading)
    assert ESTIMATE.relative is not None
    error = std_error_of_lift(ESTIMATE)
    assert error is not None
    expected = posterior(ESTIMATE.relative.value, error, NormalPrior(0.01, 0.03))
    assert (found.prior_mean, found.prior_std_dev, found.prior_from) == (0.01, 0.03, "the plan")
    assert (found.mean, found.probability_better) == (expected.mean, expected.probability_better())
    assert (found.interval.lower, found.interval.upper) == expected.credible_interval(0.95)
    assert found.interval.level == pytest.approx(0.95)
    assert (found.loss_if_shipped, found.loss_if_kept) == (
        expected.expected_loss("treatment"), expected.expected_loss("control"),
    )  # fmt: skip
    assert found.loss_if_shipped < 1e-6 < found.loss_if_kept


def test_where_lower_is_better_shipping_a_rise_loses() -> None:
    [found] = read_bayesian(planned(better="lower", prior=PRIOR), [ESTIMATE], [])
    assert isinstance(found, BayesianReading)
    assert found.probability_better < 0.001
    assert found.loss_if_kept < 1e-6 < found.loss_if_shipped


def test_without_a_stated_prior_past_lifts_of_the_metric_make_one() -> None:
    others = [PastLift("other", "visits", 0.5, 0.01)]
    [found] = read_bayesian(planned(role="guardrail"), [ESTIMATE], [*HISTORY, *others])
    expected = prior_from_history([past.lift for past in HISTORY], [past.std_error for past in HISTORY])
    assert isinstance(found, BayesianReading)
    assert isinstance(expected, NormalPrior)
    assert (found.prior_mean, found.prior_std_dev) == (expected.mean, expected.std_dev)
    assert found.prior_from == "5 past lifts of ranker_v0, ranker_v1, ranker_v2, ranker_v3, ranker_v4"


def test_too_short_a_history_makes_no_reading() -> None:
    [found] = read_bayesian(planned(), [ESTIMATE], HISTORY[:2])
    assert found == NoBayesianReading(
        "orders", Contrast("treatment", "control"), "2 past studies, and a prior needs 5 at least"
    )


def test_a_result_without_a_lift_has_no_reading() -> None:
    nothing = NotEstimable("orders", ESTIMATE.contrast, ("", ""), "none", Reason.EMPTY_ARM, "no unit", {})
    certain = replace(ESTIMATE, relative=Relative(0.1, Interval(0.1, 0.1, 0.95)))
    for result in (nothing, replace(ESTIMATE, relative=None), certain):
        [found] = read_bayesian(planned(prior=PRIOR), [result], [])
        assert found == NoBayesianReading("orders", ESTIMATE.contrast, "there is no lift to read")


def test_only_success_metrics_and_guardrails_over_all_units_are_read() -> None:
    segment: Estimate = replace(ESTIMATE, segment=("device", "web"))
    assert read_bayesian(planned(prior=PRIOR), [segment], []) == ()
    assert read_bayesian(planned(role="exploratory", prior=PRIOR), [ESTIMATE], []) == ()
