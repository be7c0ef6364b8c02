"""Questions put to one estimator, written out in a test."""

from __future__ import annotations

from typing import Any

from impact_pipeline.catalog.metrics.readings import Form, Reading, UnitValue
from impact_pipeline.estimators.base import Contrast, Estimate, NotEstimable, Result
from impact_pipeline.estimators.conclusion import effects_of, results
from impact_pipeline.estimators.question import Arm, Estimator, Question, Stratum
from impact_pipeline.outcomes.cells import ALL_UNITS
from impact_pipeline.stats.moments import Moments
from impact_pipeline.stats.stratified import unit_weights

CONTRAST = Contrast("treatment", "control")


def question(form: Form, *strata: tuple[Moments, Moments], **fields: Any) -> Question:
    """Treatment and control of each stratum, which is weighted by its units; see `Question` for the fields."""
    weights = unit_weights([treatment.n + control.n for treatment, control in strata])
    found = (
        Stratum(f"phase {i}", Arm(treatment), Arm(control), weight)
        for i, ((treatment, control), weight) in enumerate(zip(strata, weights, strict=True))
    )
    return Question(Reading("", "", form, UnitValue(())), CONTRAST, tuple(found), **{"alpha": 0.05, **fields})


def concluded(estimator: Estimator, asked: Question, notes: tuple[str, ...] = ()) -> Result:
    """The result for the one group that was asked about."""
    answer = estimator.answer(asked)
    effects = effects_of(asked, answer)
    [result] = results("orders", asked, answer, effects, [ALL_UNITS], lambda _: notes, lambda _: {})
    return result


def estimated(estimator: Estimator, asked: Question, notes: tuple[str, ...] = ()) -> Estimate:
    found = concluded(estimator, asked, notes)
    assert isinstance(found, Estimate), found
    return found


def refused(estimator: Estimator, asked: Question) -> NotEstimable:
    found = concluded(estimator, asked)
    assert isinstance(found, NotEstimable), found
    return found
