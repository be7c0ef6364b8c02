from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from scipy import stats

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.decisions.base import Decision, Verdict
from impact_pipeline.decisions.verdict import decide
from impact_pipeline.diagnostics.base import Consequence, Finding
from impact_pipeline.estimators.base import (
    Contrast,
    Estimate,
    Interval,
    NonInferiority,
    NotEstimable,
    Reason,
    Relative,
    Result,
)  # fmt: skip
from impact_pipeline.estimators.study_estimates import StudyEstimates
from impact_pipeline.governance.standing import BINDING, Standing
from impact_pipeline_tests.small_studies import START, mean_metric, study

CONTRAST = Contrast("treatment", "control")
MARGIN = 0.02
SUCCESS = {"metric": "orders", "role": "success"}
GUARDRAIL = {"metric": "tickets", "role": "guardrail", "margin": {"relative": MARGIN}}
METRICS = (mean_metric("orders"), mean_metric("visits"), mean_metric("tickets", better="lower"))


def planned(*uses: dict[str, Any], **plan: Any) -> Study:
    return study(*METRICS, uses=uses or (SUCCESS, GUARDRAIL), **plan)


def estimate(metric: str, lift: float, se: float, *, contrast: Contrast = CONTRAST, **fields: Any) -> Estimate:
    """A normal estimate of a lift with a control mean known to be 1, and its test against the guardrail's margin."""
    z = stats.norm.ppf(0.975)
    interval = Interval(lift - z * se, lift + z * se, 0.95)
    worse = -lift if metric == "orders" else lift
    margin = NonInferiority(MARGIN, True, float(stats.norm.sf((MARGIN - worse) / se)), lift + 1.645 * se, 0.95)
    found = Estimate(
        metric, contrast, ("", ""), "difference_in_means", "ATE", lift, se, interval,
        float(2 * stats.norm.sf(abs(lift) / se)), 1e6,
        {"control": 1.0, contrast.treatment: 1 + lift}, {"control": 1000, contrast.treatment: 1000},
        Relative(lift, interval), non_inferiority=margin if metric == "tickets" else None,
    )  # fmt: skip
    return replace(found, **fields)


def refused(metric: str) -> NotEstimable:
    return NotEstimable(metric, CONTRAST, ("", ""), "cuped", Reason.EMPTY_ARM, "no unit was exposed to 'treatment'", {})


WIN, FLAT, LOSS = estimate("orders", 0.05, 0.01), estimate("orders", 0.005, 0.01), estimate("orders", -0.05, 0.01)
FINE, HARM, VAGUE = estimate("tickets", 0.0, 0.005), estimate("tickets", 0.1, 0.02), estimate("tickets", 0.0, 0.05)


def decided(
    found: Study, results: Sequence[Result], findings: Sequence[Finding] = (), days: int = 30,
    standing: Standing = BINDING,
) -> Verdict:  # fmt: skip
    as_of = START + timedelta(days=days)
    estimates = StudyEstimates(found.name, "", as_of, days > 0, tuple(results), ())
    return decide(found, estimates, findings, as_of, standing)


def finding(consequence: Consequence, passed: bool | None = False) -> Finding:
    return Finding("sample_ratio", passed, 1e-9, 0.0005, "The arms' units do not fit.", consequence, {})


def test_a_win_with_guardrails_within_their_margin_ships() -> None:
    found = decided(planned(), [WIN, FINE])
    assert (found.decision, found.grade, found.final) == (Decision.SHIP, "A", True)
    assert found.reasons == (
        "Orders rose by 5.0 % (95 % interval 3.0 % to 7.0 %): better than control.",
        "Tickets did not change (95 % interval -1.0 % to 1.0 %): within its margin of 2 % (at worst 0.8 %).",
    )
    assert found.next_step == "Give every user the arm 'treatment' (ranker version 7)."


def test_a_guardrail_that_is_worse_beyond_its_margin_rolls_back_in_spite_of_a_win() -> None:
    found = decided(planned(), [WIN, HARM])
    assert found.decision is Decision.ROLLBACK
    assert found.reasons[0] == (
        "Tickets rose by 10.0 % (95 % interval 6.1 % to 13.9 %): worse than control,"
        " and not shown to stay within its margin of 2 % (at worst 13.3 %)."
    )
    assert found.next_step == "Return every user in 'treatment' to 'control' (ranker version 6)."


