from __future__ import annotations

from dataclasses import replace

import numpy as np

from impact_pipeline.diagnostics.causal.common_start import CommonStart
from impact_pipeline_tests.estimators.causal.followed_units import checked, panel, sections


def test_one_start_passes_with_its_period() -> None:
    found = checked(CommonStart(), panel()).finding
    assert found.passed
    assert found.sentence == "All treated units start in period 5."
    assert found.details == {"units from 5": 30}


def test_two_starts_fail_and_name_the_other_design() -> None:
    sample = panel()
    later = np.where((sample.unit < 10) & (sample.period < 7), 0.0, sample.treated)
    found = checked(CommonStart(), replace(sample, treated=later)).finding
    assert found.passed is False
    assert found.consequence == "never_ship"
    assert "2 different periods, from 5 to 7" in found.sentence
    assert "staggered_adoption" in found.sentence


def test_a_missing_first_cell_is_no_other_start() -> None:
    sample = panel()
    found = checked(CommonStart(), sample.keep(~((sample.unit == 3) & (sample.period == 5)))).finding
    assert found.passed


def test_rows_without_periods_or_treated_units_are_not_judged() -> None:
    assert checked(CommonStart(), sections(), estimator="group_means").finding.passed is None
    assert checked(CommonStart(), replace(panel(), treated=np.zeros(480))).finding.passed is None
