from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.stats.hidden_confounding.e_value import (
    e_value,
    of_difference,
    of_hazard_ratio,
    of_odds_ratio,
    of_risk_ratio,
)

PRINTED = 5e-3


def test_infants_fed_by_formula() -> None:
    """VanderWeele, Ding (2017): RR 3.9 (1.8 to 8.7) has E-values 7.26 and 3.00."""
    found = of_risk_ratio(3.9, 1.8, 8.7)
    assert (found.point, found.interval) == pytest.approx((7.26, 3.0), abs=PRINTED)


def test_ratios_below_one_are_turned_over() -> None:
    low, high = of_risk_ratio(0.5, 0.25, 0.8), of_risk_ratio(2.0, 1.25, 4.0)
    assert (low.point, low.interval) == pytest.approx((high.point, high.interval))


def test_an_interval_that_holds_one_needs_no_confounder() -> None:
    assert of_risk_ratio(1.5, 0.9, 2.5).interval == 1.0


def test_a_confounder_of_the_e_value_explains_the_ratio() -> None:
    """The bounding factor `RR_d RR_y / (RR_d + RR_y - 1)` of two such associations is it (Ding, VanderWeele 2016)."""
    ratios = np.array([1.01, 1.5, 4.0, 30.0])
    strength = np.asarray(e_value(ratios))
    assert strength**2 / (2 * strength - 1) == pytest.approx(ratios)


def test_common_odds_ratios_are_taken_by_their_root() -> None:
    assert of_odds_ratio(4.0, 2.25, 9.0) == of_risk_ratio(2.0, 1.5, 3.0)
    assert of_odds_ratio(4.0, 2.25, 9.0, rare=True) == of_risk_ratio(4.0, 2.25, 9.0)


def test_hazard_ratios_are_nearer_to_one_as_risk_ratios() -> None:
    common = of_hazard_ratio(2.0, 1.5, 3.0)
    assert 1 < common.risk_ratio < 2
    assert of_hazard_ratio(0.5, 1 / 3, 2 / 3).risk_ratio == pytest.approx(1 / common.risk_ratio)
    assert of_hazard_ratio(2.0, 1.5, 3.0, rare=True) == of_risk_ratio(2.0, 1.5, 3.0)


def test_differences_are_taken_by_chinns_conversion() -> None:
    found = of_difference(0.5, 0.1)
    assert found.risk_ratio == pytest.approx(np.exp(0.455))
    assert (found.lower, found.upper) == pytest.approx((np.exp(0.455 - 0.178), np.exp(0.455 + 0.178)))
    assert of_difference(-0.5, 0.1).point == pytest.approx(found.point)


@pytest.mark.parametrize(("ratio", "lower", "upper"), [(2.0, 2.5, 3.0), (2.0, -1.0, 3.0), (2.0, 1.0, 1.5)])
def test_a_ratio_outside_its_interval_is_no_ratio(ratio: float, lower: float, upper: float) -> None:
    with pytest.raises(ValueError, match="lies within its interval above 0"):
        of_risk_ratio(ratio, lower, upper)


def test_a_ratio_is_above_zero() -> None:
    with pytest.raises(ValueError, match="above 0"):
        e_value(0.0)
