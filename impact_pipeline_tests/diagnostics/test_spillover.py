from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from statsmodels.regression.linear_model import WLS

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.spillover import ALPHA, Spillover
from impact_pipeline.diagnostics.study import diagnose
from impact_pipeline_tests.diagnostics.false_alarms import assert_kept, assert_uniform_below_half, tell_rates
from impact_pipeline_tests.small_studies import (
    START,
    Array,
    Group,
    cells,
    mean_metric,
    moments,
    quantile_metric,
    ratio_metric,
    study,
)

SHARES = (0.1, 0.3, 0.5, 0.9)
"""Of the treatment, phase by phase."""


def ramp(*metrics: Metric, shares: Sequence[float] = SHARES, **plan: Any) -> Study:
    phases = [
        {"starts": START + timedelta(days=n), "arms": {"control": 1 - share, "treatment": share}}
        for n, share in enumerate(shares)
    ]
    design = {"type": "staged_rollout", "control": "control", "phases": phases}
    return study(*metrics, design=design, days=len(shares), **plan)


RAMP = ramp(mean_metric())


def control(*phases: Array, metric: str = "orders", d: Sequence[Array] = (), x: Sequence[Array] = ()) -> list[Group]:
    """Control's units, phase by phase; treatment's differ and take no part."""
    days = [START + timedelta(days=n) for n in range(len(phases))]
    own = [
        Group("control", {metric: moments(y, d[n] if d else (), x[n] if x else ())}, days[n])
        for n, y in enumerate(phases)
    ]
    first = next(iter(own[0].metrics.values()))
    blank = moments([1000, 2000], x=np.ones((first.covariates, 2)) if first.covariates else ())
    return [*own, *(Group("treatment", {metric: blank}, day) for day in days)]


def checked(found: Study, *groups: Group) -> Finding:
    return Spillover().check(found, Evidence(cells(*groups), START, {}))


def test_a_control_that_stays_passes() -> None:
    rng = np.random.default_rng(1)
    found = checked(RAMP, *control(*(rng.poisson(5, 2000) for _ in SHARES)))
    assert (found.passed, found.consequence, found.threshold) == (True, "none", ALPHA)
    assert found.sentence.startswith("Control does not move with the treated share: Orders ")
    assert "as the treated share goes from 10 % to 90 % (p = 0." in found.sentence


def test_a_control_that_falls_with_the_share_is_told_and_nothing_is_decided() -> None:
    rng = np.random.default_rng(2)
    found = checked(RAMP, *control(*(rng.poisson(5 - share, 4000) for share in SHARES)))
    assert (found.passed, found.consequence) == (False, "none")
    assert found.sentence.startswith("Control moves with the treated share: Orders falls by 0.")
    assert found.sentence.endswith(
        " Units may influence each other, or a season passed: share and time went up together."
    )
    assert found.details["slope orders"] == pytest.approx(-1.0, abs=0.2)


def test_the_line_is_that_of_weighted_least_squares() -> None:
    rng = np.random.default_rng(3)
    phases = [rng.poisson(5 - share, size) for share, size in zip(SHARES, (900, 400, 100, 50), strict=True)]
    found = checked(RAMP, *control(*phases))
    weights = [len(y) / y.var(ddof=1) for y in phases]
    design = np.column_stack([np.ones(4), SHARES])
    fit = WLS([y.mean() for y in phases], design, weights=weights).fit(cov_type="fixed scale")
    assert found.details["slope orders"] == pytest.approx(fit.params[1], rel=1e-9)
    assert found.statistic == pytest.approx(fit.pvalues[1], rel=1e-9)


def test_a_covariate_takes_out_who_came_in_which_phase() -> None:
    """Later phases bring users who bought less before; each buys as much as before."""
    rng = np.random.default_rng(4)
    before = [rng.poisson(8 - 6 * share, 1000) for share in SHARES]
    after = [rng.poisson(x + 1) for x in before]
    assert checked(RAMP, *control(*after)).passed is False
    adjusted = ramp(mean_metric(covariates=("orders_before",)))
    found = checked(adjusted, *control(*after, d=[np.zeros_like(x) for x in before], x=before))
    assert found.passed is True
    slope = float(found.details["slope orders"])
    assert abs(slope) < 0.3


