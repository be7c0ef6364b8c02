from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from impact_pipeline.catalog.catalog import Study
from impact_pipeline.catalog.metrics.base import Metric
from impact_pipeline.estimators.base import Contrast, Estimate, NotEstimable, Reason, Result
from impact_pipeline.estimators.look import Subject, effects_by_look, look_at, points_of, results_of
from impact_pipeline.outcomes.cells import ALL_UNITS, Cells
from impact_pipeline_tests.small_studies import (
    START,
    Array,
    Group,
    by_bucket,
    cells,
    exposed,
    mean_metric,
    moments,
    quantile_metric,
    ratio_metric,
    study,
    units_by_value,
)

CONTRAST = Contrast("treatment", "control")
ENROLLING, LAST_DAY = 4, 2
LOOKS = tuple(START + timedelta(days=LAST_DAY + n) for n in range(6))
APP, WEB = ("device", "app"), ("device", "web")
BY_DEVICE: dict[str, Any] = {
    "segments": {"device": {"type": "column", "column": "device"}},
    "post_stratify": "device",
}


def subject(found: Study, **changes: Any) -> Subject:
    [use], [metric] = found.uses, found.metrics
    return replace(Subject(use, metric, found.readings_of(metric)[0], CONTRAST), **changes)


def read(found: Study, measured: Cells, as_of: date, groups: Iterable[tuple[str, str]] = (ALL_UNITS,)) -> list[Result]:
    return list(results_of(look_at(found, measured, as_of), subject(found), list(groups)))


def overall(found: Study, measured: Cells, as_of: date = LOOKS[-1]) -> Estimate:
    [result] = read(found, measured, as_of)
    assert isinstance(result, Estimate), result
    return result


METRICS: Mapping[str, Metric] = {
    "mean": mean_metric("spent", days=LAST_DAY + 1),
    "ratio": ratio_metric("spent", days=LAST_DAY + 1),
    "cuped": mean_metric("spent", days=LAST_DAY + 1, covariates=["spent_before", "visits_before"]),
    "capped": mean_metric("spent", days=LAST_DAY + 1, cap={"percentile": 0.9, "digits": 2}),
    "quantile": quantile_metric("spent", days=LAST_DAY + 1),
}


def group(kind: str, arm: str, day: date, segment: tuple[str, str], units: Array) -> Group:
    y, d, *x = units
    if kind == "quantile":
        whole, buckets = units_by_value(y, 3)
        return Group(arm, {"spent": whole}, day, segment, buckets={"spent": buckets})
    whole = moments(y, d if kind == "ratio" else (), x if kind == "cuped" else ())
    return Group(arm, {"spent": whole}, day, segment, buckets={"spent": by_bucket(y, 2)} if kind == "capped" else {})


def groups_of(kind: str, seed: int = 3) -> list[Group]:
    """Both arms on each of four days, by device; those of the app are fewer and spend more."""
    rng = np.random.default_rng(seed)
    found: list[Group] = []
    for day in (START + timedelta(days=n) for n in range(ENROLLING)):
        for arm, lift in (("control", 1.0), ("treatment", 1.1)):
            by_value = {
                segment: np.round(lift * rng.gamma(2, scale, (4, n))).astype(int) + 20
                for segment, scale, n in ((APP, 900, 15), (WEB, 300, 40))
            }
            by_value[ALL_UNITS] = np.concatenate(list(by_value.values()), axis=1)
            found += [group(kind, arm, day, segment, units) for segment, units in by_value.items()]
    return found


def closed_by(groups: Iterable[Group], look: date) -> Cells:
    """What had been measured at an earlier look."""
    return cells(*(g for g in groups if g.day + timedelta(days=LAST_DAY) <= look))


PLANS: Mapping[str, dict[str, Any]] = {
    "fixed": {},
    "always_valid": {"looks": {"type": "always_valid", "planned_units": 400}},
    "group_sequential": {
        "looks": {"type": "group_sequential", "planned_units": 440, "on": [LOOKS[0], LOOKS[2]], "spending": "pocock"}
    },
    "post_stratified": BY_DEVICE,
    "staged": {
        "design": {
            "type": "staged_rollout",
            "control": "control",
            "phases": [
                {"starts": START, "arms": {"control": 0.9, "treatment": 0.1}},
                {"starts": START + timedelta(days=2), "arms": {"control": 0.5, "treatment": 0.5}},
            ],
        }
    },
}


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("kind", METRICS)
def test_trajectory_points_are_what_each_look_read_with_the_cells_of_its_day(kind: str, plan: str) -> None:
    groups = groups_of(kind)
    found = study(METRICS[kind], days=ENROLLING, **PLANS[plan])
    points = points_of(look_at(found, cells(*groups), LOOKS[-1]), subject(found), LOOKS)
    then = [(look, *read(found, closed_by(groups, look), look)) for look in LOOKS]
    expected = [(look, "spent", CONTRAST, r.value, r.interval) for look, r in then if isinstance(r, Estimate)]
    assert [(p.as_of, p.metric, p.contrast, p.value, p.interval) for p in points] == expected
    assert len(expected) >= len(LOOKS) - 1


