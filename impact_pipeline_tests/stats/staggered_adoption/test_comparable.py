from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts
from impact_pipeline.stats.staggered_adoption.comparable import Comparison, comparable
from impact_pipeline_tests.stats.staggered_adoption.panels import drawn


def compared(first: list[int], comparison: Comparison = "never_treated", anticipation: int = 0) -> Cohorts:
    found = comparable(drawn(first, 5), comparison, anticipation)
    assert isinstance(found, Cohorts)
    return found


def test_units_treated_from_the_start_are_left_out_with_a_note() -> None:
    found = compared([0, 2, 2, 5, 5])
    assert found.labels == (2, 5)
    assert found.notes == ("1 of 5 units have no period before they adopt and are left out",)


def test_anticipation_needs_more_periods_before_adoption() -> None:
    assert compared([1, 2, 2, 5, 5], anticipation=1).labels == (2, 5)


def test_without_never_treated_units_the_last_cohort_is_compared_with_until_it_adopts() -> None:
    found = compared([1, 2, 2, 4, 4], "not_yet_treated")
    assert (found.labels, found.periods) == ((1, 2, 4), ("0", "1", "2", "3"))
    assert found.notes[0].startswith("no unit is never treated: periods from '4' on are left out, and the 2 units")


def test_anticipation_ends_the_comparison_earlier() -> None:
    found = compared([2, 2, 4, 4], "not_yet_treated", anticipation=1)
    assert (found.labels, found.horizon) == ((2, 3), 3)


@pytest.mark.parametrize(
    ("first", "comparison", "anticipation", "reason", "told"),
    [
        ([1, 2, 3], "never_treated", 0, "empty_arm", "comparison: not_yet_treated"),
        ([2, 2, 2], "not_yet_treated", 0, "empty_arm", "adopt at one time"),
        ([3, 3, 4, 4], "not_yet_treated", 1, "empty_arm", "nobody is left to compare with"),
        ([0, 0, 5, 5], "never_treated", 0, "no_pre_period", "has a period before it adopts"),
        ([1, 1, 5, 5], "never_treated", 1, "no_pre_period", "has 2 periods before it adopts"),
        ([2, 5, 5, 5], "never_treated", 0, "too_few_units", "use a synthetic control"),
        ([2, 2, 3, 5], "never_treated", 0, "too_few_units", "one comparison unit"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    first: list[int], comparison: Comparison, anticipation: int, reason: str, told: str
) -> None:
    found = comparable(drawn(first, 5), comparison, anticipation)
    assert isinstance(found, Refusal)
    assert found.reason == reason
    assert told in found.detail


@pytest.mark.parametrize(("cluster", "who"), [([0, 0, 1, 2], "treated"), ([0, 1, 2, 2], "comparison")])
def test_one_cluster_of_treated_or_comparison_units_is_refused(cluster: list[int], who: str) -> None:
    found = comparable(drawn([2, 2, 5, 5], 5, cluster=np.array(cluster)), "never_treated", 0)
    assert isinstance(found, Refusal)
    assert found.reason == "too_few_clusters"
    assert found.detail.startswith(f"all {who} units lie in one cluster")
