"""Scores with outcomes, and what rdrobust and rddensity say of them."""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from impact_pipeline.stats.discontinuity.bandwidths import Bandwidths, Recipe
from impact_pipeline.stats.discontinuity.errors import Errors, ErrorsName, errors_of
from impact_pipeline.stats.discontinuity.robust import Jump, discontinuity
from impact_pipeline.stats.discontinuity.sides import Sides, sides_of
from impact_pipeline_tests.analysis.commands import DATA

Floats = NDArray[np.float64]

KERNELS = {"triangular": "tri", "epanechnikov": "epa", "uniform": "uni"}
ERRORS: dict[ErrorsName, str] = {
    "nearest_neighbour": "nn", "HC0": "hc0", "HC1": "hc1", "HC2": "hc2", "HC3": "hc3", "cluster_by_side": "cr1",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Draw:
    """A bent outcome with a jump of 0.7 (by the treatment, where it follows the score by chance)."""

    score: Floats
    outcome: Floats
    treatment: Floats
    covariates: Floats
    cluster: NDArray[np.intp]

    def sides(self, *, fuzzy: bool = False, covariates: bool = False, weights: Floats | None = None) -> Sides:
        columns = [self.outcome, *([self.treatment] if fuzzy else []), *(self.covariates if covariates else [])]
        return sides_of(self.score, np.stack(columns), weights=weights, cluster=self.cluster)


@cache
def drawn(seed: int = 1, n: int = 1500, *, step: float = 0.0, compliance: float = 0.5) -> Draw:
    """`step` rounds the score: what repeats has mass points."""
    rng = np.random.default_rng(seed)
    score = rng.normal(0.2, 1.0, n)
    if step:
        score = np.round(score / step)
    treatment = (rng.uniform(size=n) < 0.2 + compliance * (score >= 0)).astype(np.float64)
    covariates = np.stack([score + rng.normal(size=n), rng.normal(size=n) ** 2])
    noise = rng.normal(size=n) * (1 + np.abs(rng.normal(size=n))) / 2
    size = score * step if step else score
    outcome = np.sin(size) + size**2 + 0.7 * treatment + noise + 0.3 * covariates[0]
    return Draw(score, outcome, treatment, covariates, rng.integers(0, 200, n))


@cache
def senate() -> Draw:
    """Margin of victory and the vote share of the next election (Cattaneo, Frandsen, Titiunik 2015)."""
    rows = pd.read_csv(DATA / "rd_senate.csv")
    margin = rows["margin"].to_numpy()
    states = np.unique(rows["state"].to_numpy(), return_inverse=True)[1]
    return Draw(margin, rows["vote"].to_numpy(), (margin >= 0) * 1.0, np.empty((0, len(margin))), states)


def quietly(call: Any, *arguments: Any, **settings: Any) -> Any:
    """The oracles print and warn."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call(*arguments, **settings)


def jump_by_rdrobust(draw: Draw, **settings: Any) -> Jump:
    from rdrobust import rdrobust

    found = quietly(rdrobust, draw.outcome, draw.score, **settings)
    coefficients, errors = found.coef.to_numpy().ravel(), found.se.to_numpy().ravel()
    return Jump(*map(float, (coefficients[0], coefficients[1], errors[0], errors[2])))


def bandwidths_by_rdrobust(draw: Draw, **settings: Any) -> dict[str, Floats]:
    from rdrobust import rdbwselect

    found = quietly(rdbwselect, draw.outcome, draw.score, all=True, **settings).bws
    return {str(rule): row.to_numpy(dtype=np.float64) for rule, row in found.iterrows()}


def jump_of(sides: Sides, recipe: Recipe, widths: Bandwidths, errors: Errors | None = None) -> Jump:
    fit = discontinuity(errors_of(sides, errors), recipe, widths)
    return fit.ratio() if recipe.fuzzy else fit.jump()


def numbers(jump: Jump) -> tuple[float, float, float, float]:
    return jump.conventional, jump.corrected, jump.std_error, jump.robust_error
