from __future__ import annotations

from dataclasses import replace

import numpy as np

from impact_pipeline.causal.base import Effects
from impact_pipeline.causal.exhibits import SpecificationCurve
from impact_pipeline.sensitivity.weight_clipping import WeightClipping
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.logged_decisions import LoggedDecisions
from impact_pipeline_tests.diagnostics.causal.one_log import asked, effects, log


def few_make_it(rng: np.random.Generator) -> LoggedDecisions:
    """Every fiftieth decision has a weight of 40 and a reward of 3, the others of 0.2 and 1 or so."""
    heavy = np.arange(5000) % 50 == 0
    reward = np.where(heavy, 3.0, 1.0) + 0.3 * rng.normal(size=5000) - 0.5 * (np.arange(5000) % 50 == 1)
    propensity = np.where(heavy, 0.02, 0.98)
    target = np.where(heavy, 0.8, 0.2)
    return LoggedDecisions(("a", "b"), heavy.astype(np.intp), reward, propensity, target)


def test_a_gain_that_many_decisions_make_keeps_its_sign() -> None:
    question = asked(log())
    checked = WeightClipping().check(question, effects(question))
    assert checked.finding.passed is True
    (curve,) = checked.exhibits
    assert isinstance(curve, SpecificationCurve)
    assert curve.alternatives[0].is_main
    named = [one.choices[0] for one in curve.alternatives]
    assert ("estimator", "ips") in named
    assert sum(name == "clip" for name, _ in named) >= 2


def test_a_gain_that_a_few_decisions_make_fails() -> None:
    sample = few_make_it(np.random.default_rng(0))
    light = (np.arange(5000) % 50 != 0) & (np.arange(5000) % 2 == 0)
    tilted = replace(sample, reward=sample.reward - 2.0 * light, target=np.where(light, 0.35, sample.target))
    question = asked(tilted)
    found = WeightClipping().check(question, effects(question)).finding
    assert (found.passed, found.consequence) == (False, "never_ship")
    assert "changes its sign" in found.sentence


def test_an_effect_that_cannot_be_told_from_0_is_not_judged() -> None:
    question = asked(log("policies_that_earn_alike", 1))
    found = WeightClipping().check(question, effects(question)).finding
    assert (found.passed, found.consequence) == (None, "none")


def test_without_an_effect_there_is_nothing_to_compare() -> None:
    assert WeightClipping().check(asked(log()), Effects(Refusal("no_support", ""))).finding.passed is None