def test_looks_without_an_estimate_have_no_point() -> None:
    found = study(METRICS["mean"], days=ENROLLING, decision={"min_units_per_arm": 100})
    look = look_at(found, cells(*groups_of("mean")), LOOKS[-1])
    assert [point.as_of for point in points_of(look, subject(found), LOOKS)] == list(LOOKS[1:])
    assert list(points_of(look, subject(found), ())) == []


@pytest.mark.parametrize("plan", ["fixed", "always_valid", "group_sequential"])
def test_results_carry_the_inference_of_the_plans_looks(plan: str) -> None:
    found = study(METRICS["mean"], days=ENROLLING, **PLANS[plan])
    result = overall(found, cells(*groups_of("mean")))
    assert result.inference == {"fixed": "fixed_horizon"}.get(plan, plan)


def test_a_sequence_is_wider_than_a_fixed_look_at_the_same_units() -> None:
    widths = {
        plan: overall(study(METRICS["mean"], days=ENROLLING, **PLANS[plan]), cells(*groups_of("mean"))).interval
        for plan in ("fixed", "always_valid")
    }
    assert widths["always_valid"].lower < widths["fixed"].lower < widths["fixed"].upper < widths["always_valid"].upper


def test_a_first_look_at_next_to_nothing_has_no_interval() -> None:
    early: dict[str, Any] = {"looks": {"type": "group_sequential", "planned_units": 10**7, "on": [LOOKS[2]]}}
    found = study(METRICS["mean"], days=ENROLLING, **early)
    [result] = read(found, closed_by(groups_of("mean"), LOOKS[0]), LOOKS[0])
    assert isinstance(result, NotEstimable)
    assert (result.reason, result.n_per_arm) == (Reason.UNBOUNDED_INTERVAL, {"control": 55, "treatment": 55})


def test_post_stratified_effects_are_weighted_by_all_units_of_each_value() -> None:
    found = study(METRICS["mean"], days=ENROLLING, **BY_DEVICE)
    groups = groups_of("mean")
    result = overall(found, cells(*groups))
    everyone = {
        (arm, device): np.mean([g.metrics["spent"].mean("y") for g in groups if (g.arm, g.segment) == (arm, device)])
        for arm in ("control", "treatment")
        for device in (APP, WEB)
    }
    effects = {device: everyone["treatment", device] - everyone["control", device] for device in (APP, WEB)}
    assert result.value == pytest.approx((15 * effects[APP] + 40 * effects[WEB]) / 55, rel=1e-12)
    assert result.method == "difference_in_means, post-stratified by device"
    assert result.n_per_arm == {"control": 220, "treatment": 220}
    plain = overall(study(METRICS["mean"], days=ENROLLING), cells(*groups))
    assert result.std_error < plain.std_error


def test_only_the_result_over_all_units_is_post_stratified() -> None:
    measured = cells(*groups_of("mean"))
    split, plain = (
        read(study(METRICS["mean"], days=ENROLLING, **plan), measured, LOOKS[-1], (APP, ALL_UNITS, WEB))
        for plan in (BY_DEVICE, {})
    )
    assert [result.segment for result in split] == [APP, ALL_UNITS, WEB]
    assert (split[0], split[2]) == (plain[0], plain[2])
    assert split[1] != plain[1]


def test_values_too_small_to_compare_are_left_out_and_named() -> None:
    few = [Group("control", {"spent": moments([1, 2])}, START, ("device", "tv")), *groups_of("mean")]
    result = overall(study(METRICS["mean"], days=ENROLLING, **BY_DEVICE), cells(*few))
    assert result.grade == "B"
    assert result.notes == ("device 'tv' is left out: 'treatment' has 0 of the 2 units it needs",)


def test_without_any_value_of_the_segment_units_are_not_split() -> None:
    groups = [g for g in groups_of("mean") if g.segment == ALL_UNITS]
    found, plain = (overall(study(METRICS["mean"], days=ENROLLING, **plan), cells(*groups)) for plan in (BY_DEVICE, {}))
    assert found == plain


@pytest.mark.parametrize("kind", METRICS)
def test_a_study_that_nobody_entered_is_refused(kind: str) -> None:
    for plan in PLANS.values():
        [result] = read(study(METRICS[kind], days=ENROLLING, **plan), cells(), START)
        assert isinstance(result, NotEstimable)
        assert (result.reason, result.detail) == (Reason.EMPTY_ARM, "no unit was exposed to 'control'")


@pytest.mark.parametrize("kind", METRICS)
def test_an_arm_that_nobody_entered_is_refused_by_every_estimator(kind: str) -> None:
    control = [g for g in groups_of(kind) if g.arm == "control"]
    for plan in PLANS.values():
        found = read(study(METRICS[kind], days=ENROLLING, **plan), cells(*control), LOOKS[-1], (ALL_UNITS, WEB))
        assert [getattr(result, "detail", None) for result in found] == ["no unit was exposed to 'treatment'"] * 2


