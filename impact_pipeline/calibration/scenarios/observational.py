"""Units that chose their treatment, with planted effects: by covariates that are seen, or by one that is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from impact_pipeline.calibration.scenario import Drawn, Scenario
from impact_pipeline.catalog.causal.observational import Matching, Observational
from impact_pipeline.stats.samples.cross_section import CrossSection, Floats

UNITS = 2_000
EFFECT = 1.0


def chosen(
    rng: np.random.Generator, *, effect: float = EFFECT, varies: float = 0.0, pull: float = 0.6,
    bend_choice: float = 0.0, bend_outcome: float = 0.0, lacks: str = "", hidden: float = 0.0, target: str = "ATE",
) -> Drawn:  # fmt: skip
    """Treatment by a logit of three covariates, outcomes linear in them; truth is the mean effect of the target drawn.

    `pull` is how strongly covariates drive the choice, `varies` how the effect grows with the first; `bend_*` add its
    square, which the models leave out; `lacks` is a covariate that the outcome's model lacks; `hidden` is a cause of
    both that no covariate holds.
    """
    x, unseen = rng.normal(size=(3, UNITS)), rng.normal(size=UNITS)
    bend = x[0] ** 2 - 1
    index = pull * (x[0] + 0.5 * x[1] - 0.5 * x[2]) + bend_choice * bend + hidden * unseen
    treatment = (rng.random(UNITS) < 1 / (1 + np.exp(-index))).astype(np.float64)
    own = effect + varies * x[0]
    outcome = x[0] + x[1] + 0.5 * x[2] + bend_outcome * bend + hidden * unseen + rng.normal(size=UNITS)
    truth = float(own.mean() if target == "ATE" else own[treatment == 1].mean())
    covariates: dict[str, Floats] = {f"x{place + 1}": values for place, values in enumerate(x)}
    known = {name: values for name, values in covariates.items() if name != lacks} if lacks else None
    return Drawn(CrossSection(outcome + own * treatment, treatment, covariates, known), truth)


def _with(**settings: float | str) -> Callable[[np.random.Generator], Drawn]:
    def draw(rng: np.random.Generator) -> Drawn:
        return chosen(rng, **settings)  # type: ignore[arg-type]

    return draw


def _design(**settings: object) -> Observational:
    return Observational.model_validate({"type": "observational", **settings})


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("aipw", "AIPW, both models right", _design(), _with(varies=0.3)),
    Scenario("aipw_no_effect", "AIPW, no effect", _design(), _with(effect=0.0)),
    Scenario("ipw", "inverse-propensity weighting", _design(estimator="ipw"), _with(varies=0.3)),
    Scenario(
        "ipwra_att", "IPWRA on the treated", _design(estimator="ipwra", estimand="ATT"), _with(target="ATT", varies=0.3)
    ),
    Scenario(
        "regression_adjustment", "regressions by arm", _design(estimator="regression_adjustment"), _with(varies=0.3)
    ),
    Scenario(
        "entropy_balancing",
        "entropy balancing on the treated",
        _design(estimator="entropy_balancing", estimand="ATT"),
        _with(target="ATT"),
    ),
    Scenario(
        "matching_att",
        "matching on the treated",
        _design(estimator="matching", estimand="ATT"),
        _with(target="ATT", pull=0.4),
    ),
    Scenario(
        "matching_no_effect",
        "matching, no effect",
        _design(estimator="matching", matching=Matching(neighbours=3)),
        _with(effect=0.0, pull=0.4),
    ),
    Scenario(
        "one_model_wrong",
        "AIPW, the outcome's model lacks a covariate",
        _design(),
        _with(lacks="x1"),
        "the outcome's model is wrong",
        ("doubly_robust_disagreement", "model_specification"),
    ),
    Scenario(
        "both_models_wrong",
        "AIPW, both models lack a square",
        _design(),
        _with(bend_choice=0.5, bend_outcome=1.0),
        "both models are wrong",
        ("doubly_robust_disagreement", "model_specification"),
    ),
    Scenario(
        "no_overlap",
        "covariates decide the treatment",
        _design(),
        _with(pull=4.0),
        "no overlap",
        ("overlap", "balance"),
    ),
)
