"""Bounds on trends against HonestDiD for R: its own example, and sets by brute force."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog, minimize

from impact_pipeline.stats.difference_in_differences.event_path import EventPath, event_path
from impact_pipeline.stats.difference_in_differences.event_study import EventStudy, event_study
from impact_pipeline.stats.difference_in_differences.relative_magnitudes import (
    MOST,
    _inequalities,
    breakdown_multiple,
    robust_interval,
)
from impact_pipeline.stats.difference_in_differences.smoothness import breakdown_bend, lasso_path, smooth_interval
from impact_pipeline_tests.stats.difference_in_differences.drawn_panels import drawn, rows_of

REFERENCE = json.loads((Path(__file__).parent / "data" / "benzarti_carloni.json").read_text())
LIKE_CONDITIONAL = 2e-3
"""R's conditional test has no first step; the hybrid's moves bounds by up to that (a tenth of a standard error)."""
SIMULATED = 1e-3
"""R simulates its critical values and searches a grid."""
BEFORE = 4


def _path(target: str) -> EventPath:
    values, covariance = np.array(REFERENCE["values"]), np.array(REFERENCE["covariance"])
    weights = np.eye(4)[0] if target == "first" else np.full(4, 0.25)
    return EventPath(values[:BEFORE], values[BEFORE:], covariance, weights)


@pytest.mark.parametrize(
    "case", REFERENCE["relative_magnitudes"], ids=lambda case: f"{case['target']} {case['multiple']}"
)
def test_robust_interval_is_that_of_r(case: dict[str, float | str]) -> None:
    found = robust_interval(_path(str(case["target"])), float(case["multiple"]), 0.05)
    tolerance = SIMULATED if case["method"] == "C-LF" else LIKE_CONDITIONAL
    assert found == pytest.approx((case["lower"], case["upper"]), abs=tolerance)


@pytest.mark.parametrize("case", REFERENCE["smoothness"], ids=lambda case: f"{case['target']} {case['bend']}")
def test_smooth_interval_is_that_of_r(case: dict[str, float | str]) -> None:
    found = smooth_interval(_path(str(case["target"])), float(case["bend"]), 0.05)
    shorter = found.upper - found.lower <= float(case["upper"]) - float(case["lower"]) + SIMULATED
    assert shorter
    assert (found.lower, found.upper) == pytest.approx((case["lower"], case["upper"]), abs=2 * SIMULATED)


@pytest.mark.parametrize("bend", [0.0, 0.005, 0.02, 0.1])
def test_smooth_interval_is_diff_diffs(bend: float) -> None:
    from diff_diff.honest_did import _flci_solve

    path = _path("average")
    lower, upper, _ = _flci_solve(path.before, path.after, path.covariance, path.target, 4, 4, bend)
    found = smooth_interval(path, bend, 0.05)
    assert (found.lower, found.upper) == pytest.approx((lower, upper), abs=SIMULATED)


def test_smooth_interval_is_no_longer_than_any_other_weights_give() -> None:
    """Worst bias by linear programming over violations with bounded bends, half-length by a general optimiser."""
    path, bend = _path("average"), 0.02
    periods = np.concatenate([np.arange(-BEFORE, 0), np.arange(1, 5)])
    found = smooth_interval(path, bend, 0.05)

    def half_length(before: np.ndarray) -> float:  # type: ignore[type-arg]
        weights = np.concatenate([before, path.target])
        levels = np.insert(np.eye(8), BEFORE, 0.0, axis=0)
        bends = np.diff(levels, n=2, axis=0)
        worst = linprog(-weights, A_ub=np.vstack([bends, -bends]), b_ub=np.full(14, bend), bounds=(None, None))
        if worst.status != 0:
            return 1e3
        error = np.sqrt(weights @ path.covariance @ weights)
        from scipy.stats import ncx2

        return float(error * np.sqrt(ncx2.ppf(0.95, 1, (-worst.fun / error) ** 2)))

    line = float(path.target @ periods[BEFORE:])

    def from_free(free: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        """Weights before that take a line off: the last is what the others leave."""
        return np.append(free, line + float(free @ periods[: BEFORE - 1]))

    best = minimize(
        lambda free: half_length(from_free(free)), np.zeros(3), method="Nelder-Mead", options={"maxiter": 600}
    )
    assert (found.upper - found.lower) / 2 == pytest.approx(best.fun, rel=2e-3)


@pytest.mark.parametrize("target", ["first", "average"])
def test_combinations_of_inequalities_are_all_there_are(target: str) -> None:
    """Their largest value is the dual linear programme's of Andrews, Roth and Pakes, whatever the target's value."""
    path, multiple = _path(target), 0.7
    ours = _inequalities(path, multiple, 0.05)
    after = path.changes[BEFORE:]
    largest = np.concatenate([path.changes[:BEFORE], -path.changes[:BEFORE]])
    sums = np.cumsum(path.target[::-1])[::-1]
    for side, row in enumerate(largest):
        bounds = np.vstack([after, -after]) - multiple * row
        errors = np.sqrt(np.einsum("ij,jk,ik->i", bounds, path.covariance, bounds))
        moves = np.vstack([np.eye(4), -np.eye(4)])
        for value in (-0.1, 0.2, 0.5):
            # the smallest h with `bounds b - moves u <= h errors` for some u with `sums u = value`
            solved = linprog(
                np.append(np.zeros(4), 1.0), A_ub=np.column_stack([-moves, -errors]), b_ub=-(bounds @ path.values),
                A_eq=np.append(sums, 0.0)[None, :], b_eq=[value], bounds=(None, None),
            )  # fmt: skip
            found = float((ours.values[side] - ours.slopes[side] * value).max())
            assert found == pytest.approx(solved.fun, abs=1e-8)


def test_bounds_are_where_the_largest_statistic_is_exceeded_as_rarely_as_said() -> None:
    ours = _inequalities(_path("average"), 0.7, 0.05)
    rng = np.random.default_rng(0)
    for covariance, bound in zip(ours.covariance, ours.bounds, strict=True):
        values, vectors = np.linalg.eigh(covariance)
        drawn_ = rng.standard_normal((40_000, len(values))) @ (vectors * np.sqrt(np.maximum(values, 0))).T
        assert np.mean(drawn_.max(axis=1) > bound) == pytest.approx(0.005, abs=0.0015)


def test_breakdown_values_are_where_intervals_reach_zero() -> None:
    path = _path("average")
    multiple, bend = breakdown_multiple(path, 0.05), breakdown_bend(path, 0.05)
    assert robust_interval(path, multiple, 0.05)[0] > -1e-3
    assert robust_interval(path, multiple + 0.02, 0.05)[0] < 1e-3
    assert smooth_interval(path, bend, 0.05).lower == pytest.approx(0, abs=1e-3)


def test_breakdown_of_nothing_is_zero_and_of_much_is_capped() -> None:
    spread = np.diag([0.01, 0.01])
    assert breakdown_multiple(EventPath(np.zeros(1), np.array([0.1]), spread, np.ones(1)), 0.05) == 0
    assert breakdown_multiple(EventPath(np.zeros(1), np.array([90.0]), spread, np.ones(1)), 0.05) == MOST
    assert breakdown_bend(EventPath(np.array([-3.0]), np.array([3.0]), spread, np.ones(1)), 0.05) == 0


def test_an_effect_against_its_side_is_not_kept_by_taking_a_line_off() -> None:
    path = EventPath(np.array([-5.0]), np.array([3.0]), np.diag([0.01, 0.01]), np.ones(1))
    assert smooth_interval(path, 0.0, 0.05).upper < 0
    assert breakdown_bend(path, 0.05) == 0


def test_lasso_path_is_scikit_learns() -> None:
    from sklearn.linear_model import lars_path

    rng = np.random.default_rng(0)
    columns, y = rng.normal(size=(30, 5)) @ rng.normal(size=(5, 5)), rng.normal(size=30)
    _, _, theirs = lars_path(columns, y, method="lasso")
    ours = np.stack(lasso_path(columns.T @ columns, -columns.T @ y)).T
    assert ours == pytest.approx(theirs, abs=1e-8)


def test_event_path_leaves_out_a_lead_of_several_periods() -> None:
    study = event_study(rows_of(drawn(periods=8, start=4)), "CR1", leads=2)
    assert isinstance(study, EventStudy)
    assert study.times == (-2, 0, 1, 2, 3)
    assert study.binned[0]
    assert event_path(study) is None


def test_event_path_weighs_effects_by_treated_rows() -> None:
    panel = drawn(periods=6, start=3)
    study = event_study(rows_of(panel.keep(~((panel.unit < 4) & (panel.period == 5)))), "CR1")
    assert isinstance(study, EventStudy)
    path = event_path(study)
    assert path is not None
    assert path.target == pytest.approx(np.array([8, 8, 4]) / 20)


@pytest.mark.slow
@pytest.mark.parametrize("multiple", [0.5, 1.0])
def test_robust_interval_covers_under_the_worst_violation_allowed(multiple: float) -> None:
    """Violations step up by 1 once before, and by the multiple in each period after."""
    rng, covariance = np.random.default_rng(0), 0.05 * (np.eye(6) + 0.5)
    violation = np.array([-1.0, 0.0, 0.0, *(multiple * np.arange(1, 4))])
    covered = []
    for _ in range(400):
        values = rng.multivariate_normal(violation + np.repeat([0.0, 2.0], 3), covariance)
        lower, upper = robust_interval(EventPath(values[:3], values[3:], covariance, np.full(3, 1 / 3)), multiple, 0.05)
        covered.append(lower <= 2.0 <= upper)
    assert np.mean(covered) >= 0.93
