from __future__ import annotations

from dataclasses import replace

import numpy as np

from impact_pipeline.causal.exhibits import SpecificationCurve
from impact_pipeline.sensitivity.panel_specifications import PanelSpecifications
from impact_pipeline_tests.estimators.causal.followed_units import answered, asked, checked, panel, sections


def _curve(sample: object, **settings: object) -> SpecificationCurve:
    (curve,) = checked(PanelSpecifications(), sample, **settings).exhibits
    assert isinstance(curve, SpecificationCurve)
    return curve


def test_every_choice_is_shown_once() -> None:
    sample = panel(weighted=True, covariates=("age",), groups=2)
    names = [" ".join(one.choices[0]) for one in _curve(sample).alternatives]
    assert names[:7] == [
        "as asked ", "errors CR2", "without covariates", "without weights", "without groups of periods",
        "without first half of periods before", "without last half of periods after",
    ]  # fmt: skip
    assert len(names) == 12
    assert all(name.startswith("without cluster") for name in names[7:])


def test_alternatives_are_full_answers_to_the_altered_question() -> None:
    sample = panel(covariates=("age",))
    shown = {one.choices[0]: one for one in _curve(sample).alternatives}
    plain = answered(asked(replace(sample, covariates={}))).main
    assert shown["without", "covariates"].value == plain.value  # type: ignore[union-attr]
    late = answered(asked(sample.keep(sample.period >= 2))).main
    assert shown["without", "first half of periods before"].lower == late.lower  # type: ignore[union-attr]


def test_a_sound_effect_keeps_most_of_itself() -> None:
    found = checked(PanelSpecifications(), panel(effect=2.0)).finding
    assert found.passed
    assert float(found.statistic or 0) > 0.6


def test_an_effect_of_one_covariates_making_fails_by_name() -> None:
    """What treatment moves is held fixed: an effect of 2 where in all there is none."""
    sample = panel(effect=0.0)
    mediator = sample.treated + np.random.default_rng(0).normal(size=len(sample))
    outcome = 0.2 * sample.outcome - 2 * mediator + 2 * sample.treated
    made = replace(sample, covariates={"mediator": mediator}, outcome=outcome)
    found = checked(PanelSpecifications(), made).finding
    assert found.passed is False
    assert found.details["least"] == "without covariates"
    assert found.consequence == "never_ship"


def test_an_effect_of_one_cluster_fails_by_its_name() -> None:
    sample = panel(units=60, treated=12, effect=0.0)
    lucky = replace(sample, outcome=0.05 * sample.outcome + 1.5 * ((sample.unit == 7) & (sample.treated > 0)))
    found = checked(PanelSpecifications(), lucky, errors="classical").finding
    assert found.passed is False
    assert found.details["least"] == "without cluster 7"


def test_alternatives_without_answer_are_shown_with_the_reason() -> None:
    shown = _curve(panel(units=40, treated=2), errors="CR1").alternatives
    refused = [one for one in shown if one.refused is not None]
    assert all(one.value is None for one in refused)


def test_an_effect_that_is_none_is_shown_and_not_judged() -> None:
    told = checked(PanelSpecifications(), panel(effect=0.0))
    assert told.finding.passed is None
    assert told.exhibits


def test_rows_without_units_are_not_judged() -> None:
    assert checked(PanelSpecifications(), sections(), estimator="group_means").finding.passed is None