@pytest.mark.parametrize("kind", METRICS)
def test_windows_that_have_closed_for_nobody_are_refused_by_every_estimator(kind: str) -> None:
    for plan in PLANS.values():
        measured = cells(exposed("control", 5), exposed("treatment", 4))
        [result] = read(study(METRICS[kind], days=ENROLLING, **plan), measured, START)
        assert isinstance(result, NotEstimable)
        assert (result.reason, result.method.split(",")[0]) == (Reason.WINDOW_NOT_CLOSED, method_of(kind))


def method_of(kind: str) -> str:
    named = {"cuped": "cuped", "ratio": "ratio_of_sums", "quantile": "difference_in_quantiles"}
    return named.get(kind, "difference_in_means")


def test_a_pooled_cap_is_told_and_lowers_the_mean() -> None:
    measured = cells(*groups_of("capped"))
    found = study(METRICS["capped"], days=ENROLLING)
    result = overall(found, measured)
    uncapped = overall(study(METRICS["mean"], days=ENROLLING), measured)
    assert result.cap is not None
    assert result.cap > 1000
    assert result.means["treatment"] < uncapped.means["treatment"]
    assert uncapped.cap is None


def test_an_estimator_asked_for_by_name_answers() -> None:
    measured = cells(*groups_of("cuped"))
    uses = [{"metric": "spent", "role": "success", "estimator": "regression_adjustment"}]
    assert overall(study(METRICS["cuped"], days=ENROLLING, uses=uses), measured).method == "regression_adjustment"


def test_an_estimator_that_does_not_fit_is_told_for_every_group_and_has_no_points() -> None:
    uses = [{"metric": "spent", "role": "success", "estimator": "cuped"}]
    found = study(METRICS["mean"], days=ENROLLING, uses=uses)
    measured = cells(*groups_of("mean"))
    results = read(found, measured, LOOKS[-1], (ALL_UNITS, WEB))
    told = "estimator 'cuped' does not take this metric under a randomized design; those that do: difference_in_means"
    assert [(r.method, r.segment, getattr(r, "detail", None)) for r in results] == [
        ("none", ALL_UNITS, told), ("none", WEB, told),
    ]  # fmt: skip
    assert list(points_of(look_at(found, measured, LOOKS[-1]), subject(found), LOOKS)) == []


def test_a_margin_is_tested_on_the_metric_itself_and_not_on_its_variants() -> None:
    uses = [{"metric": "spent", "role": "guardrail", "margin": {"relative": 0.1}}]
    found = study(METRICS["mean"], days=ENROLLING, uses=uses)
    look = look_at(found, cells(*groups_of("mean")), LOOKS[-1])
    own = subject(found)
    shadow = replace(own.reading, variant="uncapped")
    [result], [beside] = results_of(look, own, [ALL_UNITS]), results_of(look, replace(own, reading=shadow), [ALL_UNITS])
    assert isinstance(result, Estimate)
    assert result.non_inferiority is not None
    assert (result.non_inferiority.margin, result.non_inferiority.relative) == (0.1, True)
    assert isinstance(beside, NotEstimable)
    assert (beside.variant, beside.reason) == ("uncapped", Reason.WINDOW_NOT_CLOSED)


def test_another_level_is_asked_of_one_subject() -> None:
    found = study(METRICS["mean"], days=ENROLLING)
    look = look_at(found, cells(*groups_of("mean")), LOOKS[-1])
    [wide] = results_of(look, subject(found, alpha=0.01), [ALL_UNITS])
    assert isinstance(wide, Estimate)
    assert wide.interval.level == 0.99
    assert wide.interval.lower < overall(found, look.cells).interval.lower


def test_all_looks_at_all_groups_are_asked_at_once() -> None:
    groups, found = groups_of("mean"), study(METRICS["mean"], days=ENROLLING)
    [numbers] = effects_by_look(look_at(found, cells(*groups), LOOKS[-1]), [subject(found)], LOOKS, [ALL_UNITS, WEB])
    values = np.asarray(numbers.effects.difference.value).reshape(len(LOOKS), 2)
    for i, look in enumerate(LOOKS):
        then = read(found, closed_by(groups, look), look, (ALL_UNITS, WEB))
        assert [values[i, 0], values[i, 1]] == [getattr(result, "value", None) for result in then]


def test_a_reading_pooled_anew_at_each_look_is_not_asked_at_all_looks_at_once() -> None:
    found = study(METRICS["capped"], days=ENROLLING)
    look = look_at(found, cells(*groups_of("capped")), LOOKS[-1])
    with pytest.raises(ValueError, match="'spent' is not read at all looks at once"):
        effects_by_look(look, [subject(found)], LOOKS, [ALL_UNITS])