def test_a_guardrail_slightly_worse_but_within_its_margin_does_not_stop_a_win() -> None:
    assert decided(planned(), [WIN, estimate("tickets", 0.01, 0.002)]).decision is Decision.SHIP


def test_no_evidence_of_harm_is_not_evidence_of_no_harm() -> None:
    found = decided(planned(), [WIN, VAGUE])
    assert found.decision is Decision.INCONCLUSIVE
    assert found.reasons[1] == (
        "Tickets did not change (95 % interval -9.8 % to 9.8 %):"
        " not shown to stay within its margin of 2 % (at worst 8.2 %)."
    )
    assert found.next_step.startswith("Keep 'control'. ")


def test_a_success_metric_that_is_worse_rolls_back() -> None:
    found = decided(planned(), [LOSS, FINE])
    assert found.decision is Decision.ROLLBACK
    assert found.reasons[0] == "Orders fell by 5.0 % (95 % interval -7.0 % to -3.0 %): worse than control."


def test_no_shown_success_is_inconclusive() -> None:
    found = decided(planned(), [FLAT, FINE])
    assert found.decision is Decision.INCONCLUSIVE
    assert found.reasons[0] == "Orders rose by 0.5 % (95 % interval -1.5 % to 2.5 %): no difference is shown."


TWO = (SUCCESS, {"metric": "visits", "role": "success"})


def test_success_metrics_share_alpha_by_holm() -> None:
    barely = estimate("orders", 0.021, 0.01)
    assert decided(planned(SUCCESS), [barely]).decision is Decision.SHIP
    assert decided(planned(*TWO), [barely, estimate("visits", 0.0, 0.01)]).decision is Decision.INCONCLUSIVE
    assert decided(planned(*TWO), [barely, estimate("visits", 0.05, 0.01)]).decision is Decision.SHIP


def test_a_success_metric_worse_by_itself_blocks_another_ones_win() -> None:
    family = (*TWO, {"metric": "tickets", "role": "success"})
    barely_worse, unmoved = estimate("visits", -0.0205, 0.01), estimate("tickets", 0.0, 0.01)
    found = decided(planned(*family), [WIN, barely_worse, unmoved])
    assert found.decision is Decision.INCONCLUSIVE
    assert found.reasons[1].endswith(": worse than control by itself, though not among all success metrics.")


def test_an_invalidating_finding_comes_before_everything() -> None:
    found = decided(planned(), [WIN, FINE], [finding("hold"), finding("invalidate")], days=0)
    assert (found.decision, found.grade) == (Decision.INVALID, "D")
    assert found.reasons == ("The arms' units do not fit.",)
    assert found.next_step == (
        "Use none of these numbers. Find the cause of sample_ratio, mend it, and start a new study."
    )


def test_a_holding_finding_means_no_ship_and_no_rollback_at_the_planned_look_too() -> None:
    for results in ([WIN, FINE], [LOSS, HARM]):
        found = decided(planned(), results, [finding("hold")])
        assert (found.decision, found.grade, found.final) == (Decision.HOLD, "D", True)
        assert (
            found.next_step
            == "Settle sample_ratio, then look again: until then neither ship nor roll back on these numbers."
        )


def test_findings_that_passed_or_do_not_apply_change_nothing() -> None:
    found = decided(planned(), [WIN, FINE], [finding("invalidate", True), finding("hold", None)])
    assert (found.decision, found.grade) == (Decision.SHIP, "A")


def test_a_repair_lowers_the_grade_and_is_named() -> None:
    found = decided(planned(), [WIN, FINE], [finding("lower_grade")])
    assert (found.decision, found.grade) == (Decision.SHIP, "B")
    assert found.reasons[-1] == "The arms' units do not fit."


def test_what_an_estimate_left_out_is_named_once() -> None:
    notes = ("the phase from 2026-03-04 is left out: 'control' has a share of 0 in it",)
    found = decided(planned(), [replace(r, grade="B", notes=notes) for r in (WIN, FINE)])
    assert (found.decision, found.grade) == (Decision.SHIP, "B")
    assert found.reasons[2:] == ("The phase from 2026-03-04 is left out: 'control' has a share of 0 in it.",)


def test_before_the_planned_look_a_win_is_held() -> None:
    found = decided(planned(days=14), [WIN, FINE], days=3)
    assert found.decision is Decision.HOLD
    assert found.reasons == ("The planned look is on 2026-03-15.",)
    assert found.next_step == "Keep the arms as they are until the look on 2026-03-15."


