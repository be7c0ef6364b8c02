from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from impact_pipeline.catalog.metrics.readings import Form
from impact_pipeline.catalog.plan import Margin
from impact_pipeline.estimators.base import Estimate, NotEstimable, Reason
from impact_pipeline.estimators.conclusion import effects_of, results
from impact_pipeline.estimators.cuped import Cuped
from impact_pipeline.estimators.difference_in_means import DifferenceInMeans
from impact_pipeline.estimators.question import Answer, Arm, Estimator, Question, Refusal, Stratum, two_arms
from impact_pipeline.estimators.ratio_of_sums import RatioOfSums
from impact_pipeline.estimators.regression_adjustment import RegressionAdjustment
from impact_pipeline.outcomes.cells import ALL_UNITS, stacked
from impact_pipeline.stats.inference import AlwaysValid, FixedHorizon, GroupSequential, Inference
from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.stratified import unit_weights
from impact_pipeline.stats.two_means import Contribution, TwoMeans
from impact_pipeline_tests.estimators.questions import concluded, estimated, question, refused
from impact_pipeline_tests.small_studies import moments

Units = list[tuple[Moments, Moments]]
"""Treatment and control of each stratum; of the second, one may be too small to count."""

FORMS: tuple[Form, ...] = ("mean", "ratio")
CASES: tuple[tuple[Estimator, Form, int], ...] = (
    (DifferenceInMeans(), "mean", 0),
    (RatioOfSums(), "ratio", 0),
    *((estimator, form, k) for estimator in (Cuped(), RegressionAdjustment()) for form in FORMS for k in (1, 2, 3)),
)


def units(rng: np.random.Generator, covariates: int, sizes: tuple[int, int]) -> tuple[Moments, Moments]:
    def arm(n: int, lift: int) -> Moments:
        x = rng.integers(0, 10**4, (covariates, n))
        y, d = rng.integers(10**4, 10**5, (2, n)) + x.sum(axis=0)
        return moments(y + lift, d, x)

    return arm(sizes[0], 500), arm(sizes[1], 0)


def asked(strata: Units, form: Form, **fields: Any) -> Question:
    """Of the strata in which both arms have two units."""
    return question(form, *((t, c) for t, c in strata if min(t.n, c.n) >= 2), **fields)


def together(groups: list[Units], alone: Question) -> Question:
    """All groups at once, with a weight of 0 where a stratum does not count."""
    counted = [[(t.n + c.n) * (min(t.n, c.n) >= 2) for t, c in group] for group in groups]
    weights = unit_weights([np.array(own, dtype=object) for own in zip(*counted, strict=True)])
    arms = [[Arm(stacked([pair[arm] for pair in same])) for arm in (0, 1)] for same in zip(*groups, strict=True)]
    strata = (Stratum(f"phase {i}", t, c, w) for i, ((t, c), w) in enumerate(zip(arms, weights, strict=True)))
    return replace(alone, strata=tuple(strata))


@pytest.mark.parametrize(
    "inference", [FixedHorizon(), AlwaysValid(60.0), GroupSequential((0.4, 0.8), "pocock")], ids=str
)
@pytest.mark.parametrize(("estimator", "form", "covariates"), CASES, ids=lambda case: getattr(case, "name", str(case)))
def test_groups_asked_together_get_the_results_that_each_gets_alone(
    estimator: Estimator, form: Form, covariates: int, inference: Inference
) -> None:
    rng = np.random.default_rng(covariates)
    sizes = [((40, 50), (20, 30)), ((60, 30), (1, 30)), ((40, 50), (30, 0)), ((2, 3), (2, 2))]
    groups = [[units(rng, covariates, pair) for pair in of_group] for of_group in sizes]
    fields: dict[str, Any] = {"inference": inference, "margin": Margin(relative=0.1), "better": -1}
    whole = together(groups, asked(groups[0], form, **fields))
    answer = estimator.answer(whole)
    names = [("device", str(place)) for place in range(len(groups))]
    found = list(results("orders", whole, answer, effects_of(whole, answer), names, lambda _: (), lambda _: {}))
    alone = [concluded(estimator, asked(group, form, **fields)) for group in groups]
    assert [replace(result, segment=ALL_UNITS) for result in found] == alone


def answer(means: TwoMeans, *refusals: Refusal) -> Answer:
    return Answer("by_hand", means, refusals=refusals)


