from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np
import pytest

from impact_pipeline.catalog.metrics.readings import Reading, UnitValue
from impact_pipeline.estimators.base import Estimate, Reason, Result
from impact_pipeline.estimators.conclusion import effects_of, results
from impact_pipeline.estimators.difference_in_quantiles import DifferenceInQuantiles
from impact_pipeline.estimators.question import Arm, Question, Stratum
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline.stats.distribution import Distribution
from impact_pipeline.stats.inference import AlwaysValid
from impact_pipeline.stats.moments import Moments, as_exact
from impact_pipeline.stats.quantiles import Quantile, difference, quantile_of
from impact_pipeline_tests.estimators.questions import CONTRAST, estimated, refused
from impact_pipeline_tests.small_studies import Array

Arms = tuple[Array, Array]
"""Values of treatment's and of control's units."""


def distribution(values: Array) -> Distribution:
    return Distribution.from_events(range(len(values)), values, digits=3)


def arm(*groups: Array) -> Arm:
    return Arm(Moments(n=as_exact([len(y) for y in groups])), tuple(distribution(y) for y in groups))


def asked(*strata: Arms, quantile: float = 0.5, weights: tuple[float, ...] = (1.0,), **fields: Any) -> Question:
    reading = Reading("", "", "quantile", UnitValue(()), quantile=quantile, digits=3)
    found = (
        Stratum(f"phase {i}", arm(t), arm(c), np.array([w]))
        for i, ((t, c), w) in enumerate(zip(strata, weights, strict=True))
    )
    return Question(reading, CONTRAST, tuple(found), **{"alpha": 0.05, **fields})


def spent(seed: int, n: int, factor: float = 1.0) -> Array:
    return np.round(factor * np.random.default_rng(seed).gamma(2, 3000, n)).astype(int)


def test_difference_is_that_of_the_arms_own_quantiles() -> None:
    treatment, control = spent(1, 400, 1.2), spent(2, 500)
    found = estimated(DifferenceInQuantiles(), asked((treatment, control), quantile=0.9))
    of_treatment, of_control = (quantile_of([(1.0, distribution(y))], 0.9, 0.95) for y in (treatment, control))
    assert isinstance(of_treatment, Quantile)
    assert isinstance(of_control, Quantile)
    expected = difference(of_treatment, of_control, 0.95)
    assert found.means == {"control": of_control.value, "treatment": of_treatment.value}
    assert found.value == pytest.approx(expected.value, rel=1e-12)
    assert found.std_error == pytest.approx(sqrt(of_treatment.variance + of_control.variance), rel=1e-12)
    assert (found.interval.lower, found.interval.upper) == pytest.approx((expected.lower, expected.upper), rel=1e-12)
    assert found.p_value == pytest.approx(expected.p_value, rel=1e-9)
    assert (found.method, found.degrees_of_freedom) == ("difference_in_quantiles", None)
    assert found.n_per_arm == {"control": 500, "treatment": 400}
    assert found.relative is not None
    assert found.relative.value == pytest.approx(of_treatment.value / of_control.value - 1)


def test_phases_are_combined_before_they_are_read() -> None:
    strata = ((spent(1, 100), spent(2, 300)), (spent(3, 200, 3.0), spent(4, 150, 3.0)))
    found = estimated(DifferenceInQuantiles(), asked(*strata, weights=(0.3, 0.7)))
    by_hand = [
        quantile_of([(w, distribution(own[i])) for w, own in zip((0.3, 0.7), strata, strict=True)], 0.5, 0.95)
        for i in (0, 1)
    ]
    assert isinstance(by_hand[0], Quantile)
    assert isinstance(by_hand[1], Quantile)
    assert found.value == by_hand[0].value - by_hand[1].value
    assert found.method == "difference_in_quantiles, post-stratified by phase"


def test_the_inference_of_the_question_widens_the_interval() -> None:
    arms = (spent(1, 400), spent(2, 400))
    fixed = estimated(DifferenceInQuantiles(), asked(arms))
    always = estimated(DifferenceInQuantiles(), asked(arms, inference=AlwaysValid(800.0)))
    assert always.std_error == fixed.std_error
    assert always.interval.upper > fixed.interval.upper


def told(question: Question, groups: int) -> list[Result]:
    answer = DifferenceInQuantiles().answer(question)
    names = [("device", str(place)) for place in range(groups)]
    return list(results("spent", question, answer, effects_of(question, answer), names, lambda _: (), lambda _: {}))


