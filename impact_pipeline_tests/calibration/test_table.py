"""What trials add up to, and how they are judged."""

from __future__ import annotations

from typing import Any

import pytest

from impact_pipeline.calibration.table import row_of
from impact_pipeline_tests.calibration.made_up import scenario, trial


def test_shares_and_means_are_counted() -> None:
    trials = [
        trial(),
        trial(value=0.9),
        trial(value=None, lower=None, upper=None, p_value=None, grade=None, caught=True),
    ]
    row = row_of(scenario(), trials)
    assert (row.draws, row.truth, row.coverage) == (3, 1.0, 1.0)
    assert (row.bias, row.bias_error) == pytest.approx((0.0, 0.1))
    assert (row.rejects, row.refused, row.caught) == pytest.approx((2 / 3, 1 / 3, 1 / 3))


def test_false_alarms_are_named_with_their_share() -> None:
    trials = [trial(failed=("overlap", "balance")), trial(failed=("balance",)), trial(), trial()]
    assert row_of(scenario(), trials).alarms == "balance 50%, overlap 25%"


@pytest.mark.parametrize(
    ("covered", "draws", "judgement"),
    [
        (380, 400, "as promised"),
        (300, 400, "off"),
        (364, 400, "too few draws to tell"),
        (20, 20, "too few draws to tell"),
    ],
)
def test_coverage_is_judged_beyond_chance(covered: int, draws: int, judgement: str) -> None:
    trials = [trial()] * covered + [trial(lower=1.05)] * (draws - covered)
    assert row_of(scenario(), trials).judgement == judgement


@pytest.mark.parametrize(("caught", "judgement"), [(95, "as promised"), (60, "off")])
def test_broken_assumptions_have_to_be_caught(caught: int, judgement: str) -> None:
    trials = [trial(caught=True)] * caught + [trial()] * (100 - caught)
    row = row_of(scenario(broken="a trend of its own", expects=("pre_trends",)), trials)
    assert (row.judgement, row.told) == (judgement, f"caught in {caught}% of draws, 90% are promised")


def test_a_scenario_that_never_has_a_number_is_off() -> None:
    nothing: dict[str, Any] = {"value": None, "lower": None, "upper": None, "p_value": None, "grade": None}
    row = row_of(scenario(), [trial(**nothing)])
    assert (row.judgement, row.coverage, row.bias) == ("off", None, None)


@pytest.mark.parametrize(("misled", "judgement"), [(4, "as promised"), (20, "off")])
def test_confident_false_claims_are_off_however_much_is_caught(misled: int, judgement: str) -> None:
    """A draw may be caught by one check and still be told with a grade that ships, if that check costs none."""
    trials = [trial(truth=0.0, caught=True)] * misled + [trial(caught=True, grade="D")] * (100 - misled)
    row = row_of(scenario(broken="a trend of its own", expects=("pre_trends",)), trials)
    assert (row.misleads, row.judgement) == (misled / 100, judgement)