def test_harm_before_the_planned_look_is_named() -> None:
    found = decided(planned(days=14), [WIN, HARM], days=3)
    assert found.decision is Decision.HOLD
    assert found.reasons[1].startswith("Harm so far: Tickets rose by 10.0 % ")
    assert found.next_step == "Look at the harm now; unless it is stopped, the look is on 2026-03-15."


def test_alerts_are_of_guardrails_alone() -> None:
    [alert] = decided(planned(days=14), [LOSS, HARM], days=3).alerts
    assert alert.startswith("Tickets rose by 10.0 % ")
    assert decided(planned(days=14), [LOSS, FINE], days=3).alerts == ()


def test_the_planned_look_is_the_day_the_last_window_closes() -> None:
    assert decided(planned(days=14), [WIN, FINE], days=12).decision is Decision.HOLD
    assert decided(planned(days=14), [WIN, FINE], days=13).decision is Decision.SHIP


@pytest.mark.parametrize(("orders", "tickets"), [(WIN, refused("tickets")), (refused("orders"), FINE)])
def test_a_missing_number_never_ships(orders: Result, tickets: Result) -> None:
    found = decided(planned(), [orders, tickets])
    assert found.decision is Decision.INCONCLUSIVE
    missing = "Tickets" if isinstance(tickets, NotEstimable) else "Orders"
    assert f"{missing} cannot be estimated: no unit was exposed to 'treatment'." in found.reasons


def test_a_missing_success_metric_does_not_ship_on_another_ones_win() -> None:
    assert decided(planned(*TWO), [WIN, refused("visits")]).decision is Decision.INCONCLUSIVE


def test_a_metric_with_a_broken_definition_is_named_as_written() -> None:
    found = decided(planned({"metric": "refunds", "role": "success"}), [refused("refunds")])
    assert found.reasons == ("'refunds' cannot be estimated: no unit was exposed to 'treatment'.",)


def test_a_missing_margin_test_blocks() -> None:
    found = decided(planned(), [WIN, replace(FINE, non_inferiority=None)])
    assert found.decision is Decision.INCONCLUSIVE
    assert found.reasons[1].endswith(": a margin relative to control has no meaning, its mean is not above 0.")


def test_grade_d_never_rolls_back_either() -> None:
    for results in ([replace(LOSS, grade="D"), FINE], [FLAT, replace(HARM, grade="D")]):
        found = decided(planned(), results)
        assert (found.decision, found.reasons[0]) == (Decision.INCONCLUSIVE, "Evidence of grade D never ships.")


def test_grade_d_never_ships() -> None:
    found = decided(planned(), [replace(WIN, grade="D"), FINE])
    assert (found.decision, found.grade) == (Decision.INCONCLUSIVE, "D")
    assert found.reasons[0] == "Evidence of grade D never ships."


def test_exploratory_metrics_and_segments_have_no_say() -> None:
    exploring = planned(SUCCESS, {"metric": "visits", "role": "exploratory"})
    segment = replace(LOSS, segment=("device", "web"))
    assert decided(exploring, [WIN, estimate("visits", -0.5, 0.01), segment]).decision is Decision.SHIP


BEST, NEW = Contrast("best", "control"), Contrast("new", "control")
THREE_ARMS = {"type": "randomized", "arms": {"control": 0.4, "new": 0.3, "best": 0.3}, "control": "control"}


def test_of_several_arms_the_best_winner_ships_and_reasons_name_their_arm() -> None:
    results = [estimate("orders", 0.08, 0.01, contrast=BEST), estimate("orders", 0.05, 0.01, contrast=NEW)]
    found = decided(planned(SUCCESS, design=THREE_ARMS), results)
    assert found.decision is Decision.SHIP
    assert found.next_step.startswith("Give every user the arm 'best' ")
    assert [reason.split(":")[0] for reason in found.reasons] == ["best", "new"]


def test_of_several_arms_the_harmful_one_is_rolled_back() -> None:
    results = [estimate("orders", 0.0, 0.01, contrast=BEST), estimate("orders", -0.05, 0.01, contrast=NEW)]
    found = decided(planned(SUCCESS, design=THREE_ARMS), results)
    assert found.decision is Decision.ROLLBACK
    assert found.next_step == "Return every user in 'new' to 'control' (ranker version 6)."


def test_a_metric_that_is_better_lower_gains_by_falling() -> None:
    lower = {"metric": "tickets", "role": "success"}
    results = [estimate("tickets", -0.08, 0.01, contrast=BEST), estimate("tickets", -0.05, 0.01, contrast=NEW)]
    found = decided(planned(lower, design=THREE_ARMS), results)
    assert found.decision is Decision.SHIP
    assert "'best'" in found.next_step


