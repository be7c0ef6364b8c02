from __future__ import annotations

from math import ceil

import numpy as np
import pandas as pd
import pytest
import tea_tasting
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower, TTestIndPower
from statsmodels.stats.proportion import power_proportions_2indep

from impact_pipeline.stats.comparison import Comparison, against_relative_margin, proportions
from impact_pipeline.stats.power import NoPlan, Sides
from impact_pipeline.stats.sample_size import (
    Rejection,
    minimal_effect_at,
    minimal_effect_where,
    minimal_lift_at,
    power_at,
    rule_of_sixteen,
    units_needed,
)  # fmt: skip
from impact_pipeline.stats.unit_variance import cuped_variance, ratio_unit_variance

SAME = 1e-9
"""Two evaluations of one noncentral t."""

SOLVED = 1e-6
"""Root finders that stop at different places."""

NORMAL = Rejection(student=False)
ONE_SIDED = Rejection(sides=1)
EQUAL = Comparison(1.0, 1.0)


def solved(found: float | NoPlan) -> float:
    assert not isinstance(found, NoPlan), found
    return found


def test_units_of_a_t_test_as_in_the_help_of_power_t_test() -> None:
    """R, stats: power.t.test(power = .90, delta = 1) gives n = 22.02110 in each group."""
    assert solved(units_needed(1.0, EQUAL, 0.9)) / 2 == pytest.approx(22.0211, abs=1e-4)


def test_units_of_two_proportions_as_in_the_help_of_power_prop_test() -> None:
    """R, stats: power.prop.test(p1 = .50, p2 = .75, power = .90) gives n = 76.7 in each group."""
    found = solved(units_needed(0.25, proportions(0.75, 0.5, pooled=True), 0.9, NORMAL))
    assert found / 2 == pytest.approx(76.7, abs=0.05)


def test_the_rule_of_sixteen_as_kohavi_gives_it() -> None:
    """Kohavi, Longbotham, Sommerfield, Henne (2009): a change by 5 % of a conversion rate of 5 % needs 121,600."""
    assert rule_of_sixteen(0.05 * 0.95, 0.05 * 0.05) == pytest.approx(121_600, abs=1)


def test_the_rule_of_sixteen_is_eighty_percent_power_in_round_numbers() -> None:
    exact = solved(units_needed(0.1, EQUAL, 0.8)) / 2
    assert rule_of_sixteen(1.0, 0.1) / exact == pytest.approx(16 / 15.698, abs=1e-3)


@pytest.mark.parametrize(("ratio", "sides", "name"), [(1.0, 2, "two-sided"), (4.0, 2, "two-sided"), (0.5, 1, "larger")])
def test_units_of_unequal_arms_equal_statsmodels(ratio: float, sides: Sides, name: str) -> None:
    """Welch's degrees of freedom are the pooled ones only in equal arms; the normal test has none."""
    shares = ratio / (1 + ratio), 1 / (1 + ratio)
    planned = solved(units_needed(0.3, Comparison(1.0, 1.0, *shares), 0.9, Rejection(sides=sides, student=False)))
    peer = NormalIndPower().solve_power(0.3, power=0.9, alpha=0.05, ratio=ratio, alternative=name)
    assert planned * shares[1] == pytest.approx(peer, rel=SOLVED)


def test_minimal_effect_equals_statsmodels() -> None:
    peer = TTestIndPower().solve_power(nobs1=31, power=0.8, alpha=0.01)
    assert solved(minimal_effect_at(62, EQUAL, 0.8, Rejection(0.01))) == pytest.approx(peer, rel=SOLVED)


@pytest.mark.parametrize("ratio", [1.0, 3.0])
def test_power_of_a_pooled_test_of_proportions_equals_statsmodels(ratio: float) -> None:
    planned = proportions(0.28, 0.2, 1 / (1 + ratio), ratio / (1 + ratio), pooled=True)
    peer = power_proportions_2indep(0.08, 0.2, nobs1=200, ratio=ratio, alpha=0.05).power
    assert power_at(200 * (1 + ratio), 0.08, planned, NORMAL) == pytest.approx(peer, abs=1e-5)


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    before = rng.gamma(2.0, 3.0, 900)
    sessions = 1 + rng.poisson(3, 900)
    orders = rng.poisson(0.2 * before + 0.3 * sessions)
    return pd.DataFrame({"orders": orders, "sessions": sessions, "before": before}).astype(float)


def per_unit(shop: pd.DataFrame, name: str) -> float:
    """One unit's variance of a metric, from the moments of history."""
    y, d, x = (shop[column].to_numpy() for column in ("orders", "sessions", "before"))
    if name == "mean":
        return float(y.var(ddof=1))
    if name == "cuped":
        return cuped_variance(float(y.var(ddof=1)), float(np.corrcoef(x, y)[0, 1]))
    shared = np.cov(y, d)
    return ratio_unit_variance(
        float(y.mean()), float(d.mean()), float(shared[0, 0]), float(shared[1, 1]), float(shared[0, 1])
    )


METRICS = {
    "mean": lambda **k: tea_tasting.Mean("orders", **k),
    "cuped": lambda **k: tea_tasting.Mean("orders", "before", **k),
    "ratio": lambda **k: tea_tasting.RatioOfMeans("orders", "sessions", **k),
}


