from __future__ import annotations

import pytest

from impact_pipeline_tests.analysis.commands import answered, at


def test_the_density_counts_elections_without_a_next_vote_and_the_jump_does_not() -> None:
    """Cattaneo, Jansson, Ma (2018), Stata Journal 18: -0.8753 of all 1,390 elections; -0.76 of those with a vote."""
    every, voted = answered("rd_senate_every.yaml"), answered("rd_senate.yaml")
    statistic = "findings/diagnostic=density/details/statistic"
    assert float(at(every, statistic)) == pytest.approx(-0.8753, abs=5e-5)
    assert float(at(voted, statistic)) == pytest.approx(-0.76, abs=5e-3)
    for name in ("value", "lower", "upper"):
        path = f"effects/metric=vote,name=main/{name}"
        assert float(at(every, path)) == pytest.approx(float(at(voted, path)))
