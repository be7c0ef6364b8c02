from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.issues import Issue
from impact_pipeline.estimators.base import Contrast, Estimate, NotEstimable, Reason, Result
from impact_pipeline.estimators.study import contrasts, estimate_study
from impact_pipeline.estimators.study_estimates import StudyEstimates
from impact_pipeline.lake.results import canonical_json
from impact_pipeline.outcomes.cells import Cells
from impact_pipeline.stats.moments import Moments
from impact_pipeline_tests.small_studies import (
    START,
    TWO_ARMS,
    Group,
    by_bucket,
    cells,
    exposed,
    mean_metric,
    moments,
    proportion_metric,
    quantile_metric,
    ratio_metric,
    scaled,
    study,
    units_by_value,
)

AS_OF = START + timedelta(days=6)
NEXT = START + timedelta(days=1)
WEB = ("device", "web")
THREE_ARMS = {"type": "randomized", "arms": {"control": 0.4, "new": 0.3, "best": 0.3}, "control": "control"}


def estimated(found: Study, measured: Cells, as_of: date = AS_OF) -> StudyEstimates:
    return estimate_study(found, measured, as_of, final=False, plan_digest="sha256:1")


def group(arm: str, *y: int, day: date = START, segment: tuple[str, str] = ("", ""), undefined: int = 0) -> Group:
    return Group(arm, {"orders": moments(y)}, day, segment, undefined=undefined)


BOTH = (group("control", 1, 2, 3), group("treatment", 3, 5, 7))


def refusal(found: Study, measured: Cells) -> NotEstimable:
    [result] = estimated(found, measured).results
    assert isinstance(result, NotEstimable)
    return result


def key(result: Result) -> tuple[str, str, tuple[str, str]]:
    return result.metric, result.contrast.treatment, result.segment


def test_results_cover_every_segment_metric_and_contrast_in_order() -> None:
    metrics = (mean_metric("orders"), mean_metric("visits"))
    arms = [
        Group(a, {"orders": moments([1, 2]), "visits": moments([2, 4])}, segment=s)
        for a in ("control", "new", "best")
        for s in (("", ""), WEB)
    ]
    found = estimated(study(*metrics, design=THREE_ARMS), cells(*arms))
    assert [key(result) for result in found.results] == [
        (metric, arm, segment)
        for segment in (("", ""), WEB)
        for metric in ("orders", "visits")
        for arm in ("best", "new")
    ]
    assert all(isinstance(result, Estimate) for result in found.results)
    assert (found.study, found.plan_digest, found.as_of, found.final) == ("ranker_v7", "sha256:1", AS_OF, False)


def test_contrasts_set_each_treatment_against_control() -> None:
    assert contrasts(study(mean_metric(), design=THREE_ARMS)) == (
        Contrast("best", "control"),
        Contrast("new", "control"),
    )


def test_the_plans_alpha_sets_the_level_and_its_margin_the_test() -> None:
    guarded = {"metric": "orders", "role": "guardrail", "margin": {"absolute": 9}}
    uses: list[dict[str, Any]] = [{"metric": "visits", "role": "success"}, guarded]
    rule = {"alpha": 0.1, "min_units_per_arm": 2}
    found = study(mean_metric("visits"), mean_metric("orders"), uses=uses, decision=rule)
    outcomes = {"control": moments([1, 2, 3]), "treatment": moments([3, 5, 7])}
    arms = [Group(arm, {"orders": y, "visits": y}) for arm, y in outcomes.items()]
    visits, orders = estimated(found, cells(*arms)).results
    assert isinstance(visits, Estimate)
    assert isinstance(orders, Estimate)
    assert (visits.interval.level, visits.non_inferiority) == (0.9, None)
    assert orders.non_inferiority is not None
    assert (orders.non_inferiority.margin, orders.non_inferiority.level) == (9.0, 0.9)


