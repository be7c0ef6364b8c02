from __future__ import annotations

import numpy as np

from impact_pipeline.diagnostics.causal.missing_cells import MissingCells
from impact_pipeline_tests.estimators.causal.followed_units import checked, panel, sections


def test_a_whole_panel_passes() -> None:
    found = checked(MissingCells(), panel()).finding
    assert found.passed
    assert found.sentence == "Each of 60 units has a row in each of 8 periods."


def test_cells_missing_at_random_pass_with_their_count() -> None:
    found = checked(MissingCells(), panel(seen=0.9)).finding
    assert found.passed
    assert found.details["missing"] == int(found.details["cells"]) - len(panel(seen=0.9))


def test_units_that_leave_with_the_change_fail() -> None:
    sample = panel()
    gone = (sample.treated > 0) & (sample.unit % 2 == 0) & (sample.period > 5)
    found = checked(MissingCells(), sample.keep(~gone)).finding
    assert found.passed is False
    assert found.consequence == "never_ship"
    assert float(found.details["effect_on_being_seen"]) < -0.3


def test_units_never_seen_again_are_counted_and_not_judged() -> None:
    sample = panel()
    found = checked(MissingCells(), sample.keep((sample.unit < 50) | (sample.period < 5))).finding
    assert found.passed is None
    assert found.details["lost_units"] == 10
    assert "10 units none after the change" in found.sentence


def test_a_tiny_effect_does_no_harm_however_sure() -> None:
    sample = panel(units=1000, treated=500)
    gone = (sample.treated > 0) & (sample.unit % 50 == 0) & (sample.period == 6)
    found = checked(MissingCells(), sample.keep(~gone)).finding
    assert found.passed
    assert np.isclose(float(found.details["effect_on_being_seen"]), -10 / 1500)


def test_rows_without_units_are_not_judged() -> None:
    assert checked(MissingCells(), sections(), estimator="group_means").finding.passed is None
