"""Every influence is the derivative of its estimate in the unit's weight: by perturbing each weight in turn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from impact_pipeline.stats.propensity.columns import columns_of
from impact_pipeline.stats.propensity.doubly_robust import weighted_regression_means
from impact_pipeline.stats.propensity.entropy_balancing import Balanced, balanced_means
from impact_pipeline.stats.propensity.potential_means import Estimand, PotentialMeans
from impact_pipeline.stats.propensity.prepared import Prepared, prepared
from impact_pipeline.stats.samples.cross_section import CrossSection, Floats
from impact_pipeline_tests.stats.propensity.drawn_samples import chosen

STEP = 1e-5
UNITS = 60
DERIVATIVE = 2e-4
"""Central differences of this step err by its square times the third derivative, which is large for unit weights."""

Estimator = Callable[[Prepared], object]


def _weighted_regression(ready: Prepared) -> object:
    sample = ready.sample
    assert not hasattr(ready.score, "reason")
    return weighted_regression_means(
        ready.outcome_columns,
        sample.outcome,
        sample.treatment,
        ready.score,
        ready.weights,
        ready.estimand,  # type: ignore[arg-type]
    )


def _balanced(ready: Prepared) -> object:
    sample = ready.sample
    columns = columns_of(sample.covariates, len(sample))
    found = balanced_means(columns, sample.outcome, sample.treatment, ready.weights, ready.estimand)  # type: ignore[arg-type]
    assert isinstance(found, Balanced)
    return found.means


ESTIMATORS: dict[str, Estimator] = {
    "crude": lambda ready: ready.crude,
    "ipw": lambda ready: ready.ipw,
    "regression_adjustment": lambda ready: ready.regression_adjustment,
    "aipw": lambda ready: ready.aipw,
    "ipwra": _weighted_regression,
    "entropy_balancing": _balanced,
}


@pytest.mark.parametrize("estimand", ["ATE", "ATT"])
@pytest.mark.parametrize("link", ["logit", "probit"])
@pytest.mark.parametrize("name", ESTIMATORS)
def test_influences_are_derivatives(name: str, link: str, estimand: Estimand) -> None:
    _compare(chosen(UNITS, 5, weighted=True), ESTIMATORS[name], link, estimand)


@pytest.mark.parametrize("estimand", ["ATE", "ATT"])
@pytest.mark.parametrize("name", ["regression_adjustment", "aipw"])
def test_influences_of_a_pooled_outcome_model_are_derivatives(name: str, estimand: Estimand) -> None:
    _compare(chosen(UNITS, 5, weighted=True), ESTIMATORS[name], "logit", estimand, interactions=("one",))


def _compare(
    sample: CrossSection,
    estimator: Estimator,
    link: str,
    estimand: Estimand,
    interactions: tuple[str, ...] | None = None,
) -> None:
    assert sample.weights is not None
    base = sample.weights / sample.weights.mean()

    def means(weights: Floats) -> PotentialMeans:
        changed = CrossSection(sample.outcome, sample.treatment, sample.covariates, weights=weights)
        ready = prepared(changed, estimand=estimand, link=link, interactions=interactions)  # type: ignore[arg-type]
        assert isinstance(ready, Prepared)
        found = estimator(ready)
        assert isinstance(found, PotentialMeans)
        return found

    found = means(base)
    for unit in range(0, UNITS, 7):
        step = np.zeros(UNITS)
        step[unit] = STEP
        above, below = means(base + step), means(base - step)
        for arm in ("untreated", "treated"):
            slope = (getattr(above, arm) - getattr(below, arm)) / (2 * STEP)
            influence = getattr(found, f"{arm}_influence")[unit] / (UNITS * base[unit])
            assert influence == pytest.approx(slope, abs=DERIVATIVE)
