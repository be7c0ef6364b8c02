from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.small_cohorts import SmallCohorts
from impact_pipeline_tests.estimators.causal.adopters import PERIODS, answered, asked, panel


def found(first: list[int], **given: Any) -> Finding:
    question = asked(panel(np.array(first), **given), aggregation="simple")
    return SmallCohorts().check(question, answered(question)).finding


def test_cohorts_of_five_units_pass() -> None:
    finding = found([2] * 5 + [4] * 5 + [6] * 5)
    assert (finding.passed, finding.statistic, finding.details["smallest"]) == (True, 0.0, 5)


def test_a_small_cohort_of_little_weight_passes() -> None:
    finding = found([2] * 2 + [4] * 40 + [6] * 40)
    assert finding.passed is True
    assert finding.statistic == pytest.approx(2 * 4 / (2 * 4 + 40 * 2))


@pytest.mark.parametrize("first", [[2] * 3 + [4] * 4 + [6] * 40, [2] * 40 + [6] * 4])
def test_an_effect_that_rests_on_small_cohorts_fails(first: list[int]) -> None:
    finding = found(first)
    assert (finding.passed, finding.consequence) == (False, "never_ship")
    assert finding.statistic == pytest.approx(1.0)


def test_clusters_count_not_their_units() -> None:
    regions = np.repeat(np.arange(60) // 15, PERIODS).tolist()
    finding = found([2] * 30 + [6] * 30, cluster=regions)
    assert (finding.passed, finding.details["smallest"]) == (False, 2)


def test_intervals_on_small_cohorts_cover_too_rarely() -> None:
    """What the limit is for: two units in each cohort, one interval in ten and more misses."""
    covered = 0
    for seed in range(200):
        main = answered(asked(panel([2, 2, 4, 4] + [6] * 40, effect=0.0, seed=seed))).main
        covered += main.lower <= 0 <= main.upper  # type: ignore[union-attr]
    assert covered / 200 < 0.9
