"""The jump at the cut-off: conventional, free of its leading bias, and with errors that know the bias was estimated.

Calonico, Cattaneo, Titiunik (2014), Econometrica 82, 2295-2326: the bias `h^(p + 1) B` of a fit of order p is taken
off by the (p + 1)-th coefficient of a fit of order q within b, and both fits' weights together make the variance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impact_pipeline.stats.discontinuity.bandwidths import Bandwidths, Recipe
from impact_pipeline.stats.discontinuity.errors import CutoffErrors, SideErrors, cluster_sums, small_sample
from impact_pipeline.stats.discontinuity.local_polynomial import LocalFit, local_fit
from impact_pipeline.stats.discontinuity.outcome_contrast import freed, ratio_contrast
from impact_pipeline.stats.discontinuity.sides import Floats
from impact_pipeline.stats.least_squares import summed


@dataclass(frozen=True, slots=True)
class Jump:
    """`conventional +- std_error` errs by the bias; `robust_error` goes with `corrected`. All from one pair of fits."""

    conventional: float
    corrected: float
    std_error: float
    robust_error: float


@dataclass(frozen=True, eq=False)
class SideFit:
    """Main and bias fit of one side, and the weights of its nearest rows in either estimate, (n,)."""

    rows: SideErrors
    main: LocalFit
    bias: LocalFit
    plain: Floats
    corrected: Floats

    def values(self) -> tuple[Floats, Floats]:
        """Of each column the value at the cut-off, conventional and corrected, (k,)."""
        share = self.main.bias_share(0) * self.main.bandwidth ** (self.main.order + 1)
        plain = self.main.coefficients[0]
        return plain, plain - share * self.bias.coefficients[self.main.order + 1]


@dataclass(frozen=True, eq=False)
class Discontinuous:
    """Both sides fitted; `combinations` are of the columns, (targets, k), free of covariates."""

    recipe: Recipe
    bandwidths: Bandwidths
    left: SideFit
    right: SideFit
    combinations: Floats

    def jump(self, target: int = 0) -> Jump:
        """Of the outcome (0), or of the treatment of a fuzzy design (1)."""
        return self._jump(self.combinations[target])

    def ratio(self) -> Jump:
        """Jump of the outcome by that of the treatment; bias and errors to first order."""
        plain, corrected = self._values(0), self._values(1)
        weights = ratio_contrast(plain)
        moved = self._jump(summed("t,tk->k", weights, self.combinations))
        value = float(plain[0] / plain[1])
        return Jump(value, value + float(weights @ (corrected - plain)), moved.std_error, moved.robust_error)

    def _values(self, kind: int) -> Floats:
        return summed("tk,k->t", self.combinations, self.right.values()[kind] - self.left.values()[kind])

    def _jump(self, contrast: Floats) -> Jump:
        plain, corrected = (
            float(summed("k,k->", contrast, self.right.values()[kind] - self.left.values()[kind])) for kind in (0, 1)
        )
        errors = (self._error(contrast, robust=False), self._error(contrast, robust=True))
        return Jump(plain, corrected, *errors)

    def _error(self, contrast: Floats, *, robust: bool) -> float:
        terms = [_terms(side, contrast, robust=robust) for side in (self.left, self.right)]
        coefficients = (self.recipe.bias_order if robust else self.recipe.order) + 1
        if self.left.rows.errors.name == "cluster":
            return float(np.sqrt(_across(self.left, self.right, terms, coefficients)))
        sides = zip((self.left, self.right), terms, strict=True)
        return float(np.sqrt(sum(side.rows.variance(one, coefficients) for side, one in sides)))


def discontinuity(rows: CutoffErrors, recipe: Recipe, bandwidths: Bandwidths) -> Discontinuous:
    """Fits both sides within given bandwidths.

    >>> from impact_pipeline.stats.discontinuity.errors import errors_of
    >>> from impact_pipeline.stats.discontinuity.sides import sides_of
    >>> score = np.linspace(-1, 1, 41)
    >>> sides = sides_of(score, np.where(score >= 0, 3 + score, 1 + score)[None, :])
    >>> found = discontinuity(errors_of(sides), Recipe(), Bandwidths((0.5, 0.5), (0.8, 0.8)))
    >>> round(found.jump().conventional, 9), round(found.jump().corrected, 9)
    (2.0, 2.0)
    """
    left, right = (
        _side_fit(side, recipe, bandwidths.main[place], bandwidths.bias[place]) for place, side in enumerate(rows.pair)
    )
    combinations = freed([left.main, right.main], 2 if recipe.fuzzy else 1)
    return Discontinuous(recipe, bandwidths, left, right, combinations)


def _side_fit(rows: SideErrors, recipe: Recipe, main: float, bias: float) -> SideFit:
    fit = local_fit(rows.side, recipe.order, main, recipe.kernel)
    higher = local_fit(rows.side, recipe.bias_order, bias, recipe.kernel)
    used = max(len(fit), len(higher))
    plain, corrected = np.zeros(used), np.zeros(used)
    plain[: len(fit)] = fit.row_weights(0)
    corrected[: len(fit)] = plain[: len(fit)]
    share = fit.bias_share(0) * main ** (recipe.order + 1)
    corrected[: len(higher)] -= share * higher.row_weights(recipe.order + 1)
    return SideFit(rows, fit, higher, plain, corrected)


def _terms(side: SideFit, contrast: Floats, *, robust: bool) -> Floats:
    weights, fit = (side.corrected, side.bias) if robust else (side.plain, side.main)
    return weights * summed("k,kn->n", contrast, side.rows.residuals(fit, len(weights)))


def _across(left: SideFit, right: SideFit, terms: list[Floats], coefficients: int) -> float:
    """Variance of the difference where clusters have rows on both sides."""
    clusters = np.concatenate([side.rows.clusters(len(one)) for side, one in zip((left, right), terms, strict=True)])
    sums = cluster_sums(clusters, np.concatenate([-terms[0], terms[1]]))
    return small_sample(len(clusters), len(sums), 2 * coefficients) * float(np.sum(sums**2))