def test_trajectory_reads_each_day_what_a_look_then_would_have_read() -> None:
    metric = mean_metric(days=3)
    later = (group("control", 5, 6, day=NEXT), group("treatment", 9, 12, day=NEXT))
    found = estimated(study(metric, days=2), cells(*BOTH, *later), START + timedelta(days=4)).trajectory
    assert [(point.as_of, point.value) for point in found] == [
        (START + timedelta(days=2), 3.0),
        (START + timedelta(days=3), pytest.approx(7.2 - 3.4)),
        (START + timedelta(days=4), pytest.approx(7.2 - 3.4)),
    ]
    alone = estimated(study(metric, days=2), cells(*BOTH)).results[0]
    assert isinstance(alone, Estimate)
    assert found[0].interval == alone.interval


def test_before_the_first_window_closes_there_is_no_trajectory() -> None:
    found = estimated(study(mean_metric(days=7)), cells(exposed("control", 5), exposed("treatment", 5)))
    assert found.trajectory == ()


def test_a_broken_definition_is_reported_with_its_fault() -> None:
    sound = study(mean_metric(), uses=[{"metric": "refunds", "role": "success"}])
    issue = Issue("metrics/refunds.yaml", 3, "value", "is required; add it", "error")
    broken = Study(replace(sound.catalog, broken={("metric", "refunds"): (issue,)}), sound.plan)
    result = refusal(broken, cells(*BOTH))
    assert (result.reason, result.detail) == (Reason.DEFINITION_BROKEN, str(issue))


def test_a_metric_the_catalog_does_not_have_is_reported_too() -> None:
    result = refusal(study(mean_metric(), uses=[{"metric": "refunds", "role": "success"}]), cells(*BOTH))
    assert (result.reason, result.detail) == (Reason.DEFINITION_BROKEN, "the catalog has no sound metric 'refunds'")


def test_a_measure_without_a_value_refuses_the_metric() -> None:
    result = refusal(study(mean_metric()), cells(BOTH[0], group("treatment", 3, 5, 7, undefined=2)))
    assert result.reason is Reason.MEASURE_UNDEFINED
    assert result.detail == (
        "2 rows have no finite value of 'orders' (a division by zero, say); filter such rows or mend the measure"
    )
    assert refusal(study(mean_metric()), cells(BOTH[0], group("treatment", 3, undefined=1))).detail.startswith(
        "1 row has "
    )


def test_an_arm_nobody_was_exposed_to_is_empty() -> None:
    result = refusal(study(mean_metric()), cells(BOTH[0]))
    assert (result.reason, result.detail) == (Reason.EMPTY_ARM, "no unit was exposed to 'treatment'")
    assert result.n_per_arm == {"control": 3, "treatment": 0}


def test_a_window_that_has_closed_for_nobody_is_named() -> None:
    result = refusal(study(mean_metric(days=7)), cells(exposed("control", 5), exposed("treatment", 4)))
    assert result.reason is Reason.WINDOW_NOT_CLOSED
    assert result.detail == "the window ends 6 days after exposure; it has closed for none of the 5 units of 'control'"


def test_too_few_units_are_refused_in_all_units_and_in_segments() -> None:
    found = study(mean_metric(), decision={"min_units_per_arm": 3})
    small = (group("control", 1, 2, segment=WEB), group("treatment", 3, 5, 6, segment=WEB))
    everyone, web = estimated(found, cells(*BOTH, *small)).results
    assert isinstance(everyone, Estimate)
    assert isinstance(web, NotEstimable)
    assert (web.reason, web.detail) == (Reason.TOO_FEW_UNITS, "'control' has 2 units; the plan asks for 3 in each arm")


RAMP: dict[str, Any] = {
    "type": "staged_rollout",
    "control": "control",
    "phases": [
        {"starts": START, "arms": {"control": 0.5, "treatment": 0.5}},
        {"starts": NEXT, "arms": {"control": 0, "treatment": 1}},
    ],
}


def test_units_of_phases_left_out_do_not_count() -> None:
    found = study(mean_metric(), design=RAMP, decision={"min_units_per_arm": 4}, days=2)
    result = refusal(found, cells(group("control", 1, 2, 3, 4), *BOTH[1:], group("treatment", 1, 2, 3, day=NEXT)))
    assert (result.reason, result.detail) == (
        Reason.TOO_FEW_UNITS,
        "'treatment' has 3 units; the plan asks for 4 in each arm",
    )


