from __future__ import annotations

from fractions import Fraction

from impact_pipeline.stats.intervals import difference
from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.stratified import StratumPair, post_stratified, summarise, unit_weights


def successes(n: int, count: int) -> Moments:
    return Moments(n=n, y=count, yy=count)


FRIDAY = successes(10_000, 230), successes(990_000, 20_000)
SATURDAY = successes(500_000, 6_000), successes(500_000, 5_000)


def test_a_ramp_that_reverses_the_pooled_effect_is_read_within_its_days() -> None:
    treatment, control = FRIDAY[0] + SATURDAY[0], FRIDAY[1] + SATURDAY[1]
    pooled = float(treatment.mean("y") - control.mean("y"))
    pairs = [
        StratumPair(weight, summarise(day[0]), summarise(day[1]))
        for weight, day in zip(unit_weights([1_000_000, 1_000_000]), (FRIDAY, SATURDAY), strict=True)
    ]
    found = difference(post_stratified(pairs), 0.95)
    assert round(100 * pooled, 2) == -0.46
    assert round(100 * found.value, 2) == 0.24
    assert found.p_value < 0.005


def test_variance_weighs_each_stratum_by_its_squared_share() -> None:
    pairs = [
        StratumPair(Fraction(1, 4), summarise(successes(5, 2)), summarise(successes(9, 3))),
        StratumPair(Fraction(3, 4), summarise(successes(4, 2)), summarise(successes(4, 1))),
    ]
    variance = post_stratified(pairs).variance()
    expected = Fraction(1, 16) * (Fraction(3, 10) / 5 + Fraction(1, 4) / 9) + Fraction(9, 16) * (
        Fraction(1, 3) / 4 + Fraction(1, 4) / 4
    )
    assert variance == expected


def test_identical_strata_give_the_mean_of_one() -> None:
    one = StratumPair(Fraction(1), summarise(successes(5, 2)), summarise(successes(9, 3)))
    half = StratumPair(Fraction(1, 2), one.treatment, one.control)
    assert post_stratified([half, half]).treatment == post_stratified([one]).treatment
    assert post_stratified([half, half]).variance() == post_stratified([one]).variance() / 2