def test_the_first_refusal_that_holds_is_told() -> None:
    means = TwoMeans(np.array([1.0, 1.0, 1.0]), np.zeros(3), (Contribution(np.array([1.0, 1.0, 0.0]), 0.0, 0.0, 9.0),))
    first = Refusal(Reason.TOO_FEW_UNITS, np.array([True, False, False]), lambda group: f"first of {group}")
    second = Refusal(Reason.EMPTY_ARM, np.array([True, False, True]), lambda group: f"second of {group}")
    effects = effects_of(two_arms("mean", treatment=Moments(), control=Moments()), answer(means, second), [first])
    assert effects.refused.tolist() == [0, -1, 1]


def test_a_refusal_carries_the_method_the_units_and_the_sentence_of_its_group() -> None:
    asked_of_two = two_arms(
        "mean", treatment=stacked([moments([1, 1]), moments([1, 2])]), control=stacked([moments([1, 1])] * 2)
    )
    found = DifferenceInMeans().answer(asked_of_two)
    told = list(
        results(
            "orders", asked_of_two, found, effects_of(asked_of_two, found), [ALL_UNITS, ("device", "web")],
            lambda _: (), lambda place: {"control": place, "treatment": 7},
        )
    )  # fmt: skip
    assert isinstance(told[0], NotEstimable)
    assert (told[0].method, told[0].reason, told[0].n_per_arm) == (
        "difference_in_means", Reason.ZERO_VARIANCE, {"control": 0, "treatment": 7},
    )  # fmt: skip
    assert isinstance(told[1], Estimate)
    assert told[1].segment == ("device", "web")


SAMPLES = moments([30, 35, 32, 40]), moments([30, 31, 32])


def test_the_inference_of_the_question_is_named_and_sets_the_interval() -> None:
    fixed = estimated(DifferenceInMeans(), question("mean", SAMPLES))
    always = estimated(DifferenceInMeans(), question("mean", SAMPLES, inference=AlwaysValid(7.0)))
    sequential = estimated(DifferenceInMeans(), question("mean", SAMPLES, inference=GroupSequential((0.5,), "pocock")))
    assert [found.inference for found in (fixed, always, sequential)] == [
        "fixed_horizon", "always_valid", "group_sequential",
    ]  # fmt: skip
    for found in (fixed, always, sequential):
        assert (found.interval.lower > 0) == (found.p_value <= 0.05)
    assert always.interval.upper - always.interval.lower > 0
    assert always.std_error == fixed.std_error


@pytest.mark.parametrize(
    "information", [(1e-6,), (0.5, 1.2, 1.4)], ids=["nothing in yet", "all spent by an earlier look"]
)
def test_a_look_that_may_spend_nothing_has_no_interval(information: tuple[float, ...]) -> None:
    inference = GroupSequential(information, "obrien_fleming")
    asked_early = question("mean", SAMPLES, inference=inference, margin=Margin(relative=0.1))
    found = refused(DifferenceInMeans(), asked_early)
    assert found.reason is Reason.UNBOUNDED_INTERVAL
    assert found.detail == (
        "the plan's looks leave nothing of alpha for this one: next to no units are in yet, or earlier looks spent it"
    )


def test_units_of_strata_that_do_not_count_are_not_in_the_estimate() -> None:
    strata = (
        Stratum("phase 0", Arm(SAMPLES[0]), Arm(SAMPLES[1]), 1.0),
        Stratum("phase 1", Arm(moments([9])), Arm(SAMPLES[1]), 0.0),
    )
    found = estimated(DifferenceInMeans(), replace(question("mean", SAMPLES), strata=strata))
    assert found == estimated(DifferenceInMeans(), question("mean", SAMPLES))
    assert found.n_per_arm == {"control": 3, "treatment": 4}


def test_a_group_of_several_strata_says_by_what_they_were_split() -> None:
    found = estimated(DifferenceInMeans(), question("mean", SAMPLES, SAMPLES, stratified_by="device"))
    assert found.method == "difference_in_means, post-stratified by device"


def test_the_cap_and_the_variant_travel_with_the_result() -> None:
    asked_of_cap = question("mean", SAMPLES, cap=35.0)
    shadow = replace(asked_of_cap, reading=replace(asked_of_cap.reading, variant="uncapped"))
    assert estimated(DifferenceInMeans(), asked_of_cap).cap == 35.0
    assert estimated(DifferenceInMeans(), shadow).variant == "uncapped"
    nothing = replace(shadow, strata=question("mean", (moments([1, 1]), moments([1, 1]))).strata)
    assert refused(DifferenceInMeans(), nothing).variant == "uncapped"