def test_a_phase_left_out_costs_the_grade_a() -> None:
    [result] = estimated(
        study(mean_metric(), design=RAMP, days=2), cells(*BOTH, group("treatment", 1, 2, day=NEXT))
    ).results
    assert isinstance(result, Estimate)
    assert result.grade == "B"
    assert result.notes == ("the phase from 2026-03-03 is left out: 'control' has a share of 0 in it",)


def test_a_ramp_that_reverses_the_pooled_effect_is_read_within_its_phases() -> None:
    def successes(arm: str, units: int, count: int, day: date) -> Group:
        return Group(arm, {"buyers": Moments(n=units, y=count, yy=count)}, day)

    measured = cells(
        successes("control", 990_000, 20_000, START), successes("treatment", 10_000, 230, START),
        successes("control", 500_000, 5_000, NEXT), successes("treatment", 500_000, 6_000, NEXT),
    )  # fmt: skip
    shares = ({"control": 0.99, "treatment": 0.01}, {"control": 0.5, "treatment": 0.5})
    phases = [{"starts": day, "arms": arms} for day, arms in zip((START, NEXT), shares, strict=True)]
    ramp = {"type": "staged_rollout", "control": "control", "phases": phases}
    [read] = estimated(study(proportion_metric(), design=ramp, days=2), measured).results
    [pooled] = estimated(study(proportion_metric(), days=2), measured).results
    assert isinstance(read, Estimate)
    assert isinstance(pooled, Estimate)
    assert (round(100 * read.value, 2), round(100 * pooled.value, 2)) == (0.24, -0.46)
    assert read.relative is not None
    assert read.relative.interval.lower > 0
    assert (read.method, read.grade) == ("difference_in_means, post-stratified by phase", "A")


def test_estimates_are_equal_to_the_bit_however_units_are_split_into_cells() -> None:
    rng = np.random.default_rng(3)
    metric = mean_metric(covariates=["orders_before"])
    y, x = rng.poisson(4000, (2, 300)), rng.poisson(4000, (2, 300))
    found = []
    for parts in (1, 3, 60):
        groups = [
            Group(arm, {"orders": scaled(moments(ys, x=xs), 2)}, START + timedelta(days=day))
            for arm, own_y, own_x in zip(("control", "treatment"), y, x, strict=True)
            for day, (ys, xs) in enumerate(zip(np.split(own_y, parts), np.split(own_x, parts), strict=True))
        ]
        found.append(estimated(study(metric, days=60), cells(*groups), START + timedelta(days=90)).results)
    assert found[0] == found[1] == found[2]


def test_arms_that_never_met_in_a_phase_cannot_be_compared() -> None:
    ramp = {**RAMP, "phases": [{"starts": START, "arms": {"control": 1, "treatment": 0}}, RAMP["phases"][1]]}
    result = refusal(study(mean_metric(), design=ramp, days=2), cells(BOTH[0], group("treatment", 1, 2, day=NEXT)))
    assert result.reason is Reason.EMPTY_ARM
    assert result.detail == (
        "no phase has units of both arms: the phase from 2026-03-02 is left out: 'treatment' has a share of 0 in it; "
        "the phase from 2026-03-03 is left out: 'control' has a share of 0 in it"
    )


BY_STORE = {"type": "cluster_randomized", "arms": TWO_ARMS["arms"], "control": "control", "cluster": "store"}


def test_a_metric_no_estimator_takes_is_named() -> None:
    result = refusal(study(quantile_metric("orders"), design=BY_STORE), cells(*BOTH))
    assert (result.method, result.reason) == ("none", Reason.NO_ESTIMATOR)
    assert result.detail == "no estimator takes a quantile metric under a cluster_randomized design"


def test_units_that_never_differ_are_refused_by_the_estimator() -> None:
    result = refusal(study(mean_metric()), cells(group("control", 1, 1), group("treatment", 3, 3)))
    assert result.reason is Reason.ZERO_VARIANCE


