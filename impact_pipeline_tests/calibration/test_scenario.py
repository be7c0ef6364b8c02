"""What a scenario says of itself."""

from __future__ import annotations

from impact_pipeline_tests.calibration.made_up import scenario


def test_assumptions_hold_unless_it_says_how_they_are_broken() -> None:
    assert scenario().holds
    assert not scenario(broken="a trend of its own").holds
