from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from scipy import stats

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.identity import digest
from impact_pipeline.estimators.aa_simulation import SPLITS, simulate_aa
from impact_pipeline.stats.random_halves import random_halves
from impact_pipeline_tests.estimators.bins import bins, drawn, in_bins
from impact_pipeline_tests.small_studies import (
    START,
    Array,
    cells,
    exposed,
    mean_metric,
    quantile_metric,
    ratio_metric,
    study,
)

MEAN = study(mean_metric())
NEXT = START + timedelta(days=1)


def chosen(found: Study) -> Array:
    """The splits that are drawn from the plan's digest."""
    return random_halves(64, SPLITS, np.random.default_rng(int(digest(found.plan)[:16], 16))).chosen


def test_a_rate_is_that_of_welch_on_the_units_of_every_split() -> None:
    y = drawn(np.random.default_rng(1))
    found = simulate_aa(MEAN, bins({"orders": (y,)}))["orders"]
    halves = [(y[split == 1].ravel(), y[split == 0].ravel()) for split in chosen(MEAN)]
    p = [stats.ttest_ind(first, second, equal_var=False).pvalue for first, second in halves]
    assert found.rate == np.mean(np.array(p) < 0.05)
    assert (found.splits, found.alpha) == (500, 0.05)
    assert found.p_value > 0.001


def test_the_covariates_of_a_metric_are_used() -> None:
    """Outcomes that a covariate explains but for an equal share in every bin leave nothing to reject."""
    rng = np.random.default_rng(2)
    x = drawn(rng, shock=1.0)
    y = 2 * x + np.tile([0, 1], 30)
    adjusted = study(mean_metric(covariates=("orders_before",)))
    assert simulate_aa(MEAN, bins({"orders": (y,)}))["orders"].rate > 0.2
    assert simulate_aa(adjusted, bins({"orders": (y, np.zeros_like(y), x)}))["orders"].rate == 0


def test_a_ratio_is_judged_by_its_own_estimator() -> None:
    rng = np.random.default_rng(3)
    d = drawn(rng, shock=0.5) + 1
    y = rng.binomial(d, 0.3)
    found = simulate_aa(study(ratio_metric()), bins({"click_rate": (y, d)}))["click_rate"]
    assert 0.02 < found.rate < 0.1


def test_units_that_move_together_are_rejected_far_too_often() -> None:
    found = simulate_aa(MEAN, bins({"orders": (drawn(np.random.default_rng(4), shock=0.5),)}))["orders"]
    assert found.rate > 0.2
    assert found.p_value < 1e-6


def test_one_enormous_unit_makes_p_values_far_from_uniform_and_none_of_them_small() -> None:
    y = drawn(np.random.default_rng(5))
    y[0, 0] = 10**6
    found = simulate_aa(MEAN, bins({"orders": (y,)}))["orders"]
    assert found.rate == 0
    assert found.uniform_p_value < 0.001


def test_phases_are_compared_within() -> None:
    """Units of the second phase buy ten times as much; halves hold as many of each."""
    rng = np.random.default_rng(6)
    phases = [
        {"starts": START, "arms": {"control": 0.9, "treatment": 0.1}},
        {"starts": NEXT, "arms": {"control": 0.5, "treatment": 0.5}},
    ]
    ramp = study(mean_metric(), days=2, design={"type": "staged_rollout", "control": "control", "phases": phases})
    groups = [*in_bins({"orders": (drawn(rng),)}), *in_bins({"orders": (10 * drawn(rng),)}, NEXT)]
    assert 0.01 < simulate_aa(ramp, cells(*groups))["orders"].rate < 0.12


def test_the_plan_decides_the_splits() -> None:
    y = bins({"orders": (drawn(np.random.default_rng(7)),)})
    other = study(mean_metric(), title="Ranker 8")
    assert simulate_aa(MEAN, y) == simulate_aa(MEAN, y)
    assert simulate_aa(other, y) != simulate_aa(MEAN, y)
    wide = study(mean_metric(), decision={"alpha": 0.2, "min_units_per_arm": 2})
    assert simulate_aa(wide, y)["orders"].alpha == 0.2


@pytest.mark.parametrize(
    ("found", "y"),
    [
        (MEAN, np.ones((64, 60), dtype=int)),
        (MEAN, drawn(np.random.default_rng(8), units=9)),
        (study(quantile_metric("orders")), drawn(np.random.default_rng(8))),
        (study(mean_metric("revenue")), drawn(np.random.default_rng(8))),
    ],
    ids=["no unit differs", "too few units", "a quantile", "no cells of the metric"],
)
def test_what_cannot_be_simulated_is_left_out(found: Study, y: Array) -> None:
    assert simulate_aa(found, bins({"orders": (y,)})) == {}


def test_without_bins_of_control_there_is_none() -> None:
    assert simulate_aa(MEAN, cells()) == {}
    assert simulate_aa(MEAN, cells(exposed("control", 5000), exposed("treatment", 5000))) == {}
    of_treatment = in_bins({"orders": (drawn(np.random.default_rng(9)),)}, arm="treatment")
    assert simulate_aa(MEAN, cells(*of_treatment)) == {}
