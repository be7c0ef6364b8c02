"""Plans against statsmodels and published bounds; the cases of R are in the table of published cases."""

from __future__ import annotations

from typing import Any

import pytest
from statsmodels.stats.power import NormalIndPower, TTestIndPower

from impact_pipeline.analysis.analyze import analyze
from impact_pipeline.analysis.answer import Answer
from impact_pipeline.analysis.document import SPECIFICATION
from impact_pipeline.analysis.planning import PlanningAnswer
from impact_pipeline.errors import InputError

SOLVED = 1e-6
"""Relative: both solve for a root."""
WELCH = 0.02
"""Relative: statsmodels pools the variance, which gives more degrees of freedom than Welch's test."""
MEAN = {"type": "mean", "std_dev": 2.0}
SHARE = {"type": "proportion", "control": 0.1}


def planned(**question: Any) -> PlanningAnswer:
    given = {"apiVersion": "impact-analysis/v1", "planning": [{"name": "plan", **question}]}
    answer: Answer = analyze(SPECIFICATION.validate_python(given), None)
    [found] = answer.planning
    return found


def test_power_is_that_of_statsmodels() -> None:
    found = planned(type="power", outcome=MEAN, units_per_arm=50, effect=1.0)
    assert found.power == pytest.approx(TTestIndPower().power(0.5, 50, 0.05), rel=SOLVED)
    one_sided = planned(type="power", outcome=MEAN, units_per_arm=50, effect=1.0, sides=1, alpha=0.025)
    assert one_sided.power == pytest.approx(TTestIndPower().power(0.5, 50, 0.025, alternative="larger"), rel=SOLVED)


def test_units_of_uneven_arms_are_those_of_statsmodels() -> None:
    found = planned(type="units_needed", outcome=MEAN, effect=1.0, power=0.9, treatment_share=0.25)
    control = TTestIndPower().solve_power(0.5, power=0.9, alpha=0.05, ratio=1 / 3)
    assert found.units_per_arm is not None
    assert 2 * found.units_per_arm * 0.75 == pytest.approx(control, rel=WELCH)
    assert found.treatment_units is not None
    assert found.control_units == pytest.approx(3 * found.treatment_units, abs=3)


def test_the_minimal_effect_has_the_power_asked_for() -> None:
    for outcome in (MEAN, SHARE, {**SHARE, "pooled": True}):
        found = planned(type="minimal_effect", outcome=outcome, units_per_arm=5000, power=0.8)
        again = planned(type="power", outcome=outcome, units_per_arm=5000, effect=found.minimal_effect)
        assert again.power == pytest.approx(0.8, rel=SOLVED)


def test_the_minimal_effect_of_a_mean_is_that_of_statsmodels() -> None:
    found = planned(type="minimal_effect", outcome=MEAN, units_per_arm=5000)
    normal = NormalIndPower().solve_power(nobs1=5000, power=0.8, alpha=0.05)
    assert found.minimal_effect == pytest.approx(2 * normal, rel=1e-3)


def test_spending_bounds_are_those_of_lan_and_demets() -> None:
    """O'Brien-Fleming spending at five even looks: Jennison, Turnbull (2000), section 7.2."""
    found = planned(type="group_sequential_bounds", rule="obrien_fleming", looks=5)
    assert [b.statistic for b in found.bounds] == pytest.approx([4.877, 3.357, 2.680, 2.290, 2.031], abs=5e-4)
    assert [b.information for b in found.bounds] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert found.constant is None
    assert found.bounds[-1].nominal_p_value == pytest.approx(0.0423, abs=5e-5)


def test_uneven_looks_spend_by_their_information() -> None:
    found = planned(type="group_sequential_bounds", rule="pocock", information=[0.25, 0.5])
    assert found.bounds[-1].statistic == pytest.approx(2.3675, abs=5e-5)


def test_what_has_no_number_says_why() -> None:
    none = planned(type="units_needed", outcome=MEAN, effect=0.0)
    assert (none.units_per_arm, "name the least one worth knowing" in str(none.detail)) == (None, True)
    assert "name the least one" in str(planned(type="rule_of_sixteen", outcome=MEAN, effect=0.0).detail)
    few = planned(type="power", outcome=MEAN, units_per_arm=2, effect=1.0, treatment_share=0.1)
    assert few.detail == "10 units in each arm are the fewest"
    hopeless = planned(type="minimal_effect", outcome={**SHARE, "control": 0.99}, units_per_arm=10)
    assert "even an effect of" in str(hopeless.detail)


def test_a_share_beyond_one_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"planning\.0\.effect: control 0\.1 and effect 0\.95 give treatment a share of 1\.05"
    ):
        planned(type="power", outcome=SHARE, units_per_arm=50, effect=0.95)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ({"looks": 3, "information": [0.5, 1.0]}, "name either `looks`"),
        ({}, "name either `looks`"),
        ({"information": [0.5, 1.0], "bounds": "constant"}, "constant bounds are those of evenly spaced looks"),
        ({"information": [0.5, 0.2]}, "rise, each above the one before"),
    ],
)
def test_bounds_need_their_looks(question: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        planned(type="group_sequential_bounds", rule="pocock", **question)