def test_each_group_has_its_own_quantiles_or_its_own_reason() -> None:
    groups = [(spent(1, 300), spent(2, 300)), (spent(3, 20), spent(4, 300)), (np.full(50, 7), np.full(50, 9))]
    base = asked(groups[0], quantile=0.95)
    treatment, control = (arm(*(pair[i] for pair in groups)) for i in (0, 1))
    together = replace(base, strata=(Stratum("phase 0", treatment, control, np.ones(3)),))
    found = told(together, 3)
    for pair, result in zip(groups, found, strict=True):
        [alone] = told(asked(pair, quantile=0.95), 1)
        assert replace(result, segment=ALL_UNITS) == replace(alone, segment=ALL_UNITS)
    assert [getattr(result, "reason", None) for result in found] == [
        None, Reason.QUANTILE_BEYOND_DATA, Reason.ZERO_VARIANCE,
    ]  # fmt: skip


def test_a_quantile_beyond_the_data_says_what_it_would_need() -> None:
    found = refused(DifferenceInQuantiles(), asked((spent(1, 40), spent(2, 400)), quantile=0.99))
    assert found.reason is Reason.QUANTILE_BEYOND_DATA
    assert found.detail == (
        "'treatment': 40 units are too few for the quantile at 0.99: its interval at level 0.95 needs values at shares "
        "of 0.9588 and 1.0212"
    )


def test_units_without_any_event_have_no_quantile() -> None:
    none = np.zeros(0, dtype=np.int64)
    nothing = Arm(Moments(n=as_exact([30])), (Distribution(30, 0, 0, none, none, none, none, 3),))
    base = asked((spent(1, 40), spent(2, 40)))
    found = refused(DifferenceInQuantiles(), replace(base, strata=(replace(base.strata[0], control=nothing),)))
    assert found.reason is Reason.QUANTILE_BEYOND_DATA
    assert found.detail == "'control': no unit has an event, so there are no values"


def test_values_that_are_all_alike_have_no_uncertainty() -> None:
    found = refused(DifferenceInQuantiles(), asked((np.full(50, 7), spent(1, 50))))
    assert found.reason is Reason.ZERO_VARIANCE
    assert found.detail == "'treatment': all values are in one bucket; a quantile has no uncertainty"


def test_a_quantile_that_jumps_between_few_values_is_refused_with_its_share() -> None:
    few = np.array([0] * 40 + [1] * 41 + [2] * 40)
    found = refused(DifferenceInQuantiles(), asked((few, few)))
    assert found.reason is Reason.ZERO_VARIANCE
    assert "the quantile's whole interval is the one value 1" in found.detail


def test_strata_that_do_not_count_are_not_read() -> None:
    arms = (spent(1, 100), spent(2, 100))
    base = asked(arms)
    empty = Stratum("phase 1", Arm(Moments(n=as_exact([0]))), arm(spent(3, 50)), np.array([0.0]))
    found = estimated(DifferenceInQuantiles(), replace(base, strata=(empty, *base.strata)))
    assert found == estimated(DifferenceInQuantiles(), base)


def test_without_a_stratum_that_counts_every_group_is_refused() -> None:
    base = asked((spent(1, 100), spent(2, 100)))
    nobody = Arm(Moments(n=as_exact([0, 0])))
    answer = DifferenceInQuantiles().answer(replace(base, strata=(Stratum("phase 0", nobody, nobody, np.zeros(2)),)))
    assert [refusal.mask.tolist() for refusal in answer.refusals if refusal.mask.any()] == [[True, True]] * 2
    assert answer.refusals[0].detail(1) == "'control': no phase has two units in each arm"


def test_size_and_coverage_of_the_median() -> None:
    covered, rejected, reps = 0, 0, 300
    rng = np.random.default_rng(12)
    for _ in range(reps):
        treatment, control = (np.round(factor * rng.gamma(2, 3000, 400)).astype(int) for factor in (1.1, 1.0))
        found = estimated(DifferenceInQuantiles(), asked((treatment, control)))
        truth = 0.1 * 3000 * 1.6783469900166612
        covered += found.interval.lower <= truth <= found.interval.upper
        null = estimated(DifferenceInQuantiles(), asked((np.round(treatment / 1.1).astype(int), control)))
        rejected += null.p_value <= 0.05
    assert covered / reps == pytest.approx(0.95, abs=0.045)
    assert rejected / reps == pytest.approx(0.05, abs=0.045)
    assert isinstance(found, Estimate)
