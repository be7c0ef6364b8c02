from __future__ import annotations

import numpy as np
import pytest

from impact_pipeline.causal.base import Effect
from impact_pipeline.causal.exhibits import SpecificationCurve
from impact_pipeline.diagnostics.causal.base import Checked
from impact_pipeline.sensitivity.adoption_specifications import AdoptionSpecifications
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline_tests.estimators.causal.adopters import FIRST, PERIODS, answered, asked, panel


def found(sample: Panel, **settings: object) -> Checked:
    question = asked(sample, **settings)
    return AdoptionSpecifications().check(question, answered(question))


def curve(checked: Checked) -> SpecificationCurve:
    (shown,) = checked.exhibits
    assert isinstance(shown, SpecificationCurve)
    return shown


def test_every_choice_is_tried_and_the_main_one_marked() -> None:
    size = np.repeat(np.random.default_rng(1).normal(size=len(FIRST)), PERIODS)
    sample = panel(covariates={"size": size})
    shown = curve(found(sample, estimation="ipw", comparison="not_yet_treated")).alternatives
    assert len({one.choices for one in shown}) == len(shown) == 2 * 2 * 4
    (main,) = [one for one in shown if one.is_main]
    assert dict(main.choices) == {"comparison": "not yet treated", "anticipation": "0", "covariates": "ipw"}


def test_an_alternative_is_what_the_design_would_have_said() -> None:
    shown = curve(found(panel())).alternatives
    for one in shown:
        chosen = dict(one.choices)
        settings = {"comparison": chosen["comparison"].replace(" ", "_"), "anticipation": int(chosen["anticipation"])}
        main = answered(asked(panel(), **settings)).main
        assert isinstance(main, Effect)
        assert (one.value, one.lower, one.upper) == pytest.approx((main.value, main.lower, main.upper))


def test_specifications_that_agree_pass() -> None:
    checked = found(panel())
    assert checked.finding.passed is True
    assert checked.finding.details["specifications"] == 3


def test_a_reaction_that_makes_the_effect_fails() -> None:
    """Measured from before the dip there is no effect left: the median lies outside the interval."""
    finding = found(panel(effect=0.0, before=-2.5)).finding
    assert (finding.passed, finding.consequence) == (False, "hold")


def test_a_specification_without_a_number_says_why() -> None:
    shown = curve(found(panel(np.array([2] * 40 + [4] * 40)), comparison="not_yet_treated")).alternatives
    refused = [one for one in shown if one.value is None]
    assert {dict(one.choices)["comparison"] for one in refused} == {"never treated"}
    assert all("comparison: not_yet_treated" in (one.refused or "") for one in refused)
