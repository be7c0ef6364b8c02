"""Linear regressions with all that moves treatment and outcome among their covariates, and without."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from impact_pipeline.calibration.scenario import Drawn, Scenario
from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.stats.samples.cross_section import CrossSection, Floats

UNITS = 1_500
EFFECT = 1.0


def chosen(
    rng: np.random.Generator, *, effect: float = EFFECT, hidden: float = 0.0, dose: bool = False, control: bool = False
) -> Drawn:
    """Three covariates drive treatment and outcome; `hidden` is how strongly one that no column holds drives both.

    With `dose` the treatment is any number. Errors grow with the first covariate. With `control` there is an outcome
    beside it that all the same drives, but for the treatment.
    """
    x, unseen = rng.normal(size=(3, UNITS)), rng.normal(size=UNITS)
    index = 0.6 * x[0] + 0.3 * x[1] + hidden * unseen
    binary = (rng.random(UNITS) < 1 / (1 + np.exp(-index))).astype(np.float64)
    treatment = index + rng.normal(size=UNITS) if dose else binary
    driven = 0.6 * x[0] + 0.4 * (x[1] + x[2]) + hidden * unseen
    covariates = {f"x{j + 1}": own for j, own in enumerate(x)}
    found = CrossSection(effect * treatment + driven + _errors(rng, x[0]), treatment, covariates)
    if not control:
        return Drawn(found, effect)
    return Drawn(found, effect, {"control": replace(found, outcome=driven + _errors(rng, x[0]))})


def _errors(rng: np.random.Generator, first: Floats) -> Floats:
    return rng.normal(size=UNITS) * (0.5 + 0.5 * np.abs(first))


DESIGN = Observational(type="observational", estimator="linear_regression")

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("linear_regression", "linear regression, two arms", DESIGN, chosen),
    Scenario("linear_regression_dose", "linear regression, a dose", DESIGN, partial(chosen, dose=True)),
    Scenario("linear_regression_no_effect", "linear regression, no effect", DESIGN, partial(chosen, effect=0.0)),
    Scenario(
        "hidden_confounder",
        "a hidden cause of both, nearly as strong as the strongest covariate, no effect",
        DESIGN,
        partial(chosen, effect=0.0, hidden=0.5),
        "hidden confounding",
        ("robustness_value",),
    ),
    Scenario(
        "linear_regression_control", "linear regression, a negative control", DESIGN, partial(chosen, control=True)
    ),
    Scenario(
        "hidden_confounder_and_control",
        "a weaker hidden cause, which drives a negative control too, no effect",
        DESIGN,
        partial(chosen, effect=0.0, hidden=0.4, control=True),
        "hidden confounding",
        ("negative_control", "robustness_value"),
    ),
)
