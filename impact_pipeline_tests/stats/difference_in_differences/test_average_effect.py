"""The average effect against differences of means, diff-diff, and planted truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from impact_pipeline.stats.difference_in_differences.average_effect import AverageEffect, Errors, average_effect
from impact_pipeline.stats.difference_in_differences.panel_regression import ErrorsName
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline_tests.stats.difference_in_differences.drawn_panels import drawn, rows_of

CLOSE = 1e-9
COVERED = (0.90, 0.99)
"""Of 300 draws at 95 %: four standard errors of the share either side."""


def _effect(panel: Panel, errors: Errors = "auto", seed: int = 0, **given: int) -> AverageEffect:
    found = average_effect(rows_of(panel), errors, 0.05, np.random.default_rng(seed), **given)
    assert isinstance(found, AverageEffect), found
    return found


def test_balanced_effect_is_the_difference_of_changes_of_means() -> None:
    panel = drawn()
    y = panel.matrix(panel.outcome)
    expected = (y[:8, 3:].mean() - y[:8, :3].mean()) - (y[8:, 3:].mean() - y[8:, :3].mean())
    found = _effect(panel)
    assert found.inferred.value == pytest.approx(expected, abs=CLOSE)
    assert found.treated_mean == pytest.approx(y[:8, 3:].mean(), abs=CLOSE)


def test_value_and_cr1_are_diff_diffs() -> None:
    """diff-diff has one effect of all periods after, and so counts fewer effects of time: else it is the same."""
    from diff_diff import TwoWayFixedEffects

    panel = drawn(units=40, treated=15)
    frame = pd.DataFrame({
        "y": panel.outcome, "unit": panel.unit, "post": (panel.period >= 3).astype(int),
        "ever": (panel.unit < 15).astype(int),
    })  # fmt: skip
    theirs = TwoWayFixedEffects(cluster="unit").fit(frame, outcome="y", treatment="ever", post="post", unit="unit")
    ours, rows, periods = _effect(panel, "CR1").inferred, len(panel), 6
    assert ours.value == pytest.approx(theirs.att, abs=1e-8)
    counted = np.sqrt((rows - 1 - periods) / (rows - 1 - 2))
    assert ours.std_error * counted == pytest.approx(theirs.se, abs=1e-8)


def test_intervals_and_p_values_agree_at_the_level() -> None:
    names: tuple[ErrorsName, ...] = ("classical", "HC1", "CR1", "CR2", "wild_bootstrap")
    for name in names:
        found = _effect(drawn(seed=4, effect=0.5), name).inferred
        assert (found.lower <= 0 <= found.upper) == (found.p_value > 0.05)
        assert found.lower < found.value < found.upper


def test_few_clusters_get_satterthwaites_degrees_of_freedom() -> None:
    found = _effect(drawn(units=12, treated=3))
    assert found.fit.errors == "CR2"
    degrees = found.inferred.degrees_of_freedom
    assert degrees is not None
    assert 2 < degrees < 5


def test_anticipated_periods_of_the_treated_are_left_out() -> None:
    panel = drawn(effect=0.0)
    dipped = panel.outcome - 50.0 * ((panel.unit < 8) & (panel.period == 2))
    moved = Panel(panel.units, panel.periods, panel.unit, panel.period, dipped, panel.treated)
    assert _effect(moved).inferred.value > 10
    assert abs(_effect(moved, anticipation=1).inferred.value) < 1


def test_fractional_treatment_is_the_effect_of_a_whole_period() -> None:
    panel = drawn(effect=0.0)
    treated = np.where(panel.period == 3, 0.25, 1.0) * panel.treated
    outcome = panel.unit + 2.0 * panel.period + 4 * treated + 1e-3 * panel.outcome
    found = _effect(Panel(panel.units, panel.periods, panel.unit, panel.period, outcome, treated))
    assert found.inferred.value == pytest.approx(4.0, abs=0.01)
    assert found.treated_mean is None


@pytest.mark.parametrize(
    ("panel", "errors", "reason"),
    [
        (drawn(treated=1), "auto", "too_few_clusters"),
        (drawn(treated=19), "auto", "too_few_clusters"),
        (drawn(treated=1), "CR2", "too_few_clusters"),
        (drawn(treated=1), "wild_bootstrap", "too_few_clusters"),
        (drawn(clusters=1), "CR1", "too_few_clusters"),
    ],
)
def test_average_effect_refuses_what_clusters_cannot_tell(panel: Panel, errors: Errors, reason: str) -> None:
    found = average_effect(rows_of(panel), errors, 0.05, np.random.default_rng(0))
    assert isinstance(found, Refusal)
    assert found.reason == reason


def test_units_that_change_their_cluster_have_no_cr2() -> None:
    panel = drawn(clusters=5)
    assert panel.cluster is not None
    panel.cluster[:3] = (panel.cluster[:3] + 1) % 5
    found = average_effect(rows_of(panel), "CR2", 0.05, np.random.default_rng(0))
    assert isinstance(found, Refusal)
    assert found.reason == "mixed_clusters"


@pytest.mark.parametrize(("errors", "units", "treated"), [("CR1", 60, 20), ("CR2", 12, 4)])
def test_intervals_cover_the_planted_effect(errors: Errors, units: int, treated: int) -> None:
    found = [_effect(drawn(seed, units=units, treated=treated), errors).inferred for seed in range(300)]
    covered = np.mean([one.lower <= 1.0 <= one.upper for one in found])
    assert COVERED[0] <= covered <= COVERED[1]
    assert np.mean([one.value for one in found]) == pytest.approx(1.0, abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("errors", ["CR2", "wild_bootstrap"])
def test_few_clusters_are_covered_by_both_small_sample_errors(errors: Errors) -> None:
    found = [_effect(drawn(seed, units=14, treated=6), errors).inferred for seed in range(600)]
    assert 0.92 <= np.mean([one.lower <= 1.0 <= one.upper for one in found]) <= 0.98


def test_wild_bootstrap_is_equal_on_repeat() -> None:
    assert _effect(drawn(), "wild_bootstrap").inferred == _effect(drawn(), "wild_bootstrap").inferred
