"""Linear regressions with all that moves treatment and outcome among their covariates, and without."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from impact_pipeline.calibration.scenario import Drawn, Scenario
from impact_pipeline.catalog.causal.observational import Observational
from impact_pipeline.stats.samples.cross_section import CrossSection

UNITS = 1_500
EFFECT = 1.0


def chosen(rng: np.random.Generator, *, effect: float = EFFECT, hidden: float = 0.0, dose: bool = False) -> Drawn:
    """Three covariates drive treatment and outcome; `hidden` is how strongly one that no column holds drives both.

    With `dose` the treatment is any number. Errors grow with the first covariate.
    """
    x, unseen = rng.normal(size=(3, UNITS)), rng.normal(size=UNITS)
    index = 0.6 * x[0] + 0.3 * x[1] + hidden * unseen
    binary = (rng.random(UNITS) < 1 / (1 + np.exp(-index))).astype(np.float64)
    treatment = index + rng.normal(size=UNITS) if dose else binary
    noise = rng.normal(size=UNITS) * (0.5 + 0.5 * np.abs(x[0]))
    outcome = effect * treatment + 0.6 * x[0] + 0.4 * (x[1] + x[2]) + hidden * unseen + noise
    return Drawn(CrossSection(outcome, treatment, {f"x{j + 1}": own for j, own in enumerate(x)}), effect)


def _with(**settings: float) -> Callable[[np.random.Generator], Drawn]:
    def draw(rng: np.random.Generator) -> Drawn:
        return chosen(rng, **settings)  # type: ignore[arg-type]

    return draw


DESIGN = Observational(type="observational", estimator="linear_regression")

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("linear_regression", "linear regression, two arms", DESIGN, _with()),
    Scenario("linear_regression_dose", "linear regression, a dose", DESIGN, _with(dose=True)),
    Scenario("linear_regression_no_effect", "linear regression, no effect", DESIGN, _with(effect=0.0)),
    Scenario(
        "hidden_confounder",
        "a hidden cause of both, nearly as strong as the strongest covariate, no effect",
        DESIGN,
        _with(effect=0.0, hidden=0.5),
        "hidden confounding",
        ("robustness_value",),
    ),
)