def test_a_ratio_is_compared_by_the_delta_method() -> None:
    rng = np.random.default_rng(5)
    views = [rng.poisson(10, 3000) + 1 for _ in SHARES]
    clicks = [rng.binomial(d, 0.3 - 0.1 * share) for d, share in zip(views, SHARES, strict=True)]
    found = checked(ramp(ratio_metric()), *control(*clicks, metric="click_rate", d=views))
    assert found.passed is False
    assert found.details["slope click_rate"] == pytest.approx(-0.1, abs=0.02)


def test_holm_corrects_over_success_metrics_alone() -> None:
    rng = np.random.default_rng(6)
    two = ramp(
        mean_metric(), mean_metric("revenue"), mean_metric("visits"),
        uses=[{"metric": "orders", "role": "success"}, {"metric": "revenue", "role": "success"},
              {"metric": "visits", "role": "exploratory"}],
    )  # fmt: skip
    drawn = {name: [rng.poisson(5, 500) for _ in SHARES] for name in ("orders", "revenue", "visits")}
    days = [START + timedelta(days=n) for n in range(4)]
    groups = [Group("control", {m: moments(y[n]) for m, y in drawn.items()}, day) for n, day in enumerate(days)]
    found = checked(two, *groups)
    p = [float(found.details[f"p_value {name}"]) for name in ("orders", "revenue")]
    assert found.statistic == pytest.approx(min(1.0, 2 * min(p)), rel=1e-12)
    assert "p_value visits" not in found.details


def poisson(*units: int) -> list[Array]:
    rng = np.random.default_rng(7)
    return [rng.poisson(5, n) for n in units]


@pytest.mark.parametrize(
    ("found", "groups"),
    [
        (RAMP, []),
        (RAMP, control(*poisson(500))),
        (RAMP, control(*poisson(500, 29))),
        (ramp(mean_metric(), shares=(0.5, 0.5)), control(*poisson(500, 500))),
        (ramp(mean_metric(), shares=(0.5, 1.0)), control(*poisson(500, 500))),
        (ramp(quantile_metric("orders")), control(*poisson(500, 500))),
        (RAMP, control(np.full(50, 3), np.full(50, 4))),
    ],
    ids=["nobody", "one phase", "few units", "one share", "no control left", "a quantile", "no spread"],
)
def test_where_phases_cannot_be_compared_nothing_is_judged(found: Study, groups: list[Group]) -> None:
    result = checked(found, *groups)
    told = "Control cannot be compared over phases with different shares yet."
    assert (result.passed, result.statistic, result.sentence) == (None, None, told)


def test_a_design_without_phases_is_not_asked() -> None:
    (found,) = diagnose(study(mean_metric()), Evidence(cells(), START, {}), [Spillover()])
    assert (found.passed, found.sentence) == (None, "Not asked of a randomized design.")


def p_values(rng: np.random.Generator, draws: int) -> Array:
    """Of ramps in which units do not influence each other; the covariate explains half of the outcome."""
    adjusted = ramp(mean_metric(covariates=("orders_before",)))
    p = []
    for _ in range(draws):
        before = [rng.poisson(5, size) for size in (900, 700, 500, 100)]
        after = [x + rng.poisson(5, len(x)) for x in before]
        statistic = checked(adjusted, *control(*after, d=[np.zeros_like(x) for x in before], x=before)).statistic
        assert statistic is not None
        p.append(statistic)
    return np.array(p)


def test_sound_ramps_fail_no_more_often_than_promised() -> None:
    p = p_values(np.random.default_rng(8), 400)
    assert_kept(p, 0.05, ALPHA)
    assert_uniform_below_half(p)


@pytest.mark.slow
def test_rates_of_failures_of_sound_ramps(capsys: pytest.CaptureFixture[str]) -> None:
    p = p_values(np.random.default_rng(9), 10_000)
    tell_rates(capsys, {"sound ramps": p}, (0.05, ALPHA, 0.001))