@pytest.mark.parametrize("name", METRICS)
def test_plans_from_history_equal_tea_tastings(shop: pd.DataFrame, name: str) -> None:
    variance = per_unit(shop, name)
    equal, unequal = Comparison(variance, variance), Comparison(variance, variance, 2 / 3, 1 / 3)
    mean = float(shop["orders"].sum() / shop["sessions"].sum() if name == "ratio" else shop["orders"].mean())
    units = METRICS[name](power=0.8, rel_effect_size=0.05).solve_power(shop, "n_obs")[0].n_obs
    power = METRICS[name](ratio=2, rel_effect_size=0.05, n_obs=5000).solve_power(shop, "power")[0].power
    lift = METRICS[name](power=0.8, ratio=2, n_obs=5000).solve_power(shop, "rel_effect_size")[0].rel_effect_size
    assert ceil(solved(units_needed(0.05 * mean, equal))) == units
    assert power_at(5000, 0.05 * mean, unequal) == pytest.approx(power, rel=SOLVED)
    assert solved(minimal_lift_at(5000, unequal, mean)) == pytest.approx(lift, rel=SOLVED)


@given(
    effect=st.floats(0.01, 5),
    power=st.floats(0.1, 0.99),
    share=st.floats(0.05, 0.9),
    cluster_size=st.sampled_from([1.0, 20.0]),
    sides=st.sampled_from([1, 2]),
)
def test_units_effect_and_power_of_a_plan_agree(
    effect: float, power: float, share: float, cluster_size: float, sides: Sides
) -> None:
    comparison = Comparison(4.0, 9.0, share, 1 - share, cluster_size=cluster_size)
    rejection = Rejection(sides=sides)
    units = solved(units_needed(effect, comparison, power, rejection))
    if units > comparison.least_units:
        assert power_at(units, effect, comparison, rejection) == pytest.approx(power, abs=SAME)
        assert solved(minimal_effect_at(units, comparison, power, rejection)) == pytest.approx(effect, rel=1e-6)
    else:
        assert power_at(units, effect, comparison, rejection) >= power


def test_an_effect_on_the_variance_is_part_of_the_minimal_effect() -> None:
    found = solved(minimal_effect_where(3000, lambda e: proportions(0.02 + e, 0.02), 0.9, 0.8))
    assert power_at(3000, found, proportions(0.02 + found, 0.02)) == pytest.approx(0.8, abs=SAME)
    assert found > 1.05 * solved(minimal_effect_at(3000, proportions(0.02, 0.02)))


def test_a_relative_margin_is_a_lift_counted_from_it() -> None:
    effect, comparison = against_relative_margin(Comparison(9.0, 9.0), 2.0, 0.05)
    units = solved(units_needed(effect, comparison, 0.8, ONE_SIDED))
    assert effect == pytest.approx(0.1)
    assert solved(minimal_lift_at(units, comparison, 2.0, 0.8, ONE_SIDED)) == pytest.approx(0.0, abs=1e-9)


def test_a_confidence_sequence_needs_more_units_by_its_critical_value() -> None:
    fixed, always = (
        solved(units_needed(0.1, EQUAL, 0.8, Rejection(critical_value=q, student=False))) for q in (1.96, 3.0)
    )
    assert always / fixed == pytest.approx(((3.0 + 0.8416) / (1.96 + 0.8416)) ** 2, rel=1e-4)


TOO_FEW = "3 units give an arm fewer than two independent ones; 4 do"


@pytest.mark.parametrize(
    ("found", "detail"),
    [
        (units_needed(0.0, EQUAL), "no number of units finds an effect of 0: name the least one worth knowing"),
        (
            units_needed(-1.0, EQUAL, rejection=ONE_SIDED),
            "no number of units finds an effect of -1: name the least one worth knowing",
        ),
        (units_needed(1.0, Comparison(0.0, 0.0)), "the outcome does not vary"),
        (units_needed(1e-9, EQUAL), "even 1e+15 units do not find the effect"),
        (minimal_effect_at(3, EQUAL), TOO_FEW),
        (minimal_effect_at(30, Comparison(0.0, 0.0)), "the outcome does not vary"),
        (minimal_lift_at(3, EQUAL, 1.0), TOO_FEW),
        (minimal_lift_at(30, EQUAL, 0.0), "the control mean is not above 0"),
        (minimal_effect_where(3, lambda e: proportions(0.5 + e, 0.5), 0.5), TOO_FEW),
        (
            minimal_effect_where(50, lambda e: proportions(0.5 + e, 0.5), 0.05),
            "even an effect of 0.05 is found with a power of only 0.064",
        ),
    ],
)
def test_a_plan_without_a_number_says_why(found: float | NoPlan, detail: str) -> None:
    assert found == NoPlan(detail)


def test_no_level_and_no_power_beyond_zero_and_one() -> None:
    with pytest.raises(ValueError, match="alpha is 1; it lies between 0 and 1"):
        Rejection(alpha=1.0)
    with pytest.raises(ValueError, match="a power of 1 does not lie between 0 and 1"):
        units_needed(1.0, EQUAL, 1.0)
