"""Weights that balance exactly, and targets that none reach."""

from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.propensity.columns import Columns, columns_of
from impact_pipeline.stats.propensity.entropy_balancing import Balanced, balanced_means
from impact_pipeline.stats.propensity.potential_means import std_error
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen
from impact_pipeline_tests.stats.propensity.published_samples import trainees_and_others

EXACT = 1e-8


def _balanced(sample: CrossSection, estimand: str) -> Balanced | Refusal:
    columns = columns_of(sample.covariates, len(sample))
    assert isinstance(columns, Columns)
    return balanced_means(columns, sample.outcome, sample.treatment, np.ones(len(sample)), estimand)  # type: ignore[arg-type]


@pytest.mark.parametrize("estimand", ["ATE", "ATT"])
def test_means_of_covariates_are_those_of_the_target(estimand: str) -> None:
    sample = trainees_and_others()
    found = _balanced(sample, estimand)
    assert isinstance(found, Balanced)
    treated = sample.treatment == 1
    for values in sample.covariates.values():
        target = values.mean() if estimand == "ATE" else values[treated].mean()
        for arm in (treated, ~treated):
            mean = np.average(values[arm], weights=found.weights[arm])
            assert mean == pytest.approx(target, abs=EXACT * max(values.std(), 1))


def test_the_answer_is_that_of_another_solver_on_lalonde() -> None:
    """The dual, `log of the sum of exp(x l)` with x less the treated means, by scipy's quasi-Newton method."""
    from scipy.optimize import minimize
    from scipy.special import logsumexp, softmax

    sample = trainees_and_others()
    treated, x = sample.treatment == 1, sample.design()
    centred = (x[~treated] - x[treated].mean(axis=0)) / x.std(axis=0)
    slope = {"jac": lambda tilt: centred.T @ softmax(centred @ tilt), "options": {"gtol": 1e-9}}
    dual = minimize(lambda tilt: logsumexp(centred @ tilt), np.zeros(x.shape[1]), method="BFGS", **slope)
    theirs = sample.outcome[treated].mean() - softmax(centred @ dual.x) @ sample.outcome[~treated]
    found = _balanced(sample, "ATT")
    assert isinstance(found, Balanced)
    assert found.means.effect == pytest.approx(theirs, abs=1e-3)


def test_weights_are_the_most_even_ones() -> None:
    """Any other weights with the same means have less entropy: move along the null space of the constraints."""
    sample = chosen(80, 3)
    found = _balanced(sample, "ATT")
    assert isinstance(found, Balanced)
    rows = sample.treatment == 0
    own = found.weights[rows] / found.weights[rows].sum()
    constraints = np.column_stack([np.ones(rows.sum()), sample.design()[rows]])
    null = np.linalg.svd(constraints.T)[2][3:]
    entropy = -np.sum(own * np.log(own))
    for direction in null[:10]:
        for size in (1e-4, -1e-4):
            moved = own + size * direction
            assert -np.sum(moved * np.log(moved)) < entropy


def test_an_outcome_linear_in_the_covariates_leaves_the_effect_without_error() -> None:
    sample = chosen(100, 4)
    linear = CrossSection(3 * sample.covariates["one"] + sample.treatment, sample.treatment, sample.covariates)
    found = _balanced(linear, "ATT")
    assert isinstance(found, Balanced)
    assert found.means.effect == pytest.approx(1, abs=EXACT)
    assert std_error(found.means.influence) == pytest.approx(0, abs=1e-6)


def test_a_target_beyond_an_arm_is_refused() -> None:
    x, d = np.r_[np.linspace(0, 1, 30), np.linspace(3, 4, 20)], np.r_[np.zeros(30), np.ones(20)]
    found = _balanced(CrossSection(x, d, {"x": x}), "ATT")
    assert isinstance(found, Refusal)
    assert found.reason == "no_support"
    assert found.detail.startswith("no weights of 30 units of an arm reach the target's means of 1 covariates")
