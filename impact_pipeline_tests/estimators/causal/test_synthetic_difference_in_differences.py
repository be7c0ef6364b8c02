from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.causal.base import Effect
from impact_pipeline_tests.estimators.causal.synthetic_questions import (
    BEFORE,
    drawn_outcomes,
    drawn_panel,
    effects,
    main_effect,
    refusal,
)
from impact_pipeline_tests.stats.synthetic_control.panels import california, panel

SDID = "synthetic_difference_in_differences"


def test_california_is_as_published() -> None:
    """Arkhangelsky et al. (2021), AER 111, Table 1: -15.6 (8.4); difference-in-differences -27.3 (17.7)."""
    found = effects(california(), method=SDID)
    assert main_effect(found).value == pytest.approx(-15.604, abs=0.02)
    assert main_effect(found).std_error == pytest.approx(8.4, abs=1.2)
    comparison = found.others["difference_in_differences"]
    assert isinstance(comparison, Effect)
    assert comparison.value == pytest.approx(-27.349, abs=0.001)
    assert comparison.std_error == pytest.approx(17.7, abs=1.2)


def test_the_comparison_can_be_asked_for_itself() -> None:
    found = effects(california(), method="difference_in_differences")
    assert main_effect(found).value == pytest.approx(-27.349, abs=0.001)
    assert SDID in found.others


def test_interval_and_p_value_come_from_the_standard_error() -> None:
    main = main_effect(effects(drawn_panel(effect=2.0), 0.1, method=SDID))
    assert main.std_error is not None
    assert main.upper - main.lower == pytest.approx(2 * 1.6448536 * main.std_error)
    assert main.p_value is not None
    assert (main.p_value <= 0.1) == (not main.lower <= 0 <= main.upper)


@pytest.mark.parametrize("errors", ["placebo", "jackknife", "bootstrap"])
def test_every_kind_of_error_finds_a_planted_effect_on_several_units(errors: str) -> None:
    values = drawn_outcomes(2, treated=5)
    values[:5] += 20.0
    values[:5, BEFORE:] += 3.0
    main = main_effect(effects(panel(values, BEFORE, 5), method=SDID, errors=errors, draws=40))
    assert main.value == pytest.approx(3.0, abs=1.0)
    assert main.p_value is not None
    assert main.p_value < 0.01
    assert errors in main.method


def test_jackknife_and_bootstrap_refuse_a_single_treated_unit() -> None:
    for errors in ("jackknife", "bootstrap"):
        assert "use errors: placebo" in refusal(effects(drawn_panel(), method=SDID, errors=errors)).detail


def test_few_donors_are_refused() -> None:
    told = refusal(effects(drawn_panel(donors=4), method=SDID))
    assert "placebo errors need 5" in told.detail


def test_periods_have_effects_and_errors_of_their_own() -> None:
    found = effects(drawn_panel(effect=2.0), method=SDID)
    periods = [one for name, one in found.others.items() if name.startswith("period")]
    assert len(periods) == 6
    assert np.mean([one.value for one in periods if isinstance(one, Effect)]) == pytest.approx(main_effect(found).value)
    assert found.numbers["effective periods before"] >= 1
    assert found.numbers["zeta"] > 0


@pytest.mark.parametrize("before", [0, 1])
def test_no_or_one_period_before_the_change_is_refused(before: int) -> None:
    assert refusal(effects(panel(drawn_outcomes(), before), method=SDID)).reason in ("no_pre_period", "too_few_periods")
