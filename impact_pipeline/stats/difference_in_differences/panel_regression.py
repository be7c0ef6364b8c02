"""A regression on a panel with unit and period effects, and what its errors say of combinations of coefficients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from impact_pipeline.stats.difference_in_differences.clusters import Clusters
from impact_pipeline.stats.difference_in_differences.fixed_effects import fixed_effects
from impact_pipeline.stats.difference_in_differences.small_samples import ExplicitFit, explicit_fit
from impact_pipeline.stats.difference_in_differences.within_fit import PlainErrors, WithinFit, covariance, within_fit
from impact_pipeline.stats.inference import quantile, upper_tail
from impact_pipeline.stats.refusal import Refusal
from impact_pipeline.stats.samples.panel import Panel

Floats = NDArray[np.float64]
ErrorsName = Literal["classical", "HC1", "CR1", "CR2", "wild_bootstrap"]

DRAWS = 1999


@dataclass(frozen=True, slots=True)
class Inferred:
    """A number with its error, interval and p-value; `degrees_of_freedom` is None where a bootstrap stands for them."""

    value: float
    std_error: float
    lower: float
    upper: float
    p_value: float
    degrees_of_freedom: float | None


@dataclass(frozen=True, eq=False)
class PanelFit:
    """Coefficients of named columns (those asked about first, covariates after them) and their covariance, (k, k)."""

    within: WithinFit
    covariance: Floats
    errors: ErrorsName
    clusters: Clusters
    explicit: ExplicitFit | None

    @property
    def coefficients(self) -> Floats:
        return self.within.coefficients

    def degrees_of_freedom(self, contrast: Floats) -> float:
        """CR2: Satterthwaite's; other clustered errors: clusters less one; else rows less coefficients and effects."""
        if self.errors == "CR2" and self.explicit is not None:
            return self.explicit.degrees_of_freedom(contrast)
        return float(self.within.free_rows) if self.errors in ("classical", "HC1") else self.clusters.count - 1.0

    def combination(self, contrast: Floats, alpha: float, rng: np.random.Generator) -> Inferred | Refusal:
        """`c b` over the first coefficients, with two-sided interval and p-value against 0."""
        padded = np.concatenate([contrast, np.zeros(len(self.coefficients) - len(contrast))])
        if self.explicit is not None:
            if refusal := self.explicit.refusal(padded):
                return refusal
            if self.errors == "wild_bootstrap":
                return self._bootstrapped(self.explicit, padded, alpha, rng)
        value, error = float(padded @ self.coefficients), float(np.sqrt(max(0.0, padded @ self.covariance @ padded)))
        if not error > 0:
            return Refusal("zero_variance", "errors add up to 0: nothing tells the error of the effect")
        degrees = self.degrees_of_freedom(padded)
        half = float(quantile(1 - alpha / 2, degrees)) * error
        p_value = float(2 * upper_tail(abs(value) / error, degrees))
        return Inferred(value, error, value - half, value + half, p_value, degrees)

    @staticmethod
    def _bootstrapped(
        explicit: ExplicitFit, contrast: Floats, alpha: float, rng: np.random.Generator
    ) -> Inferred | Refusal:
        found = explicit.bootstrap(contrast, alpha, rng, DRAWS)
        if isinstance(found, Refusal):
            return found
        return Inferred(found.value, found.std_error, found.lower, found.upper, found.p_value, None)


def panel_regression(
    panel: Panel, names: tuple[str, ...], columns: Floats, errors: ErrorsName, clusters: Clusters
) -> PanelFit | Refusal:
    """Least squares of the panel's outcome on columns, (k, n), its covariates, and unit and period effects.

    CR2 and the wild bootstrap need unit effects to lie within clusters.

    >>> from impact_pipeline.stats.difference_in_differences.clusters import clusters_of
    >>> from impact_pipeline.stats.samples.panel import panel_of
    >>> panel = panel_of([1, 1, 2, 2, 3, 3], [1, 2] * 3, [1.0, 4, 2, 3, 5, 5], [0, 1, 0, 1, 0, 0])
    >>> fit = panel_regression(panel, ("treated",), panel.treated[None, :], "CR1", clusters_of(panel))
    >>> found = fit.combination(np.ones(1), 0.05, np.random.default_rng(0))
    >>> round(found.value, 9), found.degrees_of_freedom
    (2.0, 2.0)
    """
    effects = fixed_effects(panel)
    called = (*names, *panel.covariates)
    x = np.concatenate([columns, *(values[None, :] for values in panel.covariates.values())])
    fit = within_fit(effects, called, x, panel.outcome)
    if isinstance(fit, Refusal):
        return fit
    if errors not in ("CR2", "wild_bootstrap"):
        spread = covariance(fit, cast(PlainErrors, errors), clusters.of_row, nested=clusters.nest_units)
        return PanelFit(fit, spread, errors, clusters, None)
    if not clusters.nest_units:
        return Refusal("mixed_clusters", f"units move between clusters, where {errors} has no answer; take CR1")
    explicit = explicit_fit(effects, called, x, panel.outcome, clusters.of_row)
    if isinstance(explicit, Refusal):
        return explicit
    return PanelFit(fit, explicit.spread(), errors, clusters, explicit)