def test_a_metric_read_over_two_windows_has_two_results() -> None:
    uses: list[dict[str, Any]] = [
        {"metric": "orders", "role": "success"},
        {"metric": "orders", "role": "exploratory", "window": {"days": 2}},
    ]
    found = study(mean_metric(), uses=uses)
    outcomes = {"control": moments([1, 2, 3]), "treatment": moments([3, 5, 7])}
    arms = [Group(arm, {"orders": y, "orders__d0_1": y + y}) for arm, y in outcomes.items()]
    results = estimated(found, cells(*arms)).results
    assert [(r.metric, getattr(r, "n_per_arm", None)) for r in results] == [
        ("orders", {"control": 3, "treatment": 3}),
        ("orders__d0_1", {"control": 6, "treatment": 6}),
    ]


def test_the_uncapped_reading_stands_beside_the_metric_and_the_trend_does_not() -> None:
    metric = mean_metric(days=3, cap={"percentile": 0.75, "digits": 1})
    outcomes = {"control": [1, 2, 3, 4], "treatment": [3, 5, 7, 90]}
    arms = [
        Group(
            arm,
            {"orders": moments(y), "orders~uncapped": moments(y), "orders~trend": moments(y)},
            buckets={"orders": by_bucket(y, 1)},
        )
        for arm, y in outcomes.items()
    ]
    found = estimated(study(metric), cells(*arms))
    [capped], [uncapped] = found.results, found.beside
    assert isinstance(capped, Estimate)
    assert isinstance(uncapped, Estimate)
    assert (capped.cap, capped.variant, capped.means["treatment"]) == (5.0, "", 4.5)
    assert (uncapped.cap, uncapped.variant, uncapped.means["treatment"]) == (None, "uncapped", 26.25)
    assert {point.value for point in found.trajectory} == {capped.value}


SEQUENCE = {"type": "always_valid", "planned_units": 1000}


def test_a_plan_of_always_valid_looks_reads_every_result_and_every_earlier_look_by_the_sequence() -> None:
    metrics = (mean_metric("orders"), ratio_metric("click_rate"), quantile_metric("median"))
    rng = np.random.default_rng(4)
    groups = []
    for day in range(3):
        for arm in ("control", "treatment"):
            y, d = rng.integers(1, 9, 60), rng.integers(8, 12, 60)
            spent, buckets = units_by_value(rng.integers(1, 900, 60), 3)
            kinds = {"orders": moments(y), "click_rate": moments(y, d), "median": spent}
            for segment in (("", ""), WEB):
                when = START + timedelta(days=day)
                groups.append(Group(arm, kinds, when, segment, buckets={"median": buckets}))
    plain, sequence = (
        estimated(study(*metrics, days=3, looks=looks), cells(*groups), START + timedelta(days=2))
        for looks in ({"type": "fixed"}, SEQUENCE)
    )
    assert {result.inference for result in sequence.results if isinstance(result, Estimate)} == {"always_valid"}
    assert len(sequence.results) == 6
    assert len(sequence.trajectory) == len(plain.trajectory) == 9
    for wide, narrow in zip(sequence.trajectory, plain.trajectory, strict=True):
        assert (wide.as_of, wide.metric, wide.value) == (narrow.as_of, narrow.metric, narrow.value)
        assert wide.interval.lower < narrow.interval.lower < narrow.interval.upper < wide.interval.upper
    last = {point.metric: point.interval for point in sequence.trajectory[-3:]}
    for result in sequence.results[:3]:
        assert isinstance(result, Estimate)
        assert result.interval == last[result.metric]
        assert (result.interval.lower > 0 or result.interval.upper < 0) == (result.p_value <= 0.05)


def test_results_of_every_inference_can_be_stored() -> None:
    """A look whose bound is infinite is refused: what is stored holds no infinity."""
    early = {"type": "group_sequential", "planned_units": 10**9, "on": [NEXT]}
    for looks in (SEQUENCE, early, {"type": "fixed"}):
        found = estimated(study(mean_metric(days=3), days=3, looks=looks), cells(*BOTH), START + timedelta(days=2))
        stored = canonical_json(found)
        assert canonical_json(TypeAdapter(StudyEstimates).validate_json(stored)) == stored