def test_arms_share_alpha_too() -> None:
    results = [estimate("orders", 0.021, 0.01, contrast=BEST), estimate("orders", 0.0, 0.01, contrast=NEW)]
    assert decided(planned(SUCCESS, design=THREE_ARMS), results).decision is Decision.INCONCLUSIVE


POWER_TABLE = [(1, 0.8, 0.64), (3, 0.8, 0.41), (5, 0.8, 0.26), (10, 0.8, 0.086), (1, 0.9, 0.81), (3, 0.95, 0.82)]
DRAWS = 600


@pytest.mark.parametrize(("guardrails", "power", "expected"), POWER_TABLE)
def test_probability_to_ship_a_good_change(guardrails: int, power: float, expected: float) -> None:
    names = [f"guardrail_{i}" for i in range(guardrails)]
    margin = {"role": "guardrail", "margin": {"relative": MARGIN}}
    good = study(
        mean_metric("orders"), *map(mean_metric, names), uses=[SUCCESS, *({"metric": n, **margin} for n in names)]
    )
    reach = stats.norm.ppf(power)
    success_se, guardrail_se = 0.05 / (1.959964 + reach), MARGIN / (1.644854 + reach)
    rng = np.random.default_rng(guardrails)
    ships = 0
    for z in rng.standard_normal((DRAWS, guardrails + 1)):
        orders = estimate("orders", 0.05 + float(z[0]) * success_se, success_se)
        others = [guarded(n, float(x) * guardrail_se, guardrail_se) for n, x in zip(names, z[1:], strict=True)]
        ships += decided(good, [orders, *others]).decision is Decision.SHIP
    monte_carlo = 3.5 * np.sqrt(expected * (1 - expected) / DRAWS)
    assert ships / DRAWS == pytest.approx(expected, abs=monte_carlo)


def guarded(metric: str, lift: float, se: float) -> Estimate:
    test = NonInferiority(MARGIN, True, float(stats.norm.sf((lift + MARGIN) / se)), None, 0.95)
    return replace(TEMPLATE, metric=metric, value=lift, std_error=se, p_value=1.0, non_inferiority=test)


TEMPLATE = estimate("orders", 0.0, 1.0)


UNBOUND = Standing(("plan not registered", "plan not approved, missing: ethics"), ("title changed: a -> b",))


@pytest.mark.parametrize(("results", "decision"), [
    ([WIN, FINE], Decision.SHIP), ([LOSS, FINE], Decision.ROLLBACK), ([FLAT, FINE], Decision.INCONCLUSIVE),
])  # fmt: skip
def test_a_plan_that_does_not_bind_explores(results: list[Result], decision: Decision) -> None:
    bound = decided(planned(), results)
    verdict = decided(planned(), results, standing=UNBOUND)
    assert (verdict.decision, verdict.would_be) == (Decision.HOLD, decision)
    assert (verdict.final, verdict.grade) == (False, bound.grade)
    assert (verdict.exploratory, verdict.deviations) == (UNBOUND.exploratory, UNBOUND.deviations)
    assert verdict.standing == UNBOUND
    assert verdict.reasons == (
        f"Would be {decision} if the plan were bound.", *bound.reasons, "Exploratory: plan not registered.",
        "Exploratory: plan not approved, missing: ethics.",
    )  # fmt: skip
    begins = "Look at the harm now. Decide nothing" if decision is Decision.ROLLBACK else "Decide nothing on this"
    assert verdict.next_step.startswith(begins)


def test_a_plan_that_does_not_bind_holds_and_is_invalid_as_before() -> None:
    for days, findings in ((0, ()), (30, (finding("invalidate"),))):
        bound = decided(planned(days=10), [WIN, FINE], findings, days)
        verdict = decided(planned(days=10), [WIN, FINE], findings, days, UNBOUND)
        assert (verdict.decision, verdict.next_step, verdict.final) == (bound.decision, bound.next_step, False)
        assert verdict.would_be is None


def test_deviations_alone_change_nothing_but_are_told() -> None:
    verdict = decided(planned(), [WIN, FINE], standing=Standing((), ("title changed: a -> b",)))
    assert (verdict.final, verdict.deviations) == (True, ("title changed: a -> b",))
    assert replace(verdict, deviations=()) == decided(planned(), [WIN, FINE])
