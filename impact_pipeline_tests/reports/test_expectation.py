"""How a result lies to what was expected of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from impact_pipeline.catalog.effect_size import EffectSize
from impact_pipeline.catalog.plan import SuccessUse
from impact_pipeline.estimators.base import NonInferiority
from impact_pipeline.reports.expectation import expectation_rows
from impact_pipeline.reports.look import Look
from impact_pipeline.reports.rows import NOTHING
from impact_pipeline_tests.reports.examples import catalog, estimate, plan, scorecard, with_results


def expecting(metric: str, **size: Any) -> Look:
    """The example's look, where the plan expects this of a metric."""
    use = SuccessUse(role="success", metric=metric, expected=EffectSize(**size))
    others = tuple(one for one in plan().metrics if one.metric != metric)
    known = plan().model_copy(update={"metrics": (use, *others)})
    return Look(scorecard(), catalog(known).study("ranker_v2"))


@pytest.mark.parametrize(
    ("metric", "size", "expected", "came_out"),
    [
        ("orders_per_user", {"relative": 0.1}, "10 % higher", "what was expected is not excluded"),
        ("orders_per_user", {"relative": 0.2}, "20 % higher", "less than expected"),
        ("orders_per_user", {"absolute": 0.05}, "0.05 orders higher", "more than expected"),
        ("bounce_rate", {"absolute": 0.005}, "0.5 pp lower", "less than expected"),
        ("bounce_rate", {"absolute": 0.003}, "0.3 pp lower", "what was expected is not excluded"),
    ],
)
def test_an_interval_is_held_against_what_was_expected(
    metric: str, size: dict[str, float], expected: str, came_out: str
) -> None:
    row = expectation_rows(expecting(metric, **size))[0]
    assert (row.expected, row.came_out) == (expected, came_out)


def test_a_guardrail_is_held_against_its_margin() -> None:
    within = NonInferiority(0.01, False, 0.01, 0.007, 0.95)
    for p, told in ((0.01, "within the margin"), (0.2, "not shown to be within the margin")):
        judged = replace(within, p_value=p)
        result = replace(estimate("bounce_rate@1", (0.25, 0.252), (-0.004, 0.008)), non_inferiority=judged)
        [row] = expectation_rows(Look(with_results(scorecard(), result), catalog().study("ranker_v2")))
        assert (row.role, row.expected, row.came_out) == ("guardrail", "at most 1 pp worse", told)


def test_where_nothing_was_expected_or_found_nothing_is_claimed() -> None:
    rows = expectation_rows(Look(scorecard(), catalog().study("ranker_v2")))
    assert [row.came_out for row in rows] == [NOTHING] * 3
    assert (rows[2].effect, rows[2].expected) == ("not estimable", "at most 2 % worse")
