"""Against csdid and diff-diff, both of which give R's numbers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from csdid.att_gt import ATTgt
from diff_diff import CallawaySantAnna

from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.staggered_adoption.aggregation import AggregationName, aggregation
from impact_pipeline.stats.staggered_adoption.cells import BasePeriod
from impact_pipeline.stats.staggered_adoption.cohorts import Cohorts
from impact_pipeline.stats.staggered_adoption.comparable import Comparison
from impact_pipeline.stats.staggered_adoption.conditional import conditional
from impact_pipeline.stats.staggered_adoption.doubly_robust import Estimation
from impact_pipeline.stats.staggered_adoption.group_time import GroupTime, group_time_effects
from impact_pipeline_tests.stats.staggered_adoption.panels import cohorts, counties, drawn, frame_of, panel

SAME_FORMULA = 1e-8
NEWTON = 1e-6
"""Logits of other libraries stop a little earlier."""
NAMES: tuple[AggregationName, ...] = ("simple", "dynamic", "group", "calendar")
SHORT: dict[str, Estimation] = {"dr": "doubly_robust", "reg": "regression", "ipw": "ipw"}


def effects(
    comparison: Comparison = "never_treated", *, estimation: Estimation = "doubly_robust", given: bool = False,
    cluster: str = "", base_period: BasePeriod = "varying", anticipation: int = 0,
) -> GroupTime:  # fmt: skip
    sample = panel(counties(), covariates=("lpop",) if given else (), cluster=cluster)
    return estimated(
        cohorts(sample, comparison, anticipation), comparison, estimation=estimation, base_period=base_period,
        anticipation=anticipation,
    )  # fmt: skip


def estimated(units: Cohorts, comparison: Comparison = "never_treated", **settings: Any) -> GroupTime:
    found = group_time_effects(units, comparison, **settings)
    assert isinstance(found, GroupTime)
    return found


def overall(found: GroupTime, name: AggregationName) -> tuple[float, float]:
    average = aggregation(found, name).overall
    return average.value, found.std_error(average.gradient)


def of_csdid(
    frame: pd.DataFrame, formula: str, comparison: Comparison, estimation: str, base_period: BasePeriod = "varying",
    anticipation: int = 0,
) -> ATTgt:  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ATTgt(
            yname="lemp", tname="year", idname="countyreal", gname="g", data=frame, xformla=formula,
            control_group=comparison.replace("_", ""), anticipation=anticipation,
        ).fit(est_method=estimation, base_period=base_period, bstrap=False)  # fmt: skip


@pytest.mark.parametrize("comparison", ["never_treated", "not_yet_treated"])
@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("short", ["dr", "reg", "ipw"])
def test_every_aggregation_and_its_error_is_that_of_csdid(
    comparison: Comparison, given: bool, short: str, capsys: pytest.CaptureFixture[str]
) -> None:
    other = of_csdid(counties().copy(), "lemp ~ lpop" if given else "lemp ~ 1", comparison, short)
    found = effects(comparison, estimation=SHORT[short], given=given)
    for name in NAMES:
        told = other.aggte(typec=name, bstrap=False, cband=False).atte
        assert overall(found, name) == pytest.approx((told["overall_att"], told["overall_se"]), rel=NEWTON)


def test_cells_before_adoption_are_those_of_csdid(capsys: pytest.CaptureFixture[str]) -> None:
    bases: tuple[BasePeriod, ...] = ("varying", "universal")
    for base_period in bases:
        other = of_csdid(counties().copy(), "lemp ~ lpop", "not_yet_treated", "dr", base_period)
        places = zip(other.results["group"], other.results["year"], strict=True)
        told = dict(zip(places, other.results["att"], strict=True))
        found = effects("not_yet_treated", given=True, base_period=base_period)
        periods = [int(period) for period in found.cohorts.periods]
        for cell, effect in zip(found.cells, found.effects, strict=True):
            assert effect == pytest.approx(told[periods[cell.cohort], periods[cell.period]], abs=NEWTON)


def test_clustered_errors_are_those_of_diff_diff() -> None:
    other = CallawaySantAnna(cluster="state").fit(
        counties(), outcome="lemp", unit="countyreal", time="year", first_treat="g"
    )
    assert overall(effects(cluster="state"), "simple") == pytest.approx(
        (other.overall_att, other.overall_se), rel=SAME_FORMULA
    )


def test_the_two_ways_to_write_contributions_agree_in_clusters() -> None:
    """Without covariates, outcome regression on a constant alone is the difference of means."""
    plain = cohorts(panel(counties(), cluster="state"))
    found = estimated(plain)
    written = conditional(plain, found.cells, "regression")
    assert not isinstance(written, Refusal)
    assert np.allclose(written[0], found.effects, rtol=0, atol=1e-12)
    assert np.allclose(written[1].covariance(), found.covariance, rtol=0, atol=1e-12)
    gradient = np.random.default_rng(0).normal(size=len(found.covariance))
    assert np.allclose(written[1].of(gradient), found.influence.of(gradient), rtol=0, atol=1e-12)


def test_published_event_times_and_cohorts() -> None:
    """Callaway and Sant'Anna's vignette of `did`, table of event times and of groups, four printed digits."""
    found = effects()
    printed = {
        "dynamic": {-3: (0.0305, 0.0150), -2: (-0.0006, 0.0133), -1: (-0.0245, 0.0142), 0: (-0.0199, 0.0118),
                    1: (-0.0510, 0.0169), 2: (-0.1373, 0.0364), 3: (-0.1008, 0.0344)},
        "group": {2004: (-0.0797, 0.0263), 2006: (-0.0229, 0.0167), 2007: (-0.0261, 0.0167)},
    }  # fmt: skip
    bootstrap = 0.0015
    names: tuple[AggregationName, ...] = ("dynamic", "group")
    for name in names:
        for part in aggregation(found, name).parts:
            label = part.position if name == "dynamic" else int(found.cohorts.periods[part.position])
            value, error = printed[name][label]
            assert part.value == pytest.approx(value, abs=6e-5)
            assert found.std_error(part.gradient) == pytest.approx(error, abs=bootstrap)


def test_the_base_period_does_not_move_effects_from_adoption_on() -> None:
    for given in (False, True):
        one, other = (effects(given=given, base_period=base) for base in ("varying", "universal"))
        for name in NAMES:
            assert overall(one, name) == pytest.approx(overall(other, name), rel=SAME_FORMULA)


def test_anticipation_is_that_of_csdid(capsys: pytest.CaptureFixture[str]) -> None:
    other = of_csdid(counties().copy(), "lemp ~ 1", "not_yet_treated", "dr", anticipation=1)
    told = other.aggte(typec="simple", bstrap=False, cband=False).atte
    found = effects("not_yet_treated", anticipation=1)
    assert overall(found, "simple") == pytest.approx((told["overall_att"], told["overall_se"]), rel=SAME_FORMULA)


def test_a_unit_of_weight_w_is_a_cluster_of_w_units() -> None:
    """The clustered variance has its factor C / (C - 1), that of units has none."""
    weights, first = np.array([1.0, 2, 1, 3, 1, 1, 2, 1]), [2, 2, 2, 3, 3, 4, 4, 4]
    weighted = drawn(first, 4, seed=3, weights=weights)
    copied = np.repeat(np.arange(8), weights.astype(int))
    copies = Cohorts(
        weighted.periods, np.arange(12), weighted.first[copied], weighted.outcome[copied], np.ones(12), copied
    )
    one, other = estimated(weighted), estimated(copies)
    for name in NAMES:
        value, error = overall(one, name)
        assert overall(other, name) == pytest.approx((value, error * np.sqrt(8 / 7)), rel=SAME_FORMULA)


def test_two_periods_are_a_difference_of_differences_of_diff_diff() -> None:
    found = drawn([1] * 15 + [2] * 25, 2, seed=5)
    other = CallawaySantAnna().fit(frame_of(found), outcome="y", unit="unit", time="period", first_treat="g")
    ours = estimated(found)
    change = found.outcome[:, 1] - found.outcome[:, 0]
    assert ours.effects[0] == pytest.approx(change[:15].mean() - change[15:].mean(), rel=SAME_FORMULA)
    variance = change[:15].var() / 15 + change[15:].var() / 25
    assert overall(ours, "simple") == pytest.approx((other.overall_att, np.sqrt(variance)), rel=SAME_FORMULA)
