"""A ladder's answer as the result that every design has."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from impact_pipeline.assessment.assess import Assessment
from impact_pipeline.assessment.ladder import Ladder, Rung
from impact_pipeline.assessment.results import NO_MEANS, NO_RELATIVE, Margin, non_inferiority, result_of
from impact_pipeline.assessment.told import tell
from impact_pipeline.causal.base import Effect, Effects
from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.estimators.base import NO_LIFT, Estimate, NotEstimable, Reason
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.assessment.small_methods import EFFECT, Design

FAILED = Finding("trends", False, 1.0, 2.0, "Trends differ before.", "never_ship", {})


def ladder(*mains: Effect | Refusal, findings: tuple[Finding, ...] = (), chosen: int = 0) -> Ladder:
    rungs = [Rung(Assessment(Design(), "method", Effects(main), findings, ()), "C") for main in mains]
    return Ladder(tuple(rungs), chosen)


def estimate(main: Effect = EFFECT, *, margin: Margin | None = None, lift: bool = True) -> Estimate:
    found = result_of("packs", ladder(main), 0.05, margin, lift=lift)
    assert isinstance(found, Estimate)
    return found


def test_the_main_effect_becomes_an_estimate_of_grade_c() -> None:
    found = estimate()
    assert (found.value, found.std_error, found.interval.lower, found.interval.upper) == (2.0, 0.5, 1.0, 3.0)
    assert (found.means, found.grade, found.estimand) == ({"treated": 10.0, "untreated": 8.0}, "C", "ATT")


def test_a_lift_is_the_effect_over_what_would_have_been() -> None:
    lift = estimate().relative
    assert lift is not None
    assert (lift.value, lift.interval.lower, lift.interval.upper) == pytest.approx((2 / 8, 1 / 9, 3 / 7))


@pytest.mark.parametrize(
    ("main", "why"),
    [
        (replace(EFFECT, treated=None, untreated=None), NO_MEANS),
        (replace(EFFECT, upper=10.0), NO_RELATIVE),
        (replace(EFFECT, treated=-1.0, lower=-3.0, value=-2.5, upper=-2.0), NO_RELATIVE),
    ],
)
def test_a_lift_without_meaning_says_why(main: Effect, why: str) -> None:
    found = estimate(main)
    assert (found.relative, found.relative_refused) == (None, why)


def test_a_metric_without_lift_has_none() -> None:
    found = estimate(lift=False)
    assert (found.relative, found.relative_refused) == (None, NO_LIFT)


@pytest.mark.parametrize(("size", "relative", "bound"), [(1.0, False, 2 - 0.5 * 1.683851), (0.1, True, None)])
def test_a_margin_is_tested_with_the_same_error(size: float, relative: bool, bound: float | None) -> None:
    test = non_inferiority(EFFECT, Margin(size, relative, higher_is_better=True), 0.05)
    assert test is not None
    assert test.bound == pytest.approx(bound if bound is not None else (2 - 0.5 * 1.683851) / 8, rel=1e-6)
    assert test.p_value < 0.05


def test_lower_is_better_turns_the_margin_round() -> None:
    test = non_inferiority(EFFECT, Margin(1.0, False, higher_is_better=False), 0.05)
    assert test is not None
    assert test.p_value > 0.95
    assert test.bound == pytest.approx(2 + 0.5 * 1.683851, rel=1e-6)


def test_a_method_without_an_error_tests_no_margin() -> None:
    assert non_inferiority(replace(EFFECT, std_error=None), Margin(1.0, False, True), 0.05) is None


def test_a_refusal_travels_with_its_reason() -> None:
    found = result_of("packs", ladder(Refusal("no_pre_period", "starts at once")), 0.05)
    assert isinstance(found, NotEstimable)
    assert (found.reason, found.detail) == (Reason.NO_PRE_PERIOD, "starts at once")


def test_a_number_without_a_test_is_refused() -> None:
    found = result_of("packs", ladder(replace(EFFECT, p_value=None)), 0.05)
    assert isinstance(found, NotEstimable)
    assert found.reason is Reason.NOT_IDENTIFIED


def test_a_fallback_says_what_was_asked_first_and_why_it_does_not_stand() -> None:
    found = result_of("packs", ladder(Refusal("missing_cells", "2 cells miss"), EFFECT, chosen=1), 0.05)
    assert isinstance(found, Estimate)
    assert found.notes == ("the first design, made up, does not stand: 2 cells miss",)


def test_everything_is_told_metric_by_metric() -> None:
    told = tell({"packs": ladder(Refusal("missing_cells", "2 cells miss"), EFFECT, findings=(FAILED,), chosen=1)})
    assert told.grade == "D"
    assert [(a.answers, a.stands, a.told) for a in told.detail.attempts] == [
        (False, False, "2 cells miss"), (True, False, "Trends differ before."),
    ]  # fmt: skip
    assert [(f.metric, f.diagnostic) for f in told.findings] == [("packs", "trends")]


def test_unbounded_and_undefined_numbers_are_told_as_none() -> None:
    main = replace(EFFECT, lower=-inf, degrees_of_freedom=inf)
    [effect] = tell({"packs": ladder(main)}).detail.effects
    assert (effect.name, effect.lower, effect.upper, effect.degrees_of_freedom) == ("main", None, 3.0, None)
