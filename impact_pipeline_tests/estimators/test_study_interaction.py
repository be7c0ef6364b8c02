"""Two studies on the same units: does the effect of one depend on the arm of the other?"""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from impact_pipeline.estimators.segment_comparison import SegmentComparison
from impact_pipeline.estimators.study import estimate_study
from impact_pipeline.exposures.other_study import NOT_IN_STUDY
from impact_pipeline.outcomes.cells import ALL_UNITS, Cells
from impact_pipeline.stats.moments import merged
from impact_pipeline_tests.small_studies import START, Array, Group, cells, mean_metric, moments, study

ARMS = ("control", "treatment")
FOUND = study(mean_metric(), segments={"also": {"type": "study", "study": "pricing"}})


def factorial(rng: np.random.Generator, joint: float, units: int = 1500) -> tuple[Array, Array, Array]:
    """Outcomes, arm here and arm there (2: not in the study); each change adds 3, both together `joint` more."""
    here, there = rng.integers(0, 2, units), rng.integers(0, 3, units)
    mean = 20 + 3 * here + 3 * (there == 1) + joint * here * (there == 1) + 40 * here * (there == 2)
    return rng.poisson(mean), here, there


def measured(y: Array, here: Array, there: Array) -> Cells:
    groups = []
    for a, arm in enumerate(ARMS):
        parts = {value: moments(y[(here == a) & (there == b)]) for b, value in enumerate((*ARMS, NOT_IN_STUDY))}
        groups += [Group(arm, {"orders": found}, segment=("also", value)) for value, found in parts.items()]
        groups.append(Group(arm, {"orders": merged(list(parts.values()))}, segment=ALL_UNITS))
    return cells(*groups)


def compared(y: Array, here: Array, there: Array) -> SegmentComparison:
    found = estimate_study(FOUND, measured(y, here, there), START, final=True, plan_digest="sha256:1")
    [comparison] = found.segment_comparisons
    return comparison


def test_the_interaction_is_the_products_coefficient_with_its_hc2_error() -> None:
    y, here, there = factorial(np.random.default_rng(1), 2.0)
    both = there < 2
    design = np.column_stack([np.ones(both.sum()), here[both], there[both], (here * there)[both]])
    reference = sm.OLS(y[both], design).fit(cov_type="HC2")
    comparison = compared(y, here, there)
    assert [value.value for value in comparison.values] == list(ARMS)
    change = comparison.values[1].effect - comparison.values[0].effect
    assert change == pytest.approx(reference.params[3], rel=1e-9)
    assert comparison.statistic == pytest.approx(float(reference.tvalues[3]) ** 2, rel=1e-9)
    assert comparison.p_value < 0.001


def test_units_outside_the_other_study_take_no_part() -> None:
    """The effect on them is 40: a comparison that read them would find it."""
    comparison = compared(*factorial(np.random.default_rng(2), 0.0))
    assert comparison.degrees_of_freedom == 1
    assert comparison.p_value > 0.01


def _alarms(trials: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    return float(np.mean([compared(*factorial(rng, 0.0)).p_value < 0.05 for _ in range(trials)]))


def test_size_is_kept_where_effects_add_up() -> None:
    """300 trials: 0.05 with a Monte-Carlo error of 0.013."""
    assert 0.015 <= _alarms(300, 3) <= 0.09


@pytest.mark.slow
def test_size_over_many_pairs_of_studies() -> None:
    """4000 trials: Monte-Carlo error 0.0034."""
    assert _alarms(4000, 4) == pytest.approx(0.05, abs=0.0138)
