"""Event studies against means by period, statsmodels' dummies, diff-diff, and a published study."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from impact_pipeline.stats.difference_in_differences.event_study import EventStudy, event_study
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import panel_of
from impact_pipeline_tests.stats.difference_in_differences.drawn_panels import drawn, dummies, rows_of

DATA = Path(__file__).parents[2] / "analysis" / "data"
CLOSE = 1e-8


def _study(*args: object, **given: object) -> EventStudy:
    found = event_study(*args, **given)  # type: ignore[arg-type]
    assert isinstance(found, EventStudy), found
    return found


def test_balanced_effects_are_differences_from_the_reference() -> None:
    panel = drawn()
    gap = panel.matrix(panel.outcome)[:8].mean(axis=0) - panel.matrix(panel.outcome)[8:].mean(axis=0)
    found = _study(rows_of(panel), "CR1")
    assert found.times == (-3, -2, 0, 1, 2)
    assert found.values == pytest.approx((gap - gap[2])[[0, 1, 3, 4, 5]], abs=CLOSE)


def test_any_reference_shifts_all_effects_alike() -> None:
    rows = rows_of(drawn(seen=0.8))
    near, far = _study(rows, "CR1"), _study(rows, "CR1", reference=-3)
    apart = dict(zip(near.times, near.values, strict=True))
    for time, value in zip(far.times, far.values, strict=True):
        assert value == pytest.approx(apart.get(time, 0.0) - apart[-3], abs=CLOSE)


def test_ends_are_binned() -> None:
    panel = drawn(units=30, periods=10, start=5)
    found = _study(rows_of(panel), "CR1", leads=3, lags=2)
    assert found.times == (-3, -2, 0, 1, 2)
    assert found.binned == (True, True)
    gap = panel.matrix(panel.outcome)[:8].mean(axis=0) - panel.matrix(panel.outcome)[8:].mean(axis=0)
    assert found.values[-1] == pytest.approx(gap[7:].mean() - gap[4], abs=CLOSE)
    assert found.values[0] == pytest.approx(gap[:3].mean() - gap[4], abs=CLOSE)


def test_cr1_is_statsmodels_where_all_effects_count() -> None:
    import statsmodels.api as sm

    panel = drawn(seen=0.9, weighted=True)
    found = _study(rows_of(panel), "CR1")
    every = dummies(panel)[:, :-1]
    since = panel.period - 3
    events = np.column_stack([(panel.unit < 8) & (since == k) for k in found.times]).astype(float)
    theirs = sm.WLS(panel.outcome, np.column_stack([events, every]), weights=panel.weights).fit(
        cov_type="cluster", cov_kwds={"groups": panel.unit}
    )
    k = len(found.times)
    factor = theirs.df_resid / (theirs.df_resid + len(panel.units) - 1)
    assert found.values == pytest.approx(theirs.params[:k], abs=CLOSE)
    assert found.covariance == pytest.approx(theirs.cov_params()[:k, :k] * factor, abs=CLOSE)


def test_effects_and_cr1_are_diff_diffs() -> None:
    from diff_diff import TwoWayFixedEffects

    panel = drawn(units=40, treated=15)
    frame = pd.DataFrame({
        "y": panel.outcome, "unit": panel.unit, "period": panel.period, "ever": (panel.unit < 15).astype(int)
    })  # fmt: skip
    theirs = TwoWayFixedEffects(cluster="unit").fit(
        frame, outcome="y", treatment="ever", time="period", unit="unit", event_study=True, post_periods=[3, 4, 5],
        reference_period=2,
    )  # fmt: skip
    found, others = _study(rows_of(panel), "CR1"), ~theirs.is_reference
    assert found.values == pytest.approx(theirs.att[others], abs=CLOSE)
    assert found.std_errors == pytest.approx(theirs.se[others], abs=CLOSE)


def test_band_is_wider_than_one_interval_and_narrower_than_bonferroni() -> None:
    from scipy.stats import t

    found = _study(rows_of(drawn(units=60, treated=30)), "CR1")
    band = found.band(0.05, np.random.default_rng(0))
    assert t.ppf(0.975, 59) < band < t.ppf(1 - 0.025 / 5, 59)


def test_band_covers_all_leads_at_once() -> None:
    missed = 0
    for seed in range(200):
        found = _study(rows_of(drawn(seed, units=50, treated=25, effect=0.0)), "CR1")
        band = found.band(0.05, np.random.default_rng(seed))
        missed += bool((np.abs(found.values) > band * found.std_errors).any())
    assert 2 <= missed <= 20
    "200 draws at 5 %: three standard errors either side of 10"


def test_a_reference_that_nobody_was_seen_in_is_refused() -> None:
    panel = drawn()
    found = event_study(rows_of(panel.keep((panel.unit >= 8) | (panel.period != 2))), "CR1")
    assert isinstance(found, Refusal)
    assert found.reason == "not_identified"
    assert "1 periods before" in found.detail


def test_everybody_treated_in_turns_is_refused() -> None:
    unit, period = np.repeat(np.arange(12), 6), np.tile(np.arange(6), 12)
    starts = np.where(np.arange(12) < 6, 2, 4)
    outcome = np.random.default_rng(0).normal(size=72)
    found = event_study(rows_of(panel_of(unit, period, outcome, period >= starts[unit])), "CR1")
    assert isinstance(found, Refusal)
    assert found.reason == "collinear"


def test_weights_and_groups_of_periods_reproduce_the_castle_panel() -> None:
    """`analysis` runs the published table; here the panel's event study is finite at all times it has."""
    with gzip.open(DATA / "did_castle.csv.gz", "rt", encoding="utf-8") as table:
        read = list(csv.DictReader(table))
    panel = panel_of(
        [row["state"] for row in read], [int(row["year"]) for row in read],
        [float(row["l_homicide"]) for row in read], [float(row["cdl"]) for row in read],
        weights=np.array([float(row["popwt"]) for row in read]),
    )  # fmt: skip
    found = _study(rows_of(panel), "auto")
    assert found.times[0] == -9
    assert np.isfinite(found.values).all()
    assert (found.std_errors > 0).all()
