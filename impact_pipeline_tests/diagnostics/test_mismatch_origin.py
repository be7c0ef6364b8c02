from __future__ import annotations

from datetime import timedelta

import pytest
from scipy.stats import chisquare

from impact_pipeline.diagnostics.arm_counts import counted
from impact_pipeline.diagnostics.mismatch_origin import worst_cohort_day, worst_segment_value
from impact_pipeline_tests.small_studies import START, Group, cells, exposed, mean_metric, study

STUDY = study(mean_metric(), days=3)


def both(control: int, treatment: int, day: int = 0, browser: str = "") -> tuple[Group, Group]:
    segment = ("browser", browser) if browser else ("", "")
    on = START + timedelta(days=day)
    return exposed("control", control, on, segment), exposed("treatment", treatment, on, segment)


def test_the_value_least_likely_under_the_plan_is_named_with_its_arm_and_the_others() -> None:
    units = cells(*both(3000, 2700), *both(1000, 1000, browser="chrome"), *both(2000, 1700, browser="safari"))
    found = worst_segment_value(STUDY, units)
    assert found is not None
    assert (found.label, found.arm, found.tried) == ("browser 'safari'", "treatment", 2)
    assert (found.share, found.planned_share) == pytest.approx((1700 / 3700, 0.5))
    assert found.p_value == pytest.approx(2 * chisquare([2000, 1700]).pvalue, rel=1e-9)
    assert found.p_value_of_others == pytest.approx(1.0)


def test_the_day_least_likely_under_the_plan_is_named() -> None:
    units = cells(*both(1000, 1000), *both(1000, 800, 1), *both(1000, 990, 2))
    found = worst_cohort_day(counted(STUDY, units))
    assert found is not None
    assert (found.label, found.tried) == (f"cohort {START + timedelta(days=1)}", 3)
    assert found.p_value_of_others == pytest.approx(chisquare([2000, 1990]).pvalue, rel=1e-9)


def test_nothing_is_named_where_no_part_stands_out_or_one_is_all_there_is() -> None:
    assert worst_cohort_day(counted(STUDY, cells(*both(1000, 1000), *both(1000, 990, 1)))) is None
    assert worst_cohort_day(counted(STUDY, cells(*both(1000, 500)))) is None
    assert worst_segment_value(STUDY, cells(*both(1000, 500))) is None
