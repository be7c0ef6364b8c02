from __future__ import annotations

from dataclasses import replace

import pytest

from impact_pipeline.sensitivity.rosenbaum_bounds import RosenbaumBounds
from impact_pipeline_tests.sensitivity.chosen import chosen, refuted


def test_a_large_effect_needs_unequal_odds_to_be_explained() -> None:
    found = refuted(RosenbaumBounds(), chosen(1), estimator="ipw").finding
    assert (found.passed, found.consequence) == (None, "none")
    assert found.statistic is not None
    assert found.statistic > 1.5
    assert f"a factor of {found.statistic:.2f}" in found.sentence
    assert float(found.details["lower at 1"]) == pytest.approx(1.0, abs=0.3)
    assert float(found.details["lower at 2"]) < float(found.details["lower at 1"]) < float(found.details["upper at 2"])


def test_the_direction_is_that_of_the_effect() -> None:
    section = chosen(1)
    down = replace(section, outcome=-section.outcome)
    plain, turned = (refuted(RosenbaumBounds(), one, estimator="ipw").finding for one in (section, down))
    assert turned.statistic == pytest.approx(plain.statistic)


def test_no_effect_is_not_significant_with_equal_odds() -> None:
    found = refuted(RosenbaumBounds(), chosen(2, effect=0.0), estimator="ipw").finding
    assert found.statistic is not None
    assert found.statistic < 1
    assert "not significant, even with equal odds" in found.sentence


def test_the_smaller_arm_is_paired() -> None:
    section = chosen(3)
    few = section.keep((section.treatment == 0) | (section.covariates["other"] > 1))
    many = replace(few, treatment=1 - few.treatment, outcome=-few.outcome)
    treated = int(few.treatment.sum())
    for one in (few, many):
        found = refuted(RosenbaumBounds(), one, estimator="ipw").finding
        assert 0.5 * treated < float(found.details["pairs"]) <= treated
        assert float(found.details["lower at 1"]) > 0


def test_without_a_score_there_are_no_pairs() -> None:
    assert "no pairs of the propensity score" in refuted(RosenbaumBounds(), chosen(4)).finding.sentence


def test_the_answer_is_the_same_on_repeat() -> None:
    first, second = (refuted(RosenbaumBounds(), chosen(5), estimator="ipw").finding for _ in range(2))
    assert first == second
