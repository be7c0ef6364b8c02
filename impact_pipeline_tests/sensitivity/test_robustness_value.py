from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from impact_pipeline.catalog.causal.instrumental_variables import InstrumentalVariables as Design
from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.causal.base import Question
from impact_pipeline.causal.exhibits import SpecificationCurve
from impact_pipeline.estimators.causal.instrumental_variables import InstrumentalVariables
from impact_pipeline.sensitivity.robustness_value import RobustnessValue
from impact_pipeline.stats.samples.cross_section import CrossSection
from impact_pipeline_tests.diagnostics.causal.instrumented import sample
from impact_pipeline_tests.sensitivity.chosen import chosen, refuted
from impact_pipeline_tests.stats.instruments.drawn import PUBLISHED

PRINTED = 5e-4


def darfur() -> CrossSection:
    rows = pd.read_csv(PUBLISHED / "sens_darfur.csv")
    names = ("age", "farmer_dar", "herder_dar", "pastvoted", "hhsize_darfur", "female")
    villages = sorted(rows["village"].unique())[1:]
    covariates = {name: rows[name].to_numpy(dtype=np.float64) for name in names}
    covariates |= {name: (rows["village"] == name).to_numpy(dtype=np.float64) for name in villages}
    return CrossSection(rows["peacefactor"].to_numpy(), rows["directlyharmed"].to_numpy(dtype=np.float64), covariates)


def test_attitudes_in_darfur() -> None:
    """Cinelli, Hazlett (2020), Table 1: R2 2.2 %, RV 13.9 % and 7.6 %; 1x, 2x, 3x female .0752, .0529, .0304."""
    found = refuted(RobustnessValue(), darfur(), errors="classical")
    details = found.finding.details
    printed = {
        "partial R2": 0.022, "robustness value": 0.139, "robustness value of significance": 0.076,
        "1x female": 0.0752, "2x female": 0.0529, "3x female": 0.0304,
    }  # fmt: skip
    assert {name: details[name] for name in printed} == pytest.approx(printed, abs=PRINTED)
    assert found.finding.passed is True
    assert "One as strong as 'female' would leave 0.07522 (0.03228 to 0.1182) of 0.09732" in found.finding.sentence


def test_an_effect_far_above_what_covariates_can_do_passes() -> None:
    found = refuted(RobustnessValue(), chosen(1)).finding
    assert (found.passed, found.consequence) == (True, "never_ship")


def test_a_hidden_cause_like_the_measured_one_without_an_effect_fails() -> None:
    found = [refuted(RobustnessValue(), chosen(seed, n=1500, effect=0.0, hidden=0.5)).finding for seed in range(20)]
    significant = [one for one in found if one.statistic]
    assert len(significant) >= 15
    assert sum(one.passed is False for one in significant) >= 0.9 * len(significant)


def test_an_effect_that_is_not_significant_has_nothing_to_lose() -> None:
    found = refuted(RobustnessValue(), chosen(5, effect=0.0)).finding
    assert (found.passed, found.consequence) == (None, "none")
    assert "there is nothing to take away" in found.sentence


def test_without_covariates_there_is_no_benchmark() -> None:
    found = refuted(RobustnessValue(), replace(chosen(3), covariates={}))
    assert (found.finding.passed, found.exhibits) == (None, ())
    assert "No covariate was measured" in found.finding.sentence


def test_a_covariate_that_is_half_of_the_treatment_fails() -> None:
    rng = np.random.default_rng(4)
    x, u, e = rng.normal(size=(3, 400))
    found = refuted(RobustnessValue(), CrossSection(x + u + e, 2 * x + u, {"x": x}))
    assert found.finding.passed is False
    assert "'x' explains half of it or more" in found.finding.sentence
    (curve,) = found.exhibits
    assert isinstance(curve, SpecificationCurve)
    assert [one.refused is None for one in curve.alternatives] == [True, False, False, False]


def test_the_curve_holds_multiples_of_the_strongest_covariates() -> None:
    (curve,) = refuted(RobustnessValue(), chosen(5)).exhibits
    assert isinstance(curve, SpecificationCurve)
    assert [dict(one.choices)["as strong as"] for one in curve.alternatives] == ["none", *["x"] * 3, *["other"] * 3]


def test_a_collinear_sample_says_why_there_is_no_regression() -> None:
    section = chosen(6)
    doubled = replace(section, covariates={**section.covariates, "twice x": 2 * section.covariates["x"]})
    found = RobustnessValue().check(Question(doubled, Observational(type="observational")), None).finding
    assert "covariate 'twice x' is a combination" in found.sentence


@pytest.mark.parametrize(("instruments", "told"), [(1, "outcome and instrument"), (2, "no single reduced form")])
def test_of_instruments_it_informs_about_the_reduced_form_of_one(instruments: int, told: str) -> None:
    question = Question(sample(7, n=2000, instruments=instruments), Design(type="instrumental_variables"))
    found = RobustnessValue().check(question, InstrumentalVariables().effects(question)).finding
    assert (found.passed, found.consequence) == (None, "none")
    assert told in found.sentence
