from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from impact_pipeline.causal.base import Effects, Question
from impact_pipeline.sensitivity.e_value import EValueOfEffect
from impact_pipeline.stats.hidden_confounding.e_value import of_difference
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline_tests.sensitivity.chosen import chosen, refuted


def test_a_difference_is_told_in_standard_deviations_within_arms() -> None:
    section = chosen(1)
    found = refuted(EValueOfEffect(), section).finding
    spread = np.mean([section.outcome[section.treatment == arm].var(ddof=1) for arm in (0, 1)]) ** 0.5
    assert (found.passed, found.consequence) == (None, "none")
    assert np.log(float(found.details["risk_ratio"])) * spread / 0.91 == pytest.approx(1.0, abs=0.3)
    assert float(found.details["e_value"]) == pytest.approx(
        of_difference(np.log(float(found.details["risk_ratio"])) / 0.91, 0.1).point
    )


def test_a_binary_outcome_is_told_by_the_ratio_of_its_means() -> None:
    section = chosen(2, binary=True)
    found = refuted(EValueOfEffect(), section).finding
    assert 1.5 < float(found.details["risk_ratio"]) < 5
    assert float(found.details["lower"]) > 1
    assert found.statistic == found.details["e_value_of_interval"]


def test_an_effect_that_is_not_significant_has_an_interval_of_one() -> None:
    assert refuted(EValueOfEffect(), chosen(3, effect=0.0)).finding.statistic == 1.0


def test_a_dose_has_no_risk_ratio() -> None:
    section = chosen(4)
    dose = replace(section, treatment=section.treatment + section.covariates["x"])
    assert "It needs two arms" in refuted(EValueOfEffect(), dose).finding.sentence


def test_without_an_effect_there_is_none_to_tell() -> None:
    found = EValueOfEffect().check(Question(chosen(5), None), Effects(Refusal("collinear", ""))).finding
    assert found.passed is None
