from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.diagnostics.causal.covariate_continuity import CovariateContinuity
from impact_pipeline.stats.multiplicity import holm
from impact_pipeline_tests.diagnostics.causal.cut_off import WINDOW, checked, sample
from impact_pipeline_tests.stats.discontinuity.drawn import quietly


def test_smooth_covariates_pass_with_rdrobusts_jumps_and_holms_p_values() -> None:
    from rdrobust import rdrobust

    section = sample()
    found = checked(CovariateContinuity(), section).finding
    oracle = {name: quietly(rdrobust, values, section.score) for name, values in section.covariates.items()}
    adjusted = holm([float(one.pv.iloc[2, 0]) for one in oracle.values()])
    assert found.passed is True
    for (name, one), p_value in zip(oracle.items(), adjusted, strict=True):
        assert found.details[name] == pytest.approx(float(one.coef.iloc[0, 0]), rel=1e-4)
        assert found.details[f"{name} p-value"] == pytest.approx(p_value, rel=1e-3)


def test_a_covariate_that_jumps_fails_by_its_name() -> None:
    section = sample()
    jumping = {**section.covariates, "income": section.covariates["age"] + 2 * section.treatment}
    found = checked(CovariateContinuity(), replace(section, covariates=jumping)).finding
    assert (found.passed, found.consequence) == (False, "never_ship")
    assert "At the cut-off income jump too" in found.sentence


def test_a_window_compares_means() -> None:
    section = sample(n=4000)
    found = checked(CovariateContinuity(), section, **WINDOW).finding
    near = np.abs(section.score) < 0.2  # type: ignore[arg-type]
    sex, side = section.covariates["sex"][near], section.treatment[near]
    assert found.details["sex"] == pytest.approx(sex[side == 1].mean() - sex[side == 0].mean())


def test_a_fuzzy_design_asks_for_the_jump_alone() -> None:
    section = sample()
    treated = (np.random.default_rng(1).uniform(size=2000) < 0.2 + 0.6 * section.treatment).astype(float)
    fuzzy = checked(CovariateContinuity(), replace(section, treatment=treated), fuzzy=True, adjust=True).finding
    assert fuzzy.details == checked(CovariateContinuity(), section).finding.details


@pytest.mark.parametrize("treated", ["at_or_above", "above", "at_or_below", "below"])
def test_every_treated_side_is_understood(treated: str) -> None:
    assert checked(CovariateContinuity(), sample(), treated=treated).finding.passed is True


def test_nothing_known_before_is_told() -> None:
    found = checked(CovariateContinuity(), replace(sample(), covariates={})).finding
    assert (found.passed, found.sentence) == (None, "No covariates are named: nothing known before is compared.")


def test_covariates_without_an_answer_are_counted() -> None:
    section = sample()
    constant = {**section.covariates, "one": np.ones(2000)}
    assert (
        "1 could not be tested"
        in checked(CovariateContinuity(), replace(section, covariates=constant)).finding.sentence
    )
    only = replace(section, covariates={"one": np.ones(2000)})
    assert checked(CovariateContinuity(), only).finding.sentence == "No covariate could be tested."
