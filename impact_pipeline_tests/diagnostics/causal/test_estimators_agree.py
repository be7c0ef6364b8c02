from __future__ import annotations

from impact_pipeline.diagnostics.base import Finding
from impact_pipeline.diagnostics.causal.estimators_agree import EstimatorsAgree
from impact_pipeline.stats.samples.panel import Panel
from impact_pipeline_tests.estimators.causal.adopters import answered, asked, panel


def found(sample: Panel, **settings: object) -> Finding:
    question = asked(sample, **settings)
    return EstimatorsAgree().check(question, answered(question)).finding


def test_two_estimators_of_one_effect_agree() -> None:
    finding = found(panel())
    assert finding.passed is True
    assert "within the joint error" in finding.sentence


def test_a_reaction_before_adoption_sets_them_apart() -> None:
    finding = found(panel(before=-2.0))
    assert (finding.passed, finding.consequence) == (False, "never_ship")
    difference = finding.details["difference"]
    assert isinstance(difference, float)
    assert difference < 0
    assert "beyond the joint error" in finding.sentence


def test_a_design_without_a_second_estimator_is_not_judged() -> None:
    finding = found(panel(before=-2.0), cross_check="none")
    assert (finding.passed, finding.sentence) == (None, "The design asks for no second estimator.")
