"""The observational samples, answered by cross-fitted learners."""

from __future__ import annotations

from functools import partial

from impact_pipeline.calibration.scenario import Scenario
from impact_pipeline.calibration.scenarios.observational import chosen
from impact_pipeline.catalog.causal.cross_fitting import CrossFitting
from impact_pipeline.catalog.causal.observational import Observational

QUICK = 10
"""Draws of a quick run: each fits about a hundred models."""

DESIGN = Observational(type="observational", estimator="cross_fitted", cross_fitting=CrossFitting(learner="linear"))
TREATED = DESIGN.model_copy(update={"estimand": "ATT"})

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("cross_fitted", "cross-fitted learners", DESIGN, partial(chosen, varies=0.3), quick=QUICK),
    Scenario(
        "cross_fitted_no_effect", "cross-fitted learners, no effect", DESIGN, partial(chosen, effect=0.0), quick=QUICK
    ),
    Scenario(
        "cross_fitted_att", "cross-fitted learners, on the treated", TREATED, partial(chosen, target="ATT", varies=0.3),
        quick=QUICK,
    ),
    Scenario(
        "cross_fitted_no_overlap", "cross-fitted learners, covariates decide the treatment", DESIGN,
        partial(chosen, pull=4.0), "no overlap", ("overlap", "balance"), quick=QUICK,
    ),
)  # fmt: skip
