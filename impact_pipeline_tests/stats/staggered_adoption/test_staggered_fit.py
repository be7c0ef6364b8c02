from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import panel_of
from impact_pipeline.stats.staggered_adoption.agreement import Apart
from impact_pipeline.stats.staggered_adoption.last_step import last_step
from impact_pipeline.stats.staggered_adoption.staggered_fit import StaggeredFit, fit_cohorts, fit_staggered
from impact_pipeline_tests.stats.staggered_adoption.panels import drawn

FIRST = [0] * 10 + [2] * 40 + [4] * 40 + [6] * 60


def fitted(seed: int = 0, **shift: float) -> StaggeredFit:
    units = drawn(FIRST, 6, seed=seed)
    since = np.arange(6) - units.first[:, None]
    units.outcome[:] += np.where(since >= 0, shift.get("effect", 0.0) * (1 + since), 0.0)
    units.outcome[:] += np.where(since == -1, shift.get("before", 0.0), 0.0)
    found = fit_cohorts(units, asked="simple")
    assert isinstance(found, StaggeredFit)
    return found


def difference(found: Apart | Refusal) -> Apart:
    assert isinstance(found, Apart)
    return found


def test_the_error_of_a_difference_is_its_spread_over_samples() -> None:
    found = [fitted(seed) for seed in range(300)]
    for name in ("from_imputation", "from_two_way"):
        apart = [difference(getattr(fit, name)) for fit in found]
        spread = np.std([one.difference for one in apart])
        assert np.mean([one.std_error for one in apart]) == pytest.approx(spread, rel=0.16), name
        assert np.mean([one.p_value < 0.05 for one in apart]) == pytest.approx(0.05, abs=0.04), name


def test_two_way_fixed_effects_differ_beyond_error_where_effects_grow() -> None:
    assert difference(fitted(effect=1.0).from_two_way).p_value < 1e-4
    assert difference(fitted(effect=1.0).from_imputation).p_value > 0.01


def test_imputation_differs_beyond_error_where_units_react_before() -> None:
    apart = difference(fitted(before=2.0).from_imputation)
    assert apart.p_value < 1e-6
    assert apart.difference > 0


def test_the_last_step_is_the_reaction() -> None:
    found = fitted(before=2.0)
    step = last_step(found.found)
    assert not isinstance(step, Refusal)
    assert step.value == pytest.approx(2.0, abs=4 * found.found.std_error(step.gradient))


def test_changes_that_do_not_vary_are_refused() -> None:
    treated = np.tile([0.0, 1.0], 3).tolist() + [0.0] * 6
    outcome = [1.0, 3.0, 2.0, 4.0, 5.0, 7.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0]
    panel = panel_of(np.repeat(np.arange(6), 2).tolist(), [0, 1] * 6, outcome, treated)
    found = fit_staggered(panel)
    assert isinstance(found, Refusal)
    assert found.reason == "zero_variance"
    assert found.detail.startswith("changes of the outcome do not vary within cohorts")


def test_fits_are_equal_on_repeat() -> None:
    one, other = fitted(), fitted()
    assert one.average.value == other.average.value
    assert np.array_equal(one.found.covariance, other.found.covariance)


def test_twenty_panels_with_growing_effects_are_close_to_the_truth() -> None:
    """400 units, 10 periods, cohorts that adopt in the third and sixth with effects that grow by 1 and by .4."""
    errors, covered = [], 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        first = np.sort(rng.choice([2, 5, 10], 400, p=[0.35, 0.35, 0.3]))
        since = np.arange(10) - first[:, None]
        effect = np.where(since >= 0, (1 + since) * np.where(first == 2, 1.0, 0.4)[:, None], 0.0)
        units = drawn(first.tolist(), 10, seed=1000 + seed)
        units.outcome[:] += effect + rng.normal(size=(400, 1))
        fit = fit_cohorts(units, asked="simple")
        assert isinstance(fit, StaggeredFit)
        truth = effect[(since >= 0) & (first < 10)[:, None]].mean()
        error = fit.average.value - truth
        half = fit.found.critical_value(0.05) * fit.found.std_error(fit.average.gradient)
        errors.append(error)
        covered += abs(error) <= half
        assert difference(fit.from_two_way).p_value < 0.05
    assert abs(np.mean(errors)) < 0.06
    assert covered >= 16
