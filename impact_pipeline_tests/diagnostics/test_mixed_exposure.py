from __future__ import annotations

import pytest

from impact_pipeline.diagnostics.base import Evidence, Finding
from impact_pipeline.diagnostics.mixed_exposure import MixedExposure
from impact_pipeline_tests.small_studies import START, cells, exposed, mean_metric, study


def checked(units: int, mixed: int) -> Finding:
    found = cells(exposed("control", units - 4000), exposed("treatment", 4000), mixed_units=mixed)
    return MixedExposure().check(study(mean_metric()), Evidence(found, START, {}))


@pytest.mark.parametrize(
    ("mixed", "passed", "threshold", "consequence"),
    [
        (0, True, 0.001, "lower_grade"), (10, True, 0.001, "lower_grade"), (11, False, 0.001, "lower_grade"),
        (100, False, 0.001, "lower_grade"), (101, False, 0.01, "hold"),
    ],
)  # fmt: skip
def test_a_little_is_clean_some_costs_the_grade_and_much_holds(
    mixed: int, passed: bool, threshold: float, consequence: str
) -> None:
    found = checked(10_000 - mixed, mixed)
    assert (found.passed, found.threshold, found.consequence) == (passed, threshold, consequence)


def test_the_sentence_counts_units() -> None:
    found = checked(9980, 20)
    assert found.sentence == "20 of 10,000 units (0.20 %) were seen in more than one arm and are left out."
    assert (found.statistic, found.details) == (0.002, {"mixed_units": 20})


def test_before_any_exposure_there_is_nothing_to_judge() -> None:
    found = MixedExposure().check(study(mean_metric()), Evidence(cells(), START, {}))
    assert (found.passed, found.sentence) == (None, "No unit was exposed yet.")
