from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from impact_pipeline.estimators.base import Estimate
from impact_pipeline.estimators.study import estimate_study
from impact_pipeline.estimators.study_estimates import StudyEstimates
from impact_pipeline.stats.multiplicity import benjamini_hochberg, holm
from impact_pipeline_tests.small_studies import START, Group, cells, mean_metric, moments, study

THREE_ARMS = {"type": "randomized", "arms": {"control": 0.4, "new": 0.3, "best": 0.3}, "control": "control"}
METRICS = (mean_metric("orders"), mean_metric("visits"))


def estimated(correction: str, *, without: str = "", **plan: Any) -> StudyEstimates:
    """Two success metrics and two arms; 'best' is clearly better in orders, and a little in visits."""
    rng = np.random.default_rng(6)
    groups = []
    for arm, lift in (("control", 0), ("new", 1), ("best", 12)):
        kinds = {
            "orders": moments(rng.poisson(100 + lift, 150)),
            "visits": moments(rng.poisson(100 + lift / 4, 150)),
        }
        groups.append(Group(arm, {name: found for name, found in kinds.items() if name != without}))
    rule = {"min_units_per_arm": 2, "correction": correction}
    found = study(*METRICS, design=THREE_ARMS, decision=rule, **plan)
    return estimate_study(found, cells(*groups), START, final=True, plan_digest="sha256:1")


def p_values(found: StudyEstimates) -> list[float]:
    return [result.p_value if isinstance(result, Estimate) else 1.0 for result in found.results]


def test_members_are_success_metrics_and_arms_in_order_with_their_corrected_p_values() -> None:
    found = estimated("holm")
    assert [(member.metric, member.contrast.treatment) for member in found.family] == [
        ("orders", "best"), ("orders", "new"), ("visits", "best"), ("visits", "new"),
    ]  # fmt: skip
    assert tuple(member.adjusted_p_value for member in found.family) == holm(p_values(found))
    assert [member.rejected for member in found.family] == [p <= 0.05 for p in holm(p_values(found))]


def test_family_wise_intervals_all_hold_at_once() -> None:
    found = estimated("bonferroni")
    for member, result in zip(found.family, found.results, strict=True):
        assert isinstance(result, Estimate)
        assert member.interval is not None
        assert member.relative is not None
        assert member.interval.level == member.relative.level == pytest.approx(1 - 0.05 / 4)
        assert member.interval.lower < result.interval.lower < result.interval.upper < member.interval.upper
        assert (member.interval.lower > 0 or member.interval.upper < 0) == member.rejected


def test_false_discovery_intervals_leave_out_zero_exactly_where_the_test_rejects() -> None:
    found = estimated("benjamini_hochberg")
    assert tuple(member.adjusted_p_value for member in found.family) == benjamini_hochberg(p_values(found))
    rejected = sum(member.rejected for member in found.family)
    assert 0 < rejected < 4
    for member in found.family:
        assert member.interval is not None
        assert member.interval.level == pytest.approx(1 - rejected * 0.05 / 4)
        assert (member.interval.lower > 0 or member.interval.upper < 0) == member.rejected


def test_a_number_that_is_missing_counts_as_a_test() -> None:
    found = estimated("holm", without="visits")
    assert [member.adjusted_p_value for member in found.family[2:]] == [1.0, 1.0]
    assert [member.interval for member in found.family[2:]] == [None, None]
    assert found.family[0].adjusted_p_value == holm(p_values(found))[0]
    assert found.family[0].interval is not None


def test_a_broken_metric_is_a_member_without_an_interval() -> None:
    uses = [{"metric": name, "role": "success"} for name in ("orders", "refunds")]
    found = estimated("holm", uses=uses)
    assert [(member.metric, member.rejected, member.interval) for member in found.family[2:]] == [
        ("refunds", False, None), ("refunds", False, None),
    ]  # fmt: skip


def test_a_sequence_keeps_its_tuning_at_the_corrected_level() -> None:
    """Were it tuned anew, p-values and intervals of the family would be those of different sequences."""
    found = estimated("bonferroni", looks={"type": "always_valid", "planned_units": 450})
    for member, result in zip(found.family, found.results, strict=True):
        assert isinstance(result, Estimate)
        assert member.interval is not None
        assert (member.interval.lower > 0 or member.interval.upper < 0) == (4 * result.p_value <= 0.05)
