from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
import statsmodels.api as sm

from impact_pipeline.catalog.designs import CLUSTER
from impact_pipeline.estimators.base import Estimate, NotEstimable, Reason, Result
from impact_pipeline.estimators.study import estimate_study
from impact_pipeline.outcomes.cells import ALL_UNITS, Cells
from impact_pipeline.stats.moments import Moments, merged
from impact_pipeline_tests.small_studies import (
    START,
    Array,
    Group,
    cells,
    mean_metric,
    quantile_metric,
    ratio_metric,
    study,
)

DESIGN = {
    "type": "switchback", "cluster": "region", "block_minutes": 60, "arms": {"control": 0.5, "treatment": 0.5},
    "control": "control",
}  # fmt: skip
FOUND = study(mean_metric(), design=DESIGN)
ARMS = ("control", "treatment")
AFTER = START + timedelta(days=3)


def drawn(rng: np.random.Generator, regions: int = 8, periods: int = 30, effect: float = 40.0) -> tuple[Array, Array]:
    """Outcomes and arms by region and period: regions and hours differ, and a region's shocks last a while."""
    treated = rng.integers(0, 2, (regions, periods))
    noise = rng.normal(0, 30, (regions, periods))
    for period in range(1, periods):
        noise[:, period] += 0.4 * noise[:, period - 1]
    level = rng.normal(500, 100, regions)[:, None] + 80 * np.sin(np.arange(periods) / 4)[None]
    return np.round(level + noise + effect * treated).astype(np.int64), treated


