"""Labels, roles, directions and order of a look."""

from __future__ import annotations

from dataclasses import replace

import pytest

from impact_pipeline.catalog.designs import RandomizedDesign
from impact_pipeline.decisions.base import Decision
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.estimators.base import Contrast, Interval
from impact_pipeline.reports.look import Look, StudyFailure, failures, looks
from impact_pipeline_tests.reports.examples import catalog, estimate, look, plan, results, scorecard, with_results


@pytest.mark.parametrize(
    ("metric", "lower", "upper", "tone"),
    [
        ("orders_per_user@1", 0.1, 0.2, "better"),
        ("orders_per_user", -0.2, -0.1, "worse"),
        ("bounce_rate@1", 0.1, 0.2, "worse"),
        ("bounce_rate@1", -0.2, -0.1, "better"),
        ("bounce_rate@1", 0.0, 0.1, "unclear"),
        ("not_in_catalog@1", 0.1, 0.2, "unclear"),
    ],
)
def test_tone_follows_the_metrics_direction(metric: str, lower: float, upper: float, tone: str) -> None:
    assert look().tone(metric, Interval(lower, upper, 0.95)) == tone


def test_results_stand_by_role_and_apart_from_segments() -> None:
    shuffled = look(with_results(scorecard(), *reversed(results())))
    assert [r.metric for r in shuffled.results] == ["orders_per_user@1", "bounce_rate@1", "revenue_per_order@1"]
    assert {r.segment[0] for r in shuffled.segment_results} == {"platform"}
    assert shuffled.key is not None
    assert shuffled.key.metric == "orders_per_user@1"


def test_relative_margin_lies_on_the_harmful_side() -> None:
    absolute = estimate("bounce_rate@1", (0.25, 0.252), (-0.004, 0.008))
    relative = estimate("revenue_per_order@1", (40.0, 41.0), (0.5, 1.5))
    success = estimate("orders_per_user@1", (1.2, 1.3), (0.05, 0.15))
    found = look()
    assert [found.relative_margin(e) for e in (absolute, relative, success)] == [0.04, -0.02, None]


def test_relative_margin_of_an_absolute_one_needs_a_control_mean() -> None:
    zero = estimate("bounce_rate@1", (0.25, 0.252), (-0.004, 0.008))
    assert look().relative_margin(replace(zero, means={"control": 0.0, "treatment": 0.1})) is None


def test_label_names_the_arm_only_where_there_are_several() -> None:
    assert look().label("orders_per_user@1", Contrast("treatment", "control")) == "Orders per user"


def test_label_of_one_arm_among_several() -> None:
    shares = {"control": 0.5, "bold": 0.25, "calm": 0.25}
    several = plan().model_copy(update={"design": RandomizedDesign(type="randomized", arms=shares, control="control")})
    found = Look(scorecard(), catalog(several).study("ranker_v2"))
    assert found.label("orders_per_user@1", Contrast("calm", "control")) == "Orders per user (calm)"
    assert found.label("orders_per_user@1") == "Orders per user"


def test_an_invalid_study_is_not_usable() -> None:
    assert not look(scorecard(decision=Decision.INVALID)).usable
    assert look().usable


def test_looks_leave_out_what_the_catalog_does_not_hold() -> None:
    entries = (scorecard("zebra"), StudyFailure("b", "x", "y"), scorecard("ant_hill"), scorecard("gone"))
    known = catalog(plan("ant_hill"), plan("zebra"))
    assert [found.card.study for found in looks(entries, known)] == ["ant_hill", "zebra"]


def test_failures_stand_in_order() -> None:
    first, second = StudyFailure("a", "study/cells", "x"), StudyFailure("b", "study/cells", "x")
    assert failures((second, scorecard(), first)) == (first, second)


def test_checks_that_do_not_apply_stand_apart() -> None:
    card = scorecard()
    unasked = Finding("carry_over", None, None, None, "Not asked of a randomized design.", "none", {})
    waiting = Finding("sample_ratio", None, None, 0.0005, "Too few units yet.", "invalidate", {})
    seen = look(replace(card, findings=(card.findings[0], unasked, waiting)))
    assert (seen.asked_findings, seen.unasked_findings) == ((card.findings[0], waiting), (unasked,))
