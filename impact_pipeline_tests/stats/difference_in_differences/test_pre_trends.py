"""The joint test of leads against its formula, its size, and the power that it claims (Roth 2022)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import f, ncx2, norm

from impact_pipeline.stats.difference_in_differences.event_study import EventStudy, event_study
from impact_pipeline.stats.difference_in_differences.pre_trends import PreTrends, noncentrality, pre_trends
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline_tests.stats.difference_in_differences.drawn_panels import drawn, rows_of


def _study(panel: Panel, errors: str = "CR1", **given: int) -> EventStudy:
    found = event_study(rows_of(panel), errors, **given)  # type: ignore[arg-type]
    assert isinstance(found, EventStudy), found
    return found


def _test(panel: Panel, errors: str = "CR1") -> PreTrends:
    found = pre_trends(_study(panel, errors), 0.05)
    assert found is not None
    return found


def test_p_value_is_hotellings() -> None:
    study = _study(drawn(periods=8, start=5, units=30, treated=12))
    found = pre_trends(study, 0.05)
    assert found is not None
    q, degrees = 4, 29
    leads, spread = study.values[:q], study.covariance[:q, :q]
    statistic = float(leads @ np.linalg.inv(spread) @ leads)
    rest = degrees - q + 1
    assert (found.leads, found.statistic) == pytest.approx((q, statistic))
    assert found.p_value == pytest.approx(f.sf(statistic * rest / (degrees * q), q, rest))


def test_one_lead_is_the_t_test() -> None:
    study = _study(drawn(periods=5, start=2))
    found = pre_trends(study, 0.05)
    assert found is not None
    inferred = study.fit.combination(np.array([1.0]), 0.05, np.random.default_rng(0))
    assert found.p_value == pytest.approx(inferred.p_value)  # type: ignore[union-attr]


def test_detectable_slope_of_one_lead_is_the_textbooks() -> None:
    """With one lead and many clusters: `(z_0.975 + z_0.8) standard errors` per period, up to the far tail."""
    study = _study(drawn(units=3000, treated=1500, periods=4, start=2))
    found = pre_trends(study, 0.05)
    assert found is not None
    assert found.slope == pytest.approx((norm.ppf(0.975) + norm.ppf(0.8)) * study.std_errors[0], rel=2e-3)


@pytest.mark.parametrize("q", [1, 3, 8])
def test_noncentrality_gives_the_power_of_a_chi_square(q: int) -> None:
    bound = ncx2.ppf(0.95, q, 0)
    assert ncx2.sf(bound, q, noncentrality(q, 1e8, 0.05)) == pytest.approx(0.8, abs=1e-4)


@pytest.mark.parametrize(("errors", "units", "treated"), [("CR1", 80, 40), ("CR2", 24, 10)])
def test_size_is_near_the_level(errors: str, units: int, treated: int) -> None:
    found = [_test(drawn(seed, units=units, treated=treated), errors).p_value < 0.05 for seed in range(300)]
    assert 0.01 <= np.mean(found) <= 0.095


def test_a_trend_of_the_detectable_slope_is_found_in_four_of_five() -> None:
    slope = float(np.mean([_test(drawn(seed, units=80, treated=40)).slope for seed in range(20)]))
    found = []
    for seed in range(200):
        panel = drawn(seed, units=80, treated=40)
        trend = slope * panel.period * (panel.unit < 40)
        found.append(_test(replace(panel, outcome=panel.outcome + trend)).p_value < 0.05)
    assert 0.70 <= np.mean(found) <= 0.90


def test_without_leads_or_with_too_few_clusters_there_is_no_test() -> None:
    assert pre_trends(_study(drawn(periods=3, start=1)), 0.05) is None
    assert pre_trends(_study(drawn(units=6, treated=3, periods=9, start=7), "CR2"), 0.05) is None


def test_anticipated_periods_are_no_leads() -> None:
    study = _study(drawn(periods=7, start=4), reference=-2, anticipation=1)
    assert [study.times[place] for place in study.leads] == [-4, -3]