def blocks(y: Array, treated: Array, d: Array | None = None, metric: str = "orders", days: int = 1) -> Cells:
    """Cells by block, and of all blocks of an arm; blocks of later periods fall on later days."""
    groups: list[Group] = []
    for (region, period), value in np.ndenumerate(y):
        under = 0 if d is None else int(d[region, period])
        found = Moments(n=1, y=int(value), yy=int(value) ** 2, d=under, dd=under**2, yd=int(value) * under)
        day = START + timedelta(days=int(period * days // y.shape[1]))
        groups.append(
            Group(ARMS[treated[region, period]], {metric: found}, day, (CLUSTER, f"r{region}@{100 + period}"))
        )
    whole = {(g.arm, g.day): [o.metrics[metric] for o in groups if (o.arm, o.day) == (g.arm, g.day)] for g in groups}
    return cells(*groups, *(Group(arm, {metric: merged(parts)}, day, ALL_UNITS) for (arm, day), parts in whole.items()))


def only(measured: Cells, of: object = FOUND) -> Result:
    [result] = estimate_study(of, measured, AFTER, final=True, plan_digest="sha256:1").results  # type: ignore[arg-type]
    return result


def least_squares(y: Array, treated: Array) -> float:
    """The treatment's coefficient beside a dummy for each region and period."""
    regions, periods = y.shape
    region = np.kron(np.eye(regions), np.ones((periods, 1)))
    period = np.kron(np.ones((regions, 1)), np.eye(periods))[:, 1:]
    design = np.column_stack([treated.ravel(), region, period])
    return float(sm.OLS(y.ravel().astype(float), design).fit().params[0])


def test_the_effect_is_that_of_regions_and_periods_with_levels_of_their_own() -> None:
    y, treated = drawn(np.random.default_rng(1))
    result = only(blocks(y, treated))
    assert isinstance(result, Estimate)
    assert result.value == pytest.approx(least_squares(y, treated), rel=1e-9)
    assert (result.method, result.grade) == ("switchback (region and period effects)", "A")
    assert result.n_per_arm["treatment"] == treated.sum()
    assert result.interval.lower < 40 < result.interval.upper


def test_a_ratio_is_read_block_by_block() -> None:
    rng = np.random.default_rng(2)
    y, treated = drawn(rng)
    d = rng.integers(1, 5, y.shape)
    d[0, 0], y[0, 0] = 0, 0
    result = only(blocks(y * d, treated, d, "click_rate"), study(ratio_metric(), design=DESIGN))
    assert isinstance(result, Estimate)
    assert result.notes == ("1 blocks without events are left out",)
    assert result.value == pytest.approx(least_squares(y, treated), abs=12)


def test_few_regions_are_taken_over_time_and_cost_the_grade() -> None:
    y, treated = drawn(np.random.default_rng(3), regions=2, periods=60)
    result = only(blocks(y, treated))
    assert isinstance(result, Estimate)
    assert result.grade == "B"
    assert result.notes[0].startswith("errors over 60 periods")


def test_one_region_has_no_period_effects() -> None:
    y, treated = drawn(np.random.default_rng(4), regions=1, periods=60)
    result = only(blocks(y, treated))
    assert isinstance(result, Estimate)
    assert result.method == "switchback (region effects)"


def test_looks_count_the_blocks_of_closed_windows() -> None:
    y, treated = drawn(np.random.default_rng(5))
    of = study(mean_metric(), design=DESIGN, days=3)
    found = estimate_study(of, blocks(y, treated, days=3), AFTER, final=True, plan_digest="sha256:1")
    days = {point.as_of: point.value for point in found.trajectory}
    assert days[START] == pytest.approx(least_squares(y[:, :10], treated[:, :10]), rel=1e-9)
    assert days[AFTER] == pytest.approx(least_squares(y, treated), rel=1e-9)


@pytest.mark.parametrize(
    ("regions", "periods", "reason"),
    [(2, 6, Reason.TOO_FEW_CLUSTERS), (1, 8, Reason.TOO_FEW_CLUSTERS)],
)
def test_too_few_regions_and_periods_are_refused(regions: int, periods: int, reason: Reason) -> None:
    result = only(blocks(*drawn(np.random.default_rng(6), regions, periods)))
    assert isinstance(result, NotEstimable)
    assert result.reason is reason


def test_a_block_of_both_arms_is_refused() -> None:
    y, treated = drawn(np.random.default_rng(7))
    measured = blocks(y, treated)
    again = Group(ARMS[1 - treated[0, 0]], {"orders": Moments(1, 5, 25)}, START, (CLUSTER, "r0@100"))
    both = [Group(a, {"orders": measured.moments("orders", a)}) for a in ARMS]
    apart = [
        Group(arm, {"orders": measured.moments("orders", arm, (CLUSTER, name))}, START, (CLUSTER, name))
        for name in measured.clusters()
        for arm in ARMS
        if measured.moments("orders", arm, (CLUSTER, name)).n and (arm, name) != (again.arm, "r0@100")
    ]
    result = only(cells(*both, *apart, again))
    assert isinstance(result, NotEstimable)
    assert (result.reason, result.detail) == (
        Reason.MIXED_CLUSTERS, "1 blocks hold both arms, such as 'r0@100'; mend their log",
    )  # fmt: skip


def test_cells_without_blocks_and_quantiles_are_refused() -> None:
    whole = [Group(arm, {"orders": Moments(3, 5, 25)}) for arm in ARMS]
    result = only(cells(*whole))
    assert isinstance(result, NotEstimable)
    assert (result.reason, result.detail) == (Reason.EMPTY_ARM, "the cells keep no blocks apart")
    quantile = only(cells(*whole), study(quantile_metric("orders"), design=DESIGN))
    assert isinstance(quantile, NotEstimable)
    assert quantile.reason is Reason.NO_ESTIMATOR


def _coverage(trials: int, seed: int, regions: int) -> float:
    rng, held = np.random.default_rng(seed), 0
    for _ in range(trials):
        result = only(blocks(*drawn(rng, regions, 20)))
        assert isinstance(result, Estimate)
        held += result.interval.lower <= 40 <= result.interval.upper
    return held / trials


def test_intervals_hold_the_effect() -> None:
    """120 trials: 0.95 with a Monte-Carlo error of 0.02."""
    assert 0.88 <= _coverage(120, 8, 8) <= 0.995


@pytest.mark.slow
@pytest.mark.parametrize("regions", [6, 8, 16])
def test_coverage_over_many_trials(regions: int) -> None:
    """1500 trials: Monte-Carlo error 0.006."""
    assert _coverage(1500, regions, regions) == pytest.approx(0.95, abs=0.022)
