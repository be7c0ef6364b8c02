from __future__ import annotations

import pytest

from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.unassigned_exposure import UnassignedExposure
from impact_pipeline_tests.small_studies import START, cells, exposed, mean_metric, study


def checked(units: int, unassigned: int | None) -> Finding:
    both = cells(exposed("control", units // 2), exposed("treatment", units - units // 2)) if units else cells()
    evidence = Evidence(both, START, {}, {"exposed": both, "assigned": both}, unassigned)
    return UnassignedExposure().check(study(mean_metric()), evidence)


@pytest.mark.parametrize(
    ("unassigned", "passed", "consequence"),
    [(0, True, "lower_grade"), (10, True, "lower_grade"), (11, False, "lower_grade"), (101, False, "hold")],
)
def test_a_little_is_clean_some_costs_the_grade_and_much_holds(unassigned: int, passed: bool, consequence: str) -> None:
    found = checked(10_000, unassigned)
    assert (found.passed, found.consequence) == (passed, consequence)
    share = f"{unassigned} of 10,000 exposed units ({unassigned / 100:.2f} %)"
    assert found.sentence == f"{share} had not been assigned to the arm that they met."


def test_nothing_is_asked_of_one_place_or_of_nobody() -> None:
    assert checked(100, None).sentence == "The plan assigns and exposes units in one place."
    assert checked(0, 0).sentence == "No unit was exposed yet."
